/**
 * What does the way over Redis cost, against the bus in one process?
 *
 *   bus:      main thread ====> worker thread
 *   brokers:  main thread ----> redis-server ----> the same thread: JSON, handler, acknowledgement
 *
 * Only where a Redis is found. It survives the death of our process, which the bus at level `memory` does not.
 */
import { createEventBus, moduleHandler } from '../../src/index.ts';
import type { BenchCase } from '../case.ts';
import { alternate } from '../harness/alternate.ts';
import { checkBooks, countedSubject, peerNotes, peerSubjects, tryPublishAll } from '../harness/counted.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { Tally } from '../harness/tally.ts';
import { brokerKinds } from '../peers/brokers.ts';
import { openPeers } from '../peers/peer.ts';
import { openRedis } from '../peers/redis.ts';
import { BenchTrade, createInputs } from '../trade.ts';

const inputs = createInputs();
const BUS = 'bus.tryPublish';

export const bench: BenchCase<'brokers'> = {
  name: 'brokers',
  question: 'What does the way over Redis cost, against the bus in one process?',
  async run({ events, ...roundSettings }) {
    const redis = await openRedis();
    const tally = new Tally();
    const bus = createEventBus({ mode: 'threads', workers: 1 });
    const handler = moduleHandler(new URL('../handlers/tally.ts', import.meta.url), 'onTrade', { options: { memory: tally.memory } });
    bus.subscribe(BenchTrade.type, handler, { group: 'tally' });
    await bus.start();
    const opened = await openPeers(brokerKinds(redis), tally, inputs);
    const publish = (): Promise<void> => tryPublishAll(bus, inputs.drafts, inputs.mask, events);
    const ours = countedSubject(tally, inputs, BUS, events, publish, () => checkBooks(bus));
    try {
      const rounds = await alternate([ours, ...peerSubjects(opened, tally, inputs, events)], roundSettings);
      return {
        subjects: throughputOf(rounds, frameBytesOf(inputs.drafts), peerNotes(opened)),
        ratios: throughputRatios(
          rounds,
          opened.peers.map(({ name }) => name),
        ).filter(({ subject }) => subject === BUS),
        skipped: opened.skipped,
      };
    } finally {
      await Promise.all([bus.stop(), ...opened.peers.map((peer) => peer.stop())]);
      await redis.stop();
    }
  },
};
