import type { MarketCandleNewPayload } from '../../model/index.ts';
import { Rsi, Sma, Window } from '../../quant/index.ts';

const QUALITY_CANDLES = 100;

/** What the advisory knows of the candles of one symbol and timeframe. */
export class CandleMemory {
  readonly #rsi = new Rsi(14);
  readonly #volumes = new Sma(20);
  readonly #good = new Window(QUALITY_CANDLES);
  #closeTime = 0;
  #volume = 0;
  #volumeMean: number | null = null;
  #strength: number | null = null;
  count = 0;

  /** @returns false for a candle that is not newer than the last */
  onCandle(candle: MarketCandleNewPayload, closeTime: number): boolean {
    if (closeTime <= this.#closeTime) return false;
    this.#closeTime = closeTime;
    this.count++;
    this.#volume = candle.volume;
    this.#volumeMean = this.#volumes.update(candle.volume);
    this.#strength = this.#rsi.update(candle.close);
    this.#good.push(candle.volume > 0 && candle.backfilled !== true ? 1 : 0);
    return true;
  }

  get hasVolume(): boolean {
    return this.#volume > 0 && this.#volumeMean !== null;
  }

  /** Upward momentum, 0..1; null while unknown. */
  get momentum(): number | null {
    return this.#strength === null ? null : this.#strength / 100;
  }

  /** Volume against twice its usual size, cut at 1; 0 while unknown. */
  get volumeRatio(): number {
    return this.#volumeMean === null || this.#volumeMean <= 0 ? 0 : Math.min(this.#volume / this.#volumeMean / 2, 1);
  }

  /** Share of the last candles that came in time and with volume, 0..1. */
  get quality(): number {
    return this.#good.size === 0 ? 0 : this.#good.mean();
  }
}
