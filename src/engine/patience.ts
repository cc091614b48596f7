/** A wait that no spinning worth its processor time could have bridged, ms. With the wake-up that ends a parked one. */
const LONG_MS = 0.1;
/** So many in a row, and a thread parks at once. One short wait, and it spins again: bursts come back as bursts. */
const LONG_WAITS_MAX = 8;

/**
 * Whether a thread without work should look a little longer before it parks. Spinning spares a wake-up where events come
 * every few microseconds; at a thousand a second it would only heat the processor.
 */
export class Patience {
  #longWaits = 0;
  #sinceMs = 0;

  /** A wait begins. True if spinning may pay. */
  begin(nowMs: number): boolean {
    this.#sinceMs = nowMs;
    return this.#longWaits < LONG_WAITS_MAX;
  }

  /** The wait is over, by spinning or by being woken. */
  end(nowMs: number): void {
    this.#longWaits = nowMs - this.#sinceMs < LONG_MS ? 0 : this.#longWaits + 1;
  }
}
