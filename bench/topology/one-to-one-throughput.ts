/**
 * How many events per second does one publisher move to one handler on a worker thread, and what is the price of the
 * bus's promises?
 *
 *   main thread                                worker thread
 *   publisher ==== events, one by one ====>    handler: reads two fields into a checksum
 *
 *   subjects that cross threads, each handing its receiver an event object:
 *     bus.tryPublish           at least once, keys, retries, dead letters; events were made and checked before
 *     bus.tryPublish + create  the same, and the event is made and checked in the time
 *     bus.publish, windows     64 promises at a time
 *     bus.publishBatch         64 events at a time
 *     bare ring and codec      the limit of this design: no bus
 *     worker.postMessage       one message per event: what one would write without an engine
 *     piscina.run              one task per event
 *   subjects that do not:
 *     inline bus               the same bus on the calling thread
 *     eventemitter3            the floor: a function call
 *
 * Each round sends a fixed number of events and ends when the handler has counted the last one.
 */
import { EventEmitter } from 'eventemitter3';
import { Piscina } from 'piscina';
import { createEventBus, moduleHandler, type EventBus, type QtEvent } from '../../src/index.ts';
import type { BenchCase } from '../case.ts';
import { alternate, type Subject } from '../harness/alternate.ts';
import { checkSame } from '../harness/check.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { Tally } from '../harness/tally.ts';
import { BareLink } from '../peers/bare-link.ts';
import { startPostMessagePeer } from '../peers/post-message.ts';
import { BenchTrade, checksumOfInputs, createInputs, type Trade } from '../trade.ts';

const inputs = createInputs();
const { drafts, plain, mask } = inputs;
/** A function call is over so soon that a round of as many as the others' would be too short to time. */
const FLOOR_FACTOR = 20;

export const bench: BenchCase<'one-to-one-throughput'> = {
  name: 'one-to-one-throughput',
  question: 'How many events per second does one publisher move to one handler on a worker thread?',
  async run({ events, piscinaEvents, window, ...roundSettings }) {
    const tally = new Tally();
    const counted = (
      name: string,
      count: number,
      run: () => Promise<void> | void,
      after: () => Promise<void> | void = () => {},
    ): Subject => ({
      name,
      events: count,
      prepare: () => tally.expect(count),
      run: async () => {
        await run();
        await tally.wait();
      },
      check: async () => {
        await after();
        tally.check(count, checksumOfInputs(inputs, count));
      },
    });

    const bus = createEventBus({ mode: 'threads', workers: 1 });
    bus.subscribe(
      BenchTrade.type,
      moduleHandler(new URL('../handlers/tally.ts', import.meta.url), 'onTrade', { options: { memory: tally.memory } }),
      { group: 'tally' },
    );
    await bus.start();
    const inline = createEventBus({ mode: 'inline' });
    inline.subscribe(BenchTrade, (event: QtEvent<Trade>) => tally.add(event.payload), { group: 'tally' });
    await inline.start();
    const link = await BareLink.start(tally.memory);
    const worker = await startPostMessagePeer({ role: 'tally', memory: tally.memory });
    const pool = new Piscina({
      filename: new URL('../peers/_piscina-worker.ts', import.meta.url).href,
      name: 'onTrade',
      minThreads: 1,
      maxThreads: 1,
      workerData: { memory: tally.memory },
    });
    const emitter = new EventEmitter<Record<string, [{ readonly payload: Trade }]>>();
    emitter.on(BenchTrade.type, (event) => tally.add(event.payload));

    const subjects: Subject[] = [
      counted(
        'bus.tryPublish',
        events,
        () => tryPublishAll(bus, events),
        () => checkBooks(bus),
      ),
      counted(
        'bus.tryPublish + create',
        events,
        () => createAndPublishAll(bus, events),
        () => checkBooks(bus),
      ),
      counted(
        'bus.publish, windows',
        events,
        () => publishWindows(bus, events, window),
        () => checkBooks(bus),
      ),
      counted(
        'bus.publishBatch',
        events,
        () => publishBatches(bus, events, window),
        () => checkBooks(bus),
      ),
      counted('bare ring and codec', events, () => link.send(inputs, events)),
      counted('worker.postMessage', events, () => {
        for (let i = 0; i < events; i++) worker.postMessage(plain[i & mask]);
      }),
      counted('piscina.run', piscinaEvents, async () => {
        await Promise.all(Array.from({ length: piscinaEvents }, (_, i) => pool.run(plain[i & mask])));
      }),
      counted(
        'inline bus',
        events,
        () => tryPublishAll(inline, events),
        () => checkBooks(inline),
      ),
      counted('eventemitter3', events * FLOOR_FACTOR, () => {
        for (let i = 0; i < events * FLOOR_FACTOR; i++) emitter.emit(BenchTrade.type, plain[i & mask]!);
      }),
    ];

    try {
      const samples = await alternate(subjects, roundSettings);
      return {
        subjects: throughputOf(samples, frameBytesOf(drafts)),
        ratios: [
          ...throughputRatios(samples, ['worker.postMessage']),
          ...throughputRatios(samples, ['bare ring and codec']).filter(({ subject }) => subject.startsWith('bus.')),
        ],
      };
    } finally {
      await Promise.all([bus.stop(), inline.stop(), link.stop(), worker.terminate(), pool.destroy()]);
    }
  },
};

async function tryPublishAll(bus: EventBus, events: number): Promise<void> {
  for (let i = 0; i < events; i++) {
    const draft = drafts[i & mask]!;
    if (bus.tryPublish(draft) < 0) await bus.publish(draft);
  }
}

async function createAndPublishAll(bus: EventBus, events: number): Promise<void> {
  for (let i = 0; i < events; i++) {
    const draft = BenchTrade.create({ ...plain[i & mask]!.payload });
    if (bus.tryPublish(draft) < 0) await bus.publish(draft);
  }
}

async function publishWindows(bus: EventBus, events: number, window: number): Promise<void> {
  for (let i = 0; i < events; i += window) {
    const receipts = [];
    for (let j = i; j < Math.min(i + window, events); j++) receipts.push(bus.publish(drafts[j & mask]!));
    await Promise.all(receipts);
  }
}

async function publishBatches(bus: EventBus, events: number, window: number): Promise<void> {
  for (let i = 0; i < events; i += window) {
    const from = i & mask;
    // The window divides the circle of inputs, so a slice never runs over its end.
    await bus.publishBatch(drafts.slice(from, from + Math.min(window, events - i)));
  }
}

/** Every event that was published has been acknowledged, none twice, none by way of the dead letters. */
async function checkBooks(bus: EventBus): Promise<void> {
  await bus.drain();
  const stats = bus.getStats();
  checkSame('acknowledged', stats.acknowledged, stats.published);
  checkSame('pending, dead-lettered, dropped or retried', stats.pending + stats.deadLettered + stats.dropped + stats.retried, 0);
}
