/**
 * The in-memory bus that the project's source documents describe, made again in TypeScript: `publish` puts an event
 * into a bounded asynchronous queue; one loop takes them out, one after the other, keeps the last 1000, and waits for
 * all handlers of the type; asynchronous handlers run on the loop, synchronous ones in a pool of four threads; a
 * handler that fails is logged and forgotten.
 */
import { Piscina } from 'piscina';
import { sendWindows, type PeerKind } from './peer.ts';
import type { Trade } from '../trade.ts';

interface Event {
  readonly type: string;
  readonly payload: Trade;
}

type Handler = (event: Event) => Promise<unknown>;

const QUEUE_LENGTH_MAX = 10_000;
const HISTORY_LENGTH = 1000;
const THREADS = 4;
const WINDOW = 64;

class DocumentBus {
  readonly errors: unknown[] = [];
  readonly #handlers = new Map<string, Handler[]>();
  readonly #history: Event[] = [];
  #queue: Event[] = [];
  #waiting: (() => void)[] = [];
  #isRunning = false;

  subscribe(type: string, handler: Handler): void {
    this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), handler]);
  }

  async publish(event: Event): Promise<void> {
    while (this.#queue.length >= QUEUE_LENGTH_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#queue.push(event);
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const resolve of this.#waiting.splice(0)) resolve();
      for (const event of batch) await this.#dispatch(event);
    }
    this.#isRunning = false;
  }

  async #dispatch(event: Event): Promise<void> {
    this.#history.push(event);
    if (this.#history.length > HISTORY_LENGTH) this.#history.shift();
    const handlers = this.#handlers.get(event.type) ?? [];
    for (const outcome of await Promise.allSettled(handlers.map((handler) => handler(event)))) {
      if (outcome.status === 'rejected') this.errors.push(outcome.reason);
    }
  }
}

export const documentBusThreads: PeerKind = {
  name: "source documents' design, sync handler",
  note: `a pool of ${THREADS} threads, one event at a time; failures are logged and lost`,
  share: 1 / 20,
  async open({ memory }, { mask, plain }) {
    const pool = new Piscina({
      filename: new URL('./_pool-worker.ts', import.meta.url).href,
      name: 'onTradeShared',
      minThreads: THREADS,
      maxThreads: THREADS,
      workerData: { memory },
    });
    const bus = new DocumentBus();
    bus.subscribe(plain[0]!.type, (event) => pool.run(event));
    return {
      send: (events) => sendWindows(events, WINDOW, (i) => bus.publish(plain[i & mask]!)),
      stop: () => pool.destroy(),
    };
  },
};

export const documentBusAsync: PeerKind = {
  name: "source documents' design, async handler",
  note: 'same thread; failures are logged and lost',
  share: 1,
  async open(tally, { mask, plain }) {
    const bus = new DocumentBus();
    bus.subscribe(plain[0]!.type, async (event) => tally.add(event.payload));
    return {
      send: (events) => sendWindows(events, WINDOW, (i) => bus.publish(plain[i & mask]!)),
      stop: () => {},
    };
  },
};
