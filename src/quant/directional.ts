import { checkNumber } from '../base/index.ts';
import { WilderAverage } from './averages.ts';

/** True range: the largest of high - low and the distances from the previous close; the first bar counts with high - low. */
export class TrueRange {
  #close: number | null = null;

  update(high: number, low: number, close: number): number {
    const before = this.#close ?? close;
    const isFirst = this.#close === null;
    this.#close = close;
    return isFirst ? high - low : Math.max(high - low, Math.abs(high - before), Math.abs(low - before));
  }
}

/**
 * Average true range, in price units. The first bar's range is included, as Wilder has it; TA-Lib leaves it out.
 *
 * @see Wilder 1978
 */
export class Atr {
  readonly #range = new TrueRange();
  readonly #average: WilderAverage;

  constructor(period = 14) {
    this.#average = new WilderAverage(period);
  }

  update(high: number, low: number, close: number): number | null {
    return this.#average.update(this.#range.update(high, low, close));
  }
}

export interface Directional {
  /** 0..100. */
  readonly plusDi: number;
  /** 0..100. */
  readonly minusDi: number;
  /** 0..100; null until 2n - 1 bars were seen. */
  readonly adx: number | null;
}

/** Far above the rounding of a double, far below any tick. */
const ROUNDING_RATIO = 1e-12;

/** Wilder's running sum: the plain sum of the first n values, then S - S/n + x. */
class WilderSum {
  readonly #period: number;
  #count = 0;
  #sum = 0;

  constructor(period: number) {
    this.#period = period;
  }

  update(value: number): number | null {
    if (this.#count < this.#period) this.#count++;
    else this.#sum -= this.#sum / this.#period;
    this.#sum += value;
    return this.#count < this.#period ? null : this.#sum;
  }
}

/**
 * Directional movement and its average. Multiplying every price by the same factor does not change the result.
 *
 * @see Wilder 1978
 */
export class Adx {
  readonly #range = new TrueRange();
  readonly #ranges: WilderSum;
  readonly #ups: WilderSum;
  readonly #downs: WilderSum;
  readonly #average: WilderAverage;
  #high: number | null = null;
  #low = 0;

  constructor(period = 14) {
    checkNumber('period', period, { min: 1, integer: true });
    this.#ranges = new WilderSum(period);
    this.#ups = new WilderSum(period);
    this.#downs = new WilderSum(period);
    this.#average = new WilderAverage(period);
  }

  /** @returns null for the first n - 1 bars */
  update(high: number, low: number, close: number): Directional | null {
    const up = this.#high === null ? 0 : high - this.#high;
    const down = this.#high === null ? 0 : this.#low - low;
    this.#high = high;
    this.#low = low;
    const range = this.#ranges.update(this.#range.update(high, low, close));
    // Prices such as 0.1 are not exact, so equal reaches differ in the last bit. A tie broken by that bit would make a
    // direction out of nothing: what is this small against the price is equal.
    const noise = high * ROUNDING_RATIO;
    const plus = this.#ups.update(up - down > noise && up > noise ? up : 0);
    const minus = this.#downs.update(down - up > noise && down > noise ? down : 0);
    if (range === null || plus === null || minus === null) return null;
    const plusDi = range > 0 ? (100 * plus) / range : 0;
    const minusDi = range > 0 ? (100 * minus) / range : 0;
    const total = plusDi + minusDi;
    // A market that does not move has no direction: 0, where a plain division would give NaN.
    const dx = total > 0 ? (100 * Math.abs(plusDi - minusDi)) / total : 0;
    return { plusDi, minusDi, adx: this.#average.update(dx) };
  }
}
