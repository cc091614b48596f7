import { createPrng, type Prng } from '../base/index.ts';

/** Prices and volume of one bar. */
export interface WalkBar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

interface WalkRegime {
  /** Drift of a minute in deviations of a calm minute. */
  readonly drift: number;
  /** Volatility as a multiple of the calm one. */
  readonly volatility: number;
  /** Share of the distance to the anchor that a minute takes back. */
  readonly pull: number;
}

const REGIMES: readonly WalkRegime[] = [
  { drift: 0.15, volatility: 1, pull: 0 },
  { drift: -0.15, volatility: 1, pull: 0 },
  { drift: 0, volatility: 0.7, pull: 0.05 },
  { drift: 0, volatility: 3, pull: 0 },
];
const MINUTES_A_YEAR = 525_600;
// A regime ends each minute with this chance: it lasts four hours on average, long enough for a detector to see it.
const CHANGE_RATIO = 1 / 240;
const STEPS = 6;
// Traded value of a calm minute, as in a liquid crypto market: half a billion a day.
const TURNOVER = 350_000;
const START_PRICES: Readonly<Record<string, number>> = { BTCUSDT: 42_000, ETHUSDT: 2300, SOLUSDT: 100 };

/**
 * The minute bars of one symbol as geometric Brownian motion in six steps a bar, whose drift, volatility and pull
 * toward an anchor follow regimes: trend up, trend down, range, high volatility. The same seed and symbol give the
 * same bars, whatever other symbols there are.
 */
export class SyntheticWalk {
  readonly #prng: Prng;
  readonly #deviation: number;
  readonly #decimals: number;
  readonly #volume: number;
  #regime = REGIMES[2] as WalkRegime;
  #price: number;
  #anchor: number;

  constructor(symbol: string, seed: string, volatilityRatio: number) {
    this.#prng = createPrng(`synthetic:${seed}:${symbol}`);
    this.#deviation = volatilityRatio / Math.sqrt(MINUTES_A_YEAR);
    this.#price = START_PRICES[symbol] ?? Math.exp(Math.log(10) * (1 + 2 * this.#prng.next()));
    this.#decimals = this.#price >= 1000 ? 1 : this.#price >= 100 ? 2 : 3;
    this.#volume = TURNOVER / this.#price;
    this.#anchor = this.#price;
  }

  next(): WalkBar {
    if (this.#prng.next() < CHANGE_RATIO) this.#change();
    const open = this.#rounded();
    let high = open;
    let low = open;
    for (let step = 0; step < STEPS; step++) {
      this.#step();
      const price = this.#rounded();
      high = Math.max(high, price);
      low = Math.min(low, price);
    }
    const close = this.#rounded();
    // Volume grows with the range, as it does in markets, around a lognormal base.
    const activity = 1 + (high - low) / open / (this.#deviation || 1);
    const volume = Number((this.#volume * Math.exp(0.5 * this.#prng.normal()) * activity).toFixed(4));
    return { open, high, low, close, volume };
  }

  #change(): void {
    this.#regime = REGIMES[this.#prng.integer(REGIMES.length)] as WalkRegime;
    this.#anchor = this.#price;
  }

  #step(): void {
    const { drift, volatility, pull } = this.#regime;
    const deviation = this.#deviation * volatility;
    const trend = (drift * this.#deviation - pull * Math.log(this.#price / this.#anchor)) / STEPS;
    this.#price *= Math.exp(trend - (deviation * deviation) / (2 * STEPS) + (deviation * this.#prng.normal()) / Math.sqrt(STEPS));
    // A walk of years must neither reach zero nor leave the range that a price has on the wire.
    this.#price = Math.min(Math.max(this.#price, this.#anchor * 1e-3, 0.01), 1e9);
  }

  #rounded(): number {
    return Number(this.#price.toFixed(this.#decimals));
  }
}
