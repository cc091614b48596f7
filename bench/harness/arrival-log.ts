import type { Trade } from '../trade.ts';
import { checkSame, CheckError } from './check.ts';
import { nowUs } from './shared-clock.ts';

const START_US = 0;
const INTERVAL_US = 1;
const COUNT = 2;
const FAULTS = 3;
const FIRST = 4;

/** Events of the circle that is sent; a power of two. */
export const CIRCLE = 4096;

/**
 * Latencies of evenly spaced arrivals, in shared memory. The sender stores the start and the interval; the receiver
 * knows by its count when each event should have been sent, so events made before the time can be sent in a circle at
 * any rate. A trade's `size` is its place in the circle: what is out of order is found.
 */
export class ArrivalLog {
  readonly memory: SharedArrayBuffer;
  readonly #values: Float64Array;

  /** @param memory of another log, to look at the same values from another thread */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#values = new Float64Array(memory);
  }

  static ofCapacity(events: number): ArrivalLog {
    return new ArrivalLog(new SharedArrayBuffer((FIRST + events) * 8));
  }

  /** Receiver. */
  add(trade: Trade): void {
    const values = this.#values;
    if (trade.size !== (values[COUNT]! & (CIRCLE - 1))) values[FAULTS] = values[FAULTS]! + 1;
    this.addNext();
  }

  /** As `add`, where there is no trade that could be out of order. */
  addNext(): void {
    const values = this.#values;
    const count = values[COUNT]!;
    values[FIRST + count] = nowUs() - values[START_US]! - count * values[INTERVAL_US]!;
    values[COUNT] = count + 1;
  }

  /** Sender, before the first event of a round. */
  start(startUs: number, intervalUs: number): void {
    this.#values[START_US] = startUs;
    this.#values[INTERVAL_US] = intervalUs;
    this.#values[COUNT] = 0;
    this.#values[FAULTS] = 0;
  }

  get count(): number {
    return this.#values[COUNT]!;
  }

  /**
   * Microseconds, ascending.
   *
   * @throws CheckError when the receiver has not got every event, in order, and none before it was sent
   */
  sorted(events: number): Float64Array {
    checkSame('events at the receiver', this.count, events);
    checkSame('events out of order', this.#values[FAULTS]!, 0);
    const sorted = this.#values.slice(FIRST, FIRST + events).toSorted();
    // Two threads agree on the clock to about a microsecond.
    if (sorted[0]! < -5) throw new CheckError(`an event arrived ${-sorted[0]!} us before it was sent`);
    return sorted;
  }
}
