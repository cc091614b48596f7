/**
 * Our ring and our codec between two threads and nothing else: no routing, no books, no acknowledgement, no retry.
 * What the bus costs above this is the price of its promises.
 *
 *   main: encode, copy into the ring, flush every 32 -- SharedArrayBuffer --> worker: decode, handle, release every 64
 */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../harness/thread.ts';
import { FrameEncoder, FrameViews, TypeTable, type TypeEntry } from '../../src/codec/index.ts';
import type { EventDefinition } from '../../src/index.ts';
import { createRing, RING_FULL, ringBytes, RingWriter } from '../../src/ring/index.ts';
import { BenchTrade, type Inputs } from '../trade.ts';
import type { PeerKind } from './peer.ts';

/** As the bus by default. */
const RING_BYTES = 1 << 20;
const FLUSH_EVERY = 32;

/** Words before the ring. */
export const WAKE_WORD = 0;
export const SLEEPING_WORD = 32;
export const STOP_WORD = 64;
export const RING_BASE = 512;

export interface BareWorkerData {
  readonly buffer: SharedArrayBuffer;
  readonly types: ReturnType<TypeTable['toRecords']>;
  readonly memory: SharedArrayBuffer;
}

export const bareLink: PeerKind = {
  name: 'bare ring and codec',
  note: 'the limit of this design: no bus, no books, no acknowledgement',
  share: 1,
  async open({ memory }, inputs) {
    const link = await BareLink.start(memory);
    return { send: (events) => link.send(inputs, events), stop: () => link.stop() };
  },
};

class BareLink {
  readonly #words: Int32Array;
  readonly #views: FrameViews;
  readonly #writer: RingWriter;
  readonly #encoder: FrameEncoder;
  readonly #entry: TypeEntry;
  readonly #data: BareWorkerData;
  #worker!: Worker;

  private constructor(memory: SharedArrayBuffer) {
    const buffer = new SharedArrayBuffer(RING_BASE + ringBytes(RING_BYTES));
    createRing(buffer, RING_BASE, RING_BYTES);
    const table = new TypeTable();
    this.#entry = table.addDefinition(BenchTrade as unknown as EventDefinition);
    this.#words = new Int32Array(buffer);
    this.#views = new FrameViews(buffer);
    this.#writer = new RingWriter(buffer, RING_BASE);
    this.#encoder = new FrameEncoder(table, { frameBytesMax: this.#writer.recordLengthMax });
    this.#data = { buffer, types: table.toRecords(), memory };
  }

  /** @param memory of the tally that the worker counts into */
  static async start(memory: SharedArrayBuffer): Promise<BareLink> {
    const link = new BareLink(memory);
    link.#worker = await startThread(new URL('./_bare-worker.ts', import.meta.url), link.#data);
    return link;
  }

  /** Sends that many events. Spins while the ring is full, which the main thread of a program must not do. */
  send(inputs: Inputs, events: number): void {
    const { drafts, mask } = inputs;
    const encoder = this.#encoder;
    const writer = this.#writer;
    const source = encoder.views.bytes;
    const target = this.#views.bytes;
    for (let i = 0; i < events; i++) {
      const draft = drafts[i & mask]!;
      const length = encoder.encode(this.#entry, draft, draft.payload.symbol);
      let index = writer.claim(length);
      while (index === RING_FULL) {
        this.#flush();
        index = writer.claim(length);
      }
      source.copy(target, index + 4, 4, length);
      writer.commit(index);
      if (i % FLUSH_EVERY === FLUSH_EVERY - 1) this.#flush();
    }
    this.#flush();
  }

  async stop(): Promise<void> {
    const exited = once(this.#worker, 'exit');
    Atomics.store(this.#words, STOP_WORD, 1);
    this.#wake();
    await exited;
  }

  #flush(): void {
    this.#writer.flush();
    if (Atomics.load(this.#words, SLEEPING_WORD) === 1) this.#wake();
  }

  #wake(): void {
    Atomics.add(this.#words, WAKE_WORD, 1);
    Atomics.notify(this.#words, WAKE_WORD);
  }
}
