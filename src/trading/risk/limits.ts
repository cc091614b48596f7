import { checkNumber } from '../../base/index.ts';

/**
 * Limits of the deployment: read at start, fixed while running. A policy can only be stricter.
 * Ratios are shares of equity unless said otherwise.
 */
export interface HardLimits {
  /** Largest risk of one trade, > 0, default .02. */
  readonly riskPerTradeRatioMax: number;
  /** Most open positions with reserved entries, 1-100, default 3. */
  readonly positionsMax: number;
  /** Exposure of one symbol, default .10. */
  readonly symbolExposureRatioMax: number;
  /** Exposure of all symbols, default .20. */
  readonly totalExposureRatioMax: number;
  /** Exposure of one bucket of correlated symbols, default .15. */
  readonly correlatedExposureRatioMax: number;
  /** Margin in use, default .90: a tenth of the equity stays free. */
  readonly marginUsedRatioMax: number;
  /** Largest |entry - stop| as a share of the entry price, default .03. */
  readonly stopDistanceRatioMax: number;
  /** Loss since day start that refuses entries, default .04. */
  readonly dailyLossVetoRatio: number;
  /** Loss since day start that kills, default .05. */
  readonly dailyLossKillRatio: number;
  /** Entries of one day, default 10. */
  readonly dailyTradesMax: number;
  /** Fall from the day's highest equity that refuses entries, default .06. */
  readonly intradayDrawdownRatioMax: number;
  /** Drawdown from which entries are smaller, default .05. */
  readonly drawdownReduceRatio: number;
  /** Size factor from `drawdownReduceRatio` on, default .75. */
  readonly drawdownReduceFactor: number;
  /** Drawdown that refuses entries, default .08. */
  readonly drawdownVetoRatio: number;
  /** Drawdown that kills, default .20. */
  readonly drawdownKillRatio: number;
  /** Losing trades in a row that kill, default 10. */
  readonly lossStreakKill: number;
  /** Move within an hour, with a position, that kills, default .10. */
  readonly flashCrashRatio: number;
  /** Move within a day, with a position, that kills, default .20. */
  readonly blackSwanRatio: number;
  /** Equity / margin used below which entries are refused, default 2 (200 %). Margin accounts only. */
  readonly marginRatioMin: number;
  /** Equity / margin used below which the switch kills, default .5. Margin accounts only. */
  readonly marginRatioKill: number;
  /** Venue lost for longer than this, with positions, kills; milliseconds, default 30 000. */
  readonly venueLostMsMax: number;
}

export const defaultHardLimits: HardLimits = Object.freeze({
  riskPerTradeRatioMax: 0.02,
  positionsMax: 3,
  symbolExposureRatioMax: 0.1,
  totalExposureRatioMax: 0.2,
  correlatedExposureRatioMax: 0.15,
  marginUsedRatioMax: 0.9,
  stopDistanceRatioMax: 0.03,
  dailyLossVetoRatio: 0.04,
  dailyLossKillRatio: 0.05,
  dailyTradesMax: 10,
  intradayDrawdownRatioMax: 0.06,
  drawdownReduceRatio: 0.05,
  drawdownReduceFactor: 0.75,
  drawdownVetoRatio: 0.08,
  drawdownKillRatio: 0.2,
  lossStreakKill: 10,
  flashCrashRatio: 0.1,
  blackSwanRatio: 0.2,
  marginRatioMin: 2,
  marginRatioKill: 0.5,
  venueLostMsMax: 30_000,
});

const COUNTS = new Set<keyof HardLimits>(['positionsMax', 'dailyTradesMax', 'lossStreakKill', 'venueLostMsMax']);
const ABOVE_ONE = new Set<keyof HardLimits>(['marginRatioMin', 'marginRatioKill']);

/** @throws QtError QT_OPTION_INVALID */
export function resolveHardLimits(limits: Partial<HardLimits> = {}): HardLimits {
  const resolved = { ...defaultHardLimits, ...limits };
  for (const name of Object.keys(defaultHardLimits) as (keyof HardLimits)[]) {
    const field = `limits.${name}`;
    if (COUNTS.has(name)) checkNumber(field, resolved[name], { min: 1, max: 1_000_000_000, integer: true });
    else checkNumber(field, resolved[name], { min: 0.000001, max: ABOVE_ONE.has(name) ? 100 : 1 });
  }
  checkNumber('limits.positionsMax', resolved.positionsMax, { min: 1, max: 100, integer: true });
  return resolved;
}
