import type { TradeExecutedPayload } from '../../model/index.ts';

interface Holding {
  /** Negative for a short. */
  size: number;
  averagePrice: number;
  mark: number;
}

const MICRO = 1e6;
const SIZE_STEP = 1e9;

/**
 * The account as the executions tell it: cash, holdings and their marks. Kept apart from the account owner's own books,
 * so that the two can be compared. Amounts are held to the micro-unit.
 */
export class Ledger {
  readonly #holdings = new Map<string, Holding>();
  #cashMicro: number;
  #feesMicro = 0;
  #tradedMicro = 0;

  constructor(initialEquityUsd: number) {
    this.#cashMicro = toMicro(initialEquityUsd);
  }

  get feesUsd(): number {
    return this.#feesMicro / MICRO;
  }

  /** Sum of price times size over all executions. */
  get tradedUsd(): number {
    return this.#tradedMicro / MICRO;
  }

  get isFlat(): boolean {
    return this.#holdings.size === 0;
  }

  get equityUsd(): number {
    let micro = this.#cashMicro;
    for (const { size, mark } of this.#holdings.values()) micro += toMicro(size * mark);
    return micro / MICRO;
  }

  /** Before fees. */
  get unrealizedUsd(): number {
    let micro = 0;
    for (const { size, mark, averagePrice } of this.#holdings.values()) micro += toMicro(size * (mark - averagePrice));
    return micro / MICRO;
  }

  execute({ symbol, side, size, price, fees = 0, option }: TradeExecutedPayload): void {
    const key = option?.option_symbol ?? symbol;
    const change = side === 'BUY' ? size : -size;
    const notional = toMicro(size * price);
    this.#cashMicro -= Math.sign(change) * notional + toMicro(fees);
    this.#feesMicro += toMicro(fees);
    this.#tradedMicro += notional;
    const holding = this.#holdings.get(key) ?? { size: 0, averagePrice: price, mark: price };
    const after = Math.round((holding.size + change) * SIZE_STEP) / SIZE_STEP;
    if (Math.sign(after) !== Math.sign(holding.size)) holding.averagePrice = price;
    else if (Math.abs(after) > Math.abs(holding.size)) {
      holding.averagePrice = (holding.averagePrice * Math.abs(holding.size) + price * size) / Math.abs(after);
    }
    holding.size = after;
    holding.mark = price;
    if (after === 0) this.#holdings.delete(key);
    else this.#holdings.set(key, holding);
  }

  mark(symbol: string, price: number): void {
    const holding = this.#holdings.get(symbol);
    if (holding !== undefined) holding.mark = price;
  }
}

function toMicro(usd: number): number {
  return Math.round(usd * MICRO);
}
