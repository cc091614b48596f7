import { checkNumber } from '../base/index.ts';
import { Window } from './window.ts';

/** Simple moving average. */
export class Sma {
  readonly #window: Window;

  constructor(period: number) {
    this.#window = new Window(period);
  }

  /** @returns the average of the last `period` values, null before there are as many */
  update(value: number): number | null {
    this.#window.push(value);
    return this.#window.isFull ? this.#window.mean() : null;
  }
}

/** The recursion that exponential and Wilder averages share: seeded by the mean of the first `period` values, as TA-Lib does. */
class SeededAverage {
  readonly #period: number;
  readonly #weight: number;
  #count = 0;
  #sum = 0;
  #value = 0;

  constructor(period: number, weight: number) {
    this.#period = period;
    this.#weight = weight;
  }

  update(value: number): number | null {
    if (this.#count < this.#period) {
      this.#count++;
      this.#sum += value;
      if (this.#count < this.#period) return null;
      this.#value = this.#sum / this.#period;
    } else {
      this.#value += (value - this.#value) * this.#weight;
    }
    return this.#value;
  }
}

/** Exponential moving average, weight 2/(n+1), seeded by the mean of the first n values. */
export class Ema extends SeededAverage {
  constructor(period: number) {
    super(checkNumber('period', period, { min: 1, integer: true }), 2 / (period + 1));
  }
}

/**
 * Wilder's average, weight 1/n, seeded by the mean of the first n values.
 *
 * @see Wilder, New Concepts in Technical Trading Systems, 1978
 */
export class WilderAverage extends SeededAverage {
  constructor(period: number) {
    super(checkNumber('period', period, { min: 1, integer: true }), 1 / period);
  }
}
