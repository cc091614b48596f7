/**
 * How many events per second does one publisher move to one handler on a worker thread, and what is the price of the
 * bus's promises?
 *
 *   main thread                                worker thread
 *   publisher ==== events, one by one ====>    handler: reads two fields into a checksum
 *
 *   subjects:
 *     bus.tryPublish           at least once, keys, retries, dead letters; events were made and checked before
 *     bus.tryPublish + create  the same, and the event is made and checked in the time
 *     bus.publish, windows     64 promises at a time
 *     bus.publishBatch         64 events at a time
 *     bare ring and codec      the limit of this design: no bus
 *     worker.postMessage ...   what one would write without an engine, and what other packages offer
 *
 * Each round sends a fixed number of events, fewer where a subject is slow, and ends when the handler has counted the
 * last one. Every subject hands its handler an event object with the same trade.
 */
import { createEventBus, moduleHandler, type EventBus } from '../../src/index.ts';
import type { BenchCase, RatioReport } from '../case.ts';
import { alternate, type Rounds, type Subject } from '../harness/alternate.ts';
import { checkBooks, countedSubject, peerNotes, peerSubjects, tryPublishAll } from '../harness/counted.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { Tally } from '../harness/tally.ts';
import { bareLink } from '../peers/bare-link.ts';
import { documentBusThreads } from '../peers/document-bus.ts';
import { openPeers, sendWindows } from '../peers/peer.ts';
import { piscina, tinypool, workerpool } from '../peers/pools.ts';
import { broadcastChannel, postMessage, postMessageBatches } from '../peers/post-message.ts';
import { ringbuf } from '../peers/ringbuf-link.ts';
import { threadStream } from '../peers/thread-stream.ts';
import { BenchTrade, createInputs } from '../trade.ts';

const inputs = createInputs();
const { drafts, plain, mask } = inputs;
const PEERS = [
  bareLink,
  postMessage,
  postMessageBatches,
  broadcastChannel,
  ringbuf,
  threadStream,
  piscina,
  tinypool,
  workerpool,
  documentBusThreads,
];

export const bench: BenchCase<'one-to-one-throughput'> = {
  name: 'one-to-one-throughput',
  question: 'How many events per second does one publisher move to one handler on a worker thread?',
  async run({ events, window, ...roundSettings }) {
    const tally = new Tally();
    const bus = await openBus(tally);
    const opened = await openPeers(PEERS, tally, inputs);
    const ours = (name: string, run: () => Promise<void>): Subject =>
      countedSubject(tally, inputs, name, events, run, () => checkBooks(bus));
    const subjects = [
      ours('bus.tryPublish', () => tryPublishAll(bus, drafts, mask, events)),
      ours('bus.tryPublish + create', () => createAndPublishAll(bus, events)),
      ours('bus.publish, windows', () => sendWindows(events, window, (i) => bus.publish(drafts[i & mask]!))),
      ours('bus.publishBatch', () => publishBatches(bus, events, window)),
      ...peerSubjects(opened, tally, inputs, events),
    ];
    try {
      const rounds = await alternate(subjects, roundSettings);
      return {
        subjects: throughputOf(rounds, frameBytesOf(drafts), peerNotes(opened)),
        ratios: ratiosOf(rounds),
        skipped: opened.skipped,
      };
    } finally {
      await Promise.all([bus.stop(), ...opened.peers.map((peer) => peer.stop())]);
    }
  },
};

/** All against `worker.postMessage`, `tryPublish` against every peer, and the other ways to publish against it. */
function ratiosOf(rounds: Rounds): RatioReport[] {
  const names = [...rounds.keys()];
  const peers = names.filter((name) => !name.startsWith('bus.') && name !== postMessage.name);
  return [
    ...throughputRatios(rounds, [postMessage.name]),
    ...throughputRatios(rounds, peers).filter(({ subject }) => subject === 'bus.tryPublish'),
    ...throughputRatios(rounds, ['bus.tryPublish']).filter(({ subject }) => subject.startsWith('bus.')),
  ];
}

async function openBus({ memory }: Tally): Promise<EventBus> {
  const bus = createEventBus({ mode: 'threads', workers: 1 });
  const handler = moduleHandler(new URL('../handlers/tally.ts', import.meta.url), 'onTrade', { options: { memory } });
  bus.subscribe(BenchTrade.type, handler, { group: 'tally' });
  await bus.start();
  return bus;
}

async function createAndPublishAll(bus: EventBus, events: number): Promise<void> {
  for (let i = 0; i < events; i++) {
    const draft = BenchTrade.create({ ...plain[i & mask]!.payload });
    if (bus.tryPublish(draft) < 0) await bus.publish(draft);
  }
}

async function publishBatches(bus: EventBus, events: number, window: number): Promise<void> {
  for (let i = 0; i < events; i += window) {
    const from = i & mask;
    // The window divides the circle of inputs, so a slice never runs over its end.
    await bus.publishBatch(drafts.slice(from, from + Math.min(window, events - i)));
  }
}
