import type { Side } from '../../../model/index.ts';

/** One line of a broker's or an exchange's price list. */
export interface ChargeRule {
  readonly name: string;
  /** What the rate applies to: every trade, only buys, only sells, or the order as a whole (flat, per unit, with floor and cap). */
  readonly basis: 'turnover' | 'buy' | 'sell' | 'order';
  /** Share of the turnover, ratio; default 0. Negative is a rebate. */
  readonly rateRatio?: number;
  /** Money per unit of size; default 0. */
  readonly perUnit?: number;
  /** Money per order; default 0. */
  readonly flat?: number;
  /** At least this much per order; default none. */
  readonly min?: number;
  /** At most this much per order; default none. */
  readonly max?: number;
  /** At most this share of the order's turnover, ratio; wins over `min`; default none. */
  readonly maxRatio?: number;
  /** The preset's tax is added to this line; default false. */
  readonly taxed?: boolean;
  /** Applies only to fills of this kind; default both. */
  readonly liquidity?: Liquidity;
}

export type Liquidity = 'MAKER' | 'TAKER';

/** A price list. */
export interface ChargePreset {
  readonly name: string;
  readonly rules: readonly ChargeRule[];
  /** Tax on the taxed lines, ratio; default 0. */
  readonly taxRatio?: number;
  /** Charges of an order are rounded half-up to this amount of account currency, > 0. */
  readonly minorUnit: number;
  /** Funding per 8 hours on the notional held, ratio; default 0. Used in estimates only. */
  readonly fundingRatioPer8h?: number;
  /** Where the numbers come from. */
  readonly source: string;
}

/** What one order has traded so far. Grows fill by fill. */
export interface Turnover {
  readonly side: Side;
  readonly makerMoney: number;
  readonly takerMoney: number;
  readonly makerSize: number;
  readonly takerSize: number;
}

/**
 * The unrounded charges of one order by line, tax as a line of its own.
 * Pure. Never negative except for rebates (a negative rate).
 *
 * @param turnover money and size the order traded so far, account currency and units
 * @see marketcalls/openalgo portfolio/costs.py for the shape of the rules
 */
export function chargeLines(preset: ChargePreset, turnover: Turnover): Map<string, number> {
  const lines = new Map<string, number>();
  let taxable = 0;
  for (const rule of preset.rules) {
    const amount = amountOf(rule, turnover);
    lines.set(rule.name, (lines.get(rule.name) ?? 0) + amount);
    if (rule.taxed === true) taxable += amount;
  }
  if (taxable !== 0) lines.set('tax', taxable * (preset.taxRatio ?? 0));
  return lines;
}

/** The charges of one order before rounding: the sum of its lines. */
export function chargesUnrounded(preset: ChargePreset, turnover: Turnover): number {
  let sum = 0;
  for (const amount of chargeLines(preset, turnover).values()) sum += amount;
  return sum;
}

/**
 * The charges of one order, rounded half-up to the minor unit, in integer micro-units of account currency.
 * A partial fill costs the difference between the totals after and before it, so parts always add up to the whole.
 */
export function chargesMicro(preset: ChargePreset, turnover: Turnover): number {
  const minorUnits = chargesUnrounded(preset, turnover) / preset.minorUnit;
  // A sum such as 0.1 + 0.2 must not fall to the other side of a half; 1e-9 of a minor unit is far below any charge.
  return Math.round(Math.floor(minorUnits + 0.5 + 1e-9) * preset.minorUnit * 1e6);
}

function amountOf(rule: ChargeRule, turnover: Turnover): number {
  if (rule.basis === 'buy' && turnover.side !== 'BUY') return 0;
  if (rule.basis === 'sell' && turnover.side !== 'SELL') return 0;
  const maker = rule.liquidity !== 'TAKER';
  const taker = rule.liquidity !== 'MAKER';
  const money = (maker ? turnover.makerMoney : 0) + (taker ? turnover.takerMoney : 0);
  const size = (maker ? turnover.makerSize : 0) + (taker ? turnover.takerSize : 0);
  if (size === 0) return 0;
  let amount = money * (rule.rateRatio ?? 0) + size * (rule.perUnit ?? 0) + (rule.flat ?? 0);
  if (rule.min !== undefined) amount = Math.max(amount, rule.min);
  if (rule.max !== undefined) amount = Math.min(amount, rule.max);
  if (rule.maxRatio !== undefined) amount = Math.min(amount, money * rule.maxRatio);
  return amount;
}
