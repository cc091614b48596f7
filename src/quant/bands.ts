import { Window } from './window.ts';

/** Standard deviation of the last `period` values. */
export class RollingDeviation {
  readonly #window: Window;
  readonly #ddof: 0 | 1;

  /** @param ddof 0 for the population, 1 for a sample (then `period` must be at least 2) */
  constructor(period: number, ddof: 0 | 1) {
    this.#window = new Window(period);
    this.#ddof = ddof;
  }

  update(value: number): number | null {
    this.#window.push(value);
    return this.#window.isFull ? this.#window.stdev(this.#ddof) : null;
  }
}

export interface Band {
  readonly upper: number;
  readonly middle: number;
  readonly lower: number;
}

/**
 * Bollinger bands: the mean and `width` population deviations around it.
 *
 * @see Bollinger on Bollinger Bands, 2001
 */
export class Bollinger {
  readonly #window: Window;
  readonly #width: number;

  constructor(period = 20, width = 2) {
    this.#window = new Window(period);
    this.#width = width;
  }

  update(value: number): Band | null {
    this.#window.push(value);
    if (!this.#window.isFull) return null;
    const middle = this.#window.mean();
    const reach = this.#width * this.#window.stdev(0);
    return { upper: middle + reach, middle, lower: middle - reach };
  }
}

/** Donchian channel: highest high and lowest low of the last `period` bars, the newest included. */
export class Donchian {
  readonly #highs: Window;
  readonly #lows: Window;

  constructor(period = 20) {
    this.#highs = new Window(period);
    this.#lows = new Window(period);
  }

  update(high: number, low: number): Band | null {
    this.#highs.push(high);
    this.#lows.push(low);
    if (!this.#highs.isFull) return null;
    const upper = this.#highs.max();
    const lower = this.#lows.min();
    return { upper, middle: (upper + lower) / 2, lower };
  }
}
