import { checkNumber, invalidOption } from '../base/index.ts';
import { Ema, WilderAverage } from './averages.ts';

/**
 * Relative strength index, 0..100.
 *
 * @see Wilder 1978
 */
export class Rsi {
  readonly #gains: WilderAverage;
  readonly #losses: WilderAverage;
  #previous: number | null = null;

  constructor(period = 14) {
    this.#gains = new WilderAverage(period);
    this.#losses = new WilderAverage(period);
  }

  /** @returns null for the first `period` values; 50 when nothing moved (TA-Lib says 0 there, which reads as a crash) */
  update(value: number): number | null {
    const change = this.#previous === null ? null : value - this.#previous;
    this.#previous = value;
    if (change === null) return null;
    const gain = this.#gains.update(Math.max(change, 0));
    const loss = this.#losses.update(Math.max(-change, 0));
    if (gain === null || loss === null) return null;
    return gain + loss > 0 ? (100 * gain) / (gain + loss) : 50;
  }
}

export interface MacdValue {
  readonly macd: number;
  readonly signal: number;
  readonly histogram: number;
}

/** Moving average convergence and divergence: fast minus slow average, and the average of that. */
export class Macd {
  readonly #fast: Ema;
  readonly #slow: Ema;
  readonly #signal: Ema;
  readonly #lead: number;
  #count = 0;

  constructor(fast = 12, slow = 26, signal = 9) {
    checkNumber('slow', slow, { min: 2, integer: true });
    if (fast >= slow) throw invalidOption('fast', fast, `less than slow, which is ${slow}`);
    this.#fast = new Ema(fast);
    this.#slow = new Ema(slow);
    this.#signal = new Ema(signal);
    this.#lead = slow - fast;
  }

  /** @returns null for the first slow + signal - 2 values */
  update(value: number): MacdValue | null {
    const slow = this.#slow.update(value);
    // Like TA-Lib: both averages have their first value at the same bar, so the fast one starts later.
    const fast = this.#count++ < this.#lead ? null : this.#fast.update(value);
    if (fast === null || slow === null) return null;
    const macd = fast - slow;
    const signal = this.#signal.update(macd);
    return signal === null ? null : { macd, signal, histogram: macd - signal };
  }
}
