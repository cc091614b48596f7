import type { Clock } from '../base/index.ts';

interface Seen {
  readonly seq: number;
  readonly atMs: number;
}

/** Ids that were published lately, with the seq that each got. Bounded by time and number. */
export class DedupeWindow {
  readonly #windowMs: number;
  readonly #lengthMax: number;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(windowMs: number, lengthMax: number, clock: Clock) {
    this.#windowMs = windowMs;
    this.#lengthMax = lengthMax;
    this.#clock = clock;
  }

  /** The seq of an earlier event with this id, or 0. */
  find(id: string): number {
    const seen = this.#seen.get(id);
    if (seen === undefined) return 0;
    if (this.#clock.monotonicMs() - seen.atMs <= this.#windowMs) return seen.seq;
    this.#seen.delete(id);
    return 0;
  }

  add(id: string, seq: number): void {
    const now = this.#clock.monotonicMs();
    this.#seen.delete(id);
    this.#seen.set(id, { seq, atMs: now });
    // Oldest first, because a Map keeps the order of insertion.
    for (const [oldest, { atMs }] of this.#seen) {
      if (this.#seen.size <= this.#lengthMax && now - atMs <= this.#windowMs) return;
      this.#seen.delete(oldest);
    }
  }
}
