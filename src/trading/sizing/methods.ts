import type { ResolvedInstrument } from '../instrument.ts';
import { shareOf, stepsWithin, toPpm } from '../micros.ts';

/** Trading days of a year are taken as 16 squared, so that yearly volatility / 16 is daily volatility. */
const DAILY_PER_YEARLY = 16;
/** The share of the full Kelly fraction that is used. */
const KELLY_SHARE = 0.25;

/** Price risk of one unit with the fees of getting in and out, in quote currency. */
export function lossPerUnit(entry: number, stop: number, feeRatio: number): number {
  return Math.abs(entry - stop) + feeRatio * (entry + stop);
}

/**
 * Steps whose loss at the stop, fees included, is at most a share of the equity. Rounds down.
 *
 * @param equityMicros micro-units of account currency
 * @param riskPpm share of equity at risk, parts per million
 * @see Fixed fractional sizing, Vince 1990, with costs
 */
export function fixedRiskSteps(equityMicros: number, riskPpm: number, perUnit: number, instrument: ResolvedInstrument): number {
  return stepsWithin(shareOf(Math.max(equityMicros, 0), riskPpm), perUnit, instrument.step, instrument.multiplier);
}

/**
 * A quarter of the Kelly fraction, between 0 and the cap.
 *
 * @param winRatio share of trades won, 0..1
 * @param payoff mean win / mean loss, >= 0; Infinity when nothing was ever lost
 * @see Kelly 1956
 */
export function kellyRatio(winRatio: number, payoff: number, ratioMax: number): number {
  return Math.min(Math.max(KELLY_SHARE * fullKelly(winRatio, payoff), 0), ratioMax);
}

/** f* = (p·b − q)/b; negative when the odds are against. */
export function fullKelly(winRatio: number, payoff: number): number {
  if (!(payoff > 0)) return -1;
  return payoff === Infinity ? winRatio : winRatio - (1 - winRatio) / payoff;
}

/** Steps whose daily swing is the equity's share of the yearly target. */
export function volTargetSteps(
  equityMicros: number,
  targetRatio: number,
  price: number,
  dailyRatio: number,
  instrument: ResolvedInstrument,
): number {
  const budget = shareOf(Math.max(equityMicros, 0), toPpm(targetRatio / DAILY_PER_YEARLY));
  return stepsWithin(budget, price * dailyRatio, instrument.step, instrument.multiplier);
}
