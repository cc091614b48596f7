import type { MarketBookTopPayload } from '../../model/index.ts';
import type { ResolvedRegimeOptions } from './options.ts';

const SECOND_US = 1_000_000;
const DAY_US = 86_400 * SECOND_US;

interface Traded {
  readonly closeTime: number;
  readonly value: number;
}

interface Book {
  readonly at: number;
  /** Account currency within 5 basis points; null if the feed does not say. */
  readonly depthUsd: number | null;
  readonly spreadBps: number;
}

/** What is known of volume, depth and spread of one symbol. */
export class Liquidity {
  readonly #options: ResolvedRegimeOptions;
  #traded: Traded[] = [];
  #oldest = 0;
  #value = 0;
  #since: number | null = null;
  #book: Book | null = null;

  constructor(options: ResolvedRegimeOptions) {
    this.#options = options;
  }

  onBook(book: MarketBookTopPayload, at: number): void {
    const middle = (book.bid + book.ask) / 2;
    this.#book = { at, depthUsd: book.depth_5bps_usd ?? null, spreadBps: (10_000 * (book.ask - book.bid)) / middle };
  }

  /** @param value traded value of the candle in quote currency */
  onCandle(value: number, openTime: number, closeTime: number): void {
    this.#since ??= openTime;
    this.#traded.push({ closeTime, value });
    this.#value += value;
    while ((this.#traded[this.#oldest] as Traded).closeTime <= closeTime - DAY_US) {
      this.#value -= (this.#traded[this.#oldest] as Traded).value;
      this.#oldest++;
    }
    this.#forget();
  }

  /** True if depth and spread are known and fresh. */
  hasBook(now: number): boolean {
    return this.#freshBook(now)?.depthUsd != null;
  }

  /** How many of volume, depth and spread are known and too thin. */
  thinCount(now: number): number {
    const book = this.#freshBook(now);
    const { volume24hMin, depth5bpsMinUsd, spreadBpsMax } = this.#options;
    let count = 0;
    if (this.#coversDay(now) && this.#value < volume24hMin) count++;
    if (book?.depthUsd != null && book.depthUsd < depth5bpsMinUsd) count++;
    if (book !== null && book.spreadBps > spreadBpsMax) count++;
    return count;
  }

  /** Part of a day says nothing about a day, except that a daily candle is one, however short its session. */
  #coversDay(now: number): boolean {
    return this.#since !== null && (this.#options.timeframe === '1d' || now - this.#since >= DAY_US);
  }

  #freshBook(now: number): Book | null {
    const book = this.#book;
    return book !== null && now - book.at <= this.#options.bookAgeSecondsMax * SECOND_US ? book : null;
  }

  /** Drops what has left the window in one go, and sums anew so that the running sum cannot drift. */
  #forget(): void {
    if (this.#oldest < 1_024) return;
    this.#traded = this.#traded.slice(this.#oldest);
    this.#oldest = 0;
    this.#value = this.#traded.reduce((sum, traded) => sum + traded.value, 0);
  }
}
