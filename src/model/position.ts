import type { Direction, Regime, RegimeDetail, RunMode } from './words.ts';

/** Net holding of one instrument in one account, from flat to flat. */
export interface Position {
  readonly positionId: string;
  readonly symbol: string;
  readonly direction: Direction;
  /** Units, > 0 while open. */
  readonly size: number;
  /** Size-weighted average of the entries; reducing keeps it. */
  readonly entryPrice: number;
  readonly stopLoss: number | null;
  readonly initialStop: number | null;
  readonly openedAtUs: number;
  readonly mode: RunMode;
  readonly entryRegime: Regime;
  readonly entryRegimeDetail: RegimeDetail;
  /** Annualised ratio at entry, null if unknown. */
  readonly entryVolatility: number | null;
}

/** Profit of a size between two prices, in account currency before fees; negative for a loss. */
export function grossPnl(direction: Direction, entryPrice: number, price: number, size: number, multiplier = 1): number {
  return (direction === 'LONG' ? price - entryPrice : entryPrice - price) * size * multiplier;
}

/**
 * Profit as a multiple of the initial risk per unit: 1.5 means one and a half times what the initial stop would cost.
 * Null without an initial stop, or if it stands at the entry price.
 */
export function toRMultiple(direction: Direction, entryPrice: number, initialStop: number | null, price: number): number | null {
  const risk = initialStop === null ? 0 : Math.abs(entryPrice - initialStop);
  return risk === 0 ? null : (direction === 'LONG' ? price - entryPrice : entryPrice - price) / risk;
}
