import type { EventInput } from '../../src/index.ts';

const COUNT = 0;
const GATE = 1;
const RUNNING = 2;
const RUNNING_MAX = 3;
const FIRST = 8;
const WORDS = 4;
const RUNS_MAX = 60_000;

/** One run of a handler, as it began. */
export interface Run {
  readonly id: number;
  readonly attempt: number;
  readonly thread: number;
  readonly member: number;
}

/**
 * What handlers did, in shared memory: survives the threads that wrote it, failed runs and crashes included. Its gate
 * holds handlers until a test says so, without a clock.
 */
export class SharedLog {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer((FIRST + RUNS_MAX * WORDS) * 4)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  /** Notes a run; called by handlers. */
  add(run: Run): void {
    const at = FIRST + Atomics.add(this.#words, COUNT, 1) * WORDS;
    if (at + WORDS > this.#words.length) throw new RangeError('the shared log is full');
    this.#words.set([run.id, run.attempt, run.thread, run.member], at);
    Atomics.notify(this.#words, COUNT);
  }

  get length(): number {
    return Atomics.load(this.#words, COUNT);
  }

  runs(): Run[] {
    return Array.from({ length: this.length }, (_, i) => {
      const [id = 0, attempt = 0, thread = 0, member = 0] = this.#words.subarray(FIRST + i * WORDS);
      return { id, attempt, thread, member };
    });
  }

  /** Ids of the runs in the order in which they began. */
  ids(): number[] {
    return this.runs().map((run) => run.id);
  }

  /** Resolves when so many runs have begun. */
  async reached(count: number): Promise<void> {
    for (let seen = this.length; seen < count; seen = this.length) {
      // The timeout only bounds a wait that lost its race; what counts is the word.
      await Atomics.waitAsync(this.#words, COUNT, seen, 50).value;
    }
  }

  /** Lets everybody through who waits at the gate, now and later. */
  open(): void {
    Atomics.store(this.#words, GATE, 1);
    Atomics.notify(this.#words, GATE);
  }

  /** Waits at the gate on the event loop. */
  async pass(): Promise<void> {
    while (Atomics.load(this.#words, GATE) === 0) await Atomics.waitAsync(this.#words, GATE, 0, 1000).value;
  }

  /** Waits at the gate with the whole thread. */
  passBlocking(): void {
    while (Atomics.load(this.#words, GATE) === 0) Atomics.wait(this.#words, GATE, 0, 1000);
  }

  enter(): void {
    const running = Atomics.add(this.#words, RUNNING, 1) + 1;
    for (let max = this.runningMax; running > max; max = this.runningMax) Atomics.compareExchange(this.#words, RUNNING_MAX, max, running);
  }

  leave(): void {
    Atomics.sub(this.#words, RUNNING, 1);
  }

  /** Most runs between `enter` and `leave` at one time. */
  get runningMax(): number {
    return Atomics.load(this.#words, RUNNING_MAX);
  }
}

/** Ids of events, in their order. */
export function idsOf(events: readonly EventInput[]): number[] {
  return events.map((event) => (event.payload as { id: number }).id);
}
