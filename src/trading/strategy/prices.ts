import type { Direction } from '../../model/index.ts';

export interface Prices {
  readonly entry: number;
  readonly stop: number;
  readonly target: number;
  /** Distance to the target in percent of the entry. */
  readonly expectedMovePct: number;
}

export interface PriceRules {
  readonly stopAtrMultiple: number;
  readonly stopPctMax: number;
  readonly targetR: number;
}

/** Significant digits of a price on the wire that we keep: more than any venue's grid, less than what a double holds. */
const DIGITS = 10;

/**
 * Entry at the close, stop at the nearer of so many ATR and so many percent, target at a multiple of that distance.
 * The stop is rounded toward the entry, so the risk is never above the limit.
 *
 * @param atr average true range in price units, > 0
 * @returns null when there is no distance left to risk
 */
export function toPrices(direction: Direction, entry: number, atr: number, rules: PriceRules): Prices | null {
  const distance = Math.min(rules.stopAtrMultiple * atr, (rules.stopPctMax / 100) * entry);
  const sign = direction === 'LONG' ? 1 : -1;
  // Of the largest price there can be here: a stop above 100 has one decimal less than an entry below it.
  const grain = 10 ** (Math.floor(Math.log10(entry + distance)) + 1 - DIGITS);
  const steps = (entry - sign * distance) / grain;
  const rounded = clean((sign > 0 ? Math.ceil(steps) : Math.floor(steps)) * grain);
  // A stop at exactly the limit may pass it in the last bit of a double: one grain nearer it never does.
  const isTooFar = Math.abs(entry - rounded) / entry > rules.stopPctMax / 100;
  const stop = isTooFar ? clean(rounded + sign * grain) : rounded;
  const target = clean(entry + sign * rules.targetR * distance);
  if (!(stop > 0) || !(target > 0) || (entry - stop) * sign <= 0) return null;
  return { entry, stop, target, expectedMovePct: clean((100 * Math.abs(target - entry)) / entry) };
}

function clean(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
