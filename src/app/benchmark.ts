import type { MarketCandleNewPayload } from '../model/index.ts';

/** What the same capital would have made if it had been spread over all symbols at the first open and left alone. */
export class Benchmark {
  readonly #first = new Map<string, number>();
  readonly #last = new Map<string, number>();

  add({ close, open, symbol }: MarketCandleNewPayload): void {
    if (!this.#first.has(symbol)) this.#first.set(symbol, open);
    this.#last.set(symbol, close);
  }

  /** Before costs; null without data. */
  get returnRatio(): number | null {
    if (this.#first.size === 0) return null;
    const returns = [...this.#first].map(([symbol, first]) => (this.#last.get(symbol) ?? first) / first - 1);
    return returns.reduce((sum, one) => sum + one, 0) / returns.length;
  }
}
