/**
 * What do the bus's promises cost where no thread is crossed?
 *
 *   one thread:  publisher ----> [ inline bus | emitter | queue ] ----> handler: two fields into a checksum
 *
 * The inline bus is the whole engine without worker threads: it encodes, keeps books, retries and dead-letters. The
 * floor is eventemitter3, which calls a function.
 */
import { createEventBus, type QtEvent } from '../../src/index.ts';
import type { BenchCase } from '../case.ts';
import { alternate } from '../harness/alternate.ts';
import { checkBooks, countedSubject, peerNotes, peerSubjects, tryPublishAll } from '../harness/counted.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { Tally } from '../harness/tally.ts';
import { documentBusAsync } from '../peers/document-bus.ts';
import { openPeers } from '../peers/peer.ts';
import { emittery, eventemitter3, fastq, mitt } from '../peers/same-thread.ts';
import { BenchTrade, createInputs, type Trade } from '../trade.ts';

const inputs = createInputs();
const INLINE = 'inline bus';

export const bench: BenchCase<'one-thread'> = {
  name: 'one-thread',
  question: "What do the bus's promises cost where no thread is crossed?",
  async run({ events, ...roundSettings }) {
    const tally = new Tally();
    const bus = createEventBus({ mode: 'inline' });
    bus.subscribe(BenchTrade, (event: QtEvent<Trade>) => tally.add(event.payload), { group: 'tally' });
    await bus.start();
    const opened = await openPeers([eventemitter3, mitt, emittery, fastq, documentBusAsync], tally, inputs);
    const publish = (): Promise<void> => tryPublishAll(bus, inputs.drafts, inputs.mask, events);
    const inline = countedSubject(tally, inputs, INLINE, events, publish, () => checkBooks(bus));
    try {
      const rounds = await alternate([inline, ...peerSubjects(opened, tally, inputs, events)], roundSettings);
      const names = opened.peers.map(({ name }) => name);
      return {
        subjects: throughputOf(rounds, frameBytesOf(inputs.drafts), peerNotes(opened)),
        ratios: throughputRatios(rounds, names).filter(({ subject }) => subject === INLINE),
        skipped: opened.skipped,
      };
    } finally {
      await Promise.all([bus.stop(), ...opened.peers.map((peer) => peer.stop())]);
    }
  },
};
