import type { Clock } from '../base/index.ts';
import type { Scheduler, Timer } from './environment.ts';

interface Due<T> {
  readonly dueMs: number;
  /** Breaks ties, so that equal times keep their order. */
  readonly order: number;
  readonly item: T;
}

/** Node's timers fire at once for longer delays than this. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Items that become due, as a binary heap on monotonic time with a single timer. */
export class RetrySchedule<T> {
  readonly #clock: Clock;
  readonly #onDue: (item: T) => void;
  readonly #heap: Due<T>[] = [];
  readonly #scheduler: Scheduler;
  #timer: Timer | null = null;
  #timerDueMs = Infinity;
  #order = 0;
  #isClosed = false;

  constructor(clock: Clock, scheduler: Scheduler, onDue: (item: T) => void) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#onDue = onDue;
  }

  get length(): number {
    return this.#heap.length;
  }

  add(delayMs: number, item: T): void {
    const due = { dueMs: this.#clock.monotonicMs() + delayMs, order: this.#order++, item };
    this.#heap.push(due);
    this.#siftUp(this.#heap.length - 1);
    this.#arm();
  }

  /** Hands out what is due; also called by the timer. */
  run(): void {
    const now = this.#clock.monotonicMs();
    while (this.#heap.length > 0 && this.#heap[0]!.dueMs <= now) this.#onDue(this.#pop().item);
    this.#arm();
  }

  visit(visit: (item: T) => void): void {
    for (const { item } of this.#heap) visit(item);
  }

  /** Takes out what fits, due or not. */
  remove(fits: (item: T) => boolean): number {
    const kept = this.#heap.filter((due) => !fits(due.item));
    const removed = this.#heap.length - kept.length;
    if (removed === 0) return 0;
    // A sorted list is a heap.
    this.#heap.splice(0, this.#heap.length, ...kept.toSorted((a, b) => (isBefore(a, b) ? -1 : 1)));
    this.#arm();
    return removed;
  }

  /** Nothing becomes due any more; what is there or still comes is only counted. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerDueMs = Infinity;
  }

  #arm(): void {
    const dueMs = this.#heap[0]?.dueMs ?? Infinity;
    if (dueMs >= this.#timerDueMs && this.#timer !== null) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerDueMs = dueMs;
    if (dueMs === Infinity || this.#isClosed) return;
    // A timer may fire a little early; `run` then arms it again for the rest.
    const delay = Math.min(TIMER_MS_MAX, Math.max(0, Math.ceil(dueMs - this.#clock.monotonicMs())));
    this.#timer = this.#scheduler.after(delay, () => {
      this.#timer = null;
      this.#timerDueMs = Infinity;
      this.run();
    });
  }

  #pop(): Due<T> {
    const first = this.#heap[0]!;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#siftDown(0);
    }
    return first;
  }

  #siftUp(from: number): void {
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(this.#heap[i]!, this.#heap[parent]!)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #siftDown(from: number): void {
    let i = from;
    for (;;) {
      const left = 2 * i + 1;
      let first = i;
      if (left < this.#heap.length && isBefore(this.#heap[left]!, this.#heap[first]!)) first = left;
      if (left + 1 < this.#heap.length && isBefore(this.#heap[left + 1]!, this.#heap[first]!)) first = left + 1;
      if (first === i) return;
      this.#swap(i, first);
      i = first;
    }
  }

  #swap(a: number, b: number): void {
    const item = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = item;
  }
}

function isBefore<T>(a: Due<T>, b: Due<T>): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
