import type { RegimeDetail } from '../../model/index.ts';

/** The class in force: a new one needs several candles in a row, the alarm classes take over at once. */
export class Confirmation {
  readonly #candles: number;
  #current: RegimeDetail = 'UNKNOWN';
  #candidate: RegimeDetail = 'UNKNOWN';
  #count = 0;

  constructor(candles: number) {
    this.#candles = candles;
  }

  get current(): RegimeDetail {
    return this.#current;
  }

  /** What one candle speaks for; returns the class in force after it. */
  update(detail: RegimeDetail): RegimeDetail {
    if (detail === 'HIGH_VOLATILITY' || detail === 'ILLIQUID') return this.force(detail);
    this.#count = detail === this.#candidate ? this.#count + 1 : 1;
    this.#candidate = detail;
    if (detail !== this.#current && this.#count >= this.#candles) this.#current = detail;
    return this.#current;
  }

  /** Takes a class without confirmation; what was counting toward another starts again. */
  force(detail: RegimeDetail): RegimeDetail {
    this.#current = detail;
    this.#candidate = detail;
    this.#count = 0;
    return detail;
  }
}
