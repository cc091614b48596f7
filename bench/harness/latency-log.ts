import type { Trade } from '../trade.ts';
import { checkSame, CheckError } from './check.ts';
import { nowUs } from './shared-clock.ts';

const START_US = 0;
const COUNT = 1;
const FIRST = 2;

/**
 * Latencies in shared memory. The sender stores the start; a trade's `ts` is its intended send time, counted from
 * there; the receiver stores how long after that it began to handle it.
 */
export class LatencyLog {
  readonly memory: SharedArrayBuffer;
  readonly #values: Float64Array;

  /** @param memory of another log, to look at the same values from another thread */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#values = new Float64Array(memory);
  }

  static ofCapacity(events: number): LatencyLog {
    return new LatencyLog(new SharedArrayBuffer((FIRST + events) * 8));
  }

  /** Receiver. */
  add(trade: Trade): void {
    const values = this.#values;
    const count = values[COUNT]!;
    values[FIRST + count] = nowUs() - values[START_US]! - trade.ts;
    values[COUNT] = count + 1;
  }

  /** Sender, before the first event of a round. */
  start(startUs: number): void {
    this.#values[START_US] = startUs;
    this.#values[COUNT] = 0;
  }

  get count(): number {
    return this.#values[COUNT]!;
  }

  /**
   * Microseconds, ascending.
   *
   * @throws CheckError when the receiver has not got every event, or one before it was sent
   */
  sorted(events: number): Float64Array {
    checkSame('events at the receiver', this.count, events);
    const sorted = this.#values.slice(FIRST, FIRST + events).toSorted();
    // Two threads agree on the clock to about a microsecond.
    if (sorted[0]! < -5) throw new CheckError(`an event arrived ${-sorted[0]!} us before it was sent`);
    return sorted;
  }
}
