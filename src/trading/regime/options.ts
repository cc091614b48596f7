import { checkNumber, checkOneOf, invalidOption } from '../../base/index.ts';
import { Timeframe } from '../../model/index.ts';

export interface RegimeOptions {
  /** Candles of this timeframe decide; others are ignored. Default 1m. */
  readonly timeframe?: Timeframe;
  /** Candles in a trading year, to annualise volatility; 252 for daily bars of shares. Default 525 600, minutes in a year of 365 days. */
  readonly periodsPerYear?: number;
  /** Wilder's n for ATR and ADX, candles, 2..200. Default 14. */
  readonly period?: number;
  /** ADX that makes a trend, 0..100. Default 25. */
  readonly adxEnter?: number;
  /** ADX below which a trend may end, 0..adxEnter. Default 20. */
  readonly adxLeave?: number;
  /** |trend strength| that makes a trend, 0..1. Default 0.3. */
  readonly trendStrengthMin?: number;
  /** ATR in percent of the close from which a market is HIGH_VOLATILITY and EXTREME, > 0. Default 6. */
  readonly atrPctExtreme?: number;
  /** ATR in percent of the close from which volatility is HIGH, > 0. Default 4. */
  readonly atrPctHigh?: number;
  /** ATR in percent of the close below which volatility is LOW, > 0. Default 1.5. */
  readonly atrPctLow?: number;
  /** Candles in a row that a new class needs, 1..100; the alarm classes need one. Default 3. */
  readonly confirmCandles?: number;
  /** Traded value of 24 hours, quote currency, below which a market is thin, >= 0. Default 2 000 000. */
  readonly volume24hMin?: number;
  /** Depth within 5 basis points, account currency, below which a market is thin, >= 0. Default 50 000. */
  readonly depth5bpsMinUsd?: number;
  /** Spread in basis points of the middle above which a market is thin, >= 0. Default 10. */
  readonly spreadBpsMax?: number;
  /** Age of the last book, seconds, above which depth and spread count as missing, > 0. Default 60. */
  readonly bookAgeSecondsMax?: number;
  /** True in live trading: without depth and spread the class is UNKNOWN. False: only what is known counts. Default false. */
  readonly requiresBook?: boolean;
  /** Returns in the current and in the baseline volatility, 2..5 000. Default 20 and 240. */
  readonly volatilityPeriods?: readonly [number, number];
}

export type ResolvedRegimeOptions = Required<RegimeOptions>;

export const defaultRegimeOptions: ResolvedRegimeOptions = {
  timeframe: '1m',
  periodsPerYear: 525_600,
  period: 14,
  adxEnter: 25,
  adxLeave: 20,
  trendStrengthMin: 0.3,
  atrPctExtreme: 6,
  atrPctHigh: 4,
  atrPctLow: 1.5,
  confirmCandles: 3,
  volume24hMin: 2_000_000,
  depth5bpsMinUsd: 50_000,
  spreadBpsMax: 10,
  bookAgeSecondsMax: 60,
  requiresBook: false,
  volatilityPeriods: [20, 240],
};

/** @throws QtError QT_OPTION_INVALID */
export function resolveRegimeOptions(partial: RegimeOptions = {}): ResolvedRegimeOptions {
  const options = { ...defaultRegimeOptions, ...partial };
  checkOneOf('timeframe', options.timeframe, Object.values(Timeframe));
  checkNumber('periodsPerYear', options.periodsPerYear, { min: 1 });
  checkNumber('period', options.period, { min: 2, max: 200, integer: true });
  checkNumber('adxEnter', options.adxEnter, { min: 0, max: 100 });
  checkNumber('adxLeave', options.adxLeave, { min: 0, max: options.adxEnter });
  checkNumber('trendStrengthMin', options.trendStrengthMin, { min: 0, max: 1 });
  checkNumber('atrPctLow', options.atrPctLow, { min: 0 });
  checkNumber('atrPctHigh', options.atrPctHigh, { min: options.atrPctLow });
  checkNumber('atrPctExtreme', options.atrPctExtreme, { min: options.atrPctHigh });
  checkNumber('confirmCandles', options.confirmCandles, { min: 1, max: 100, integer: true });
  checkNumber('volume24hMin', options.volume24hMin, { min: 0 });
  checkNumber('depth5bpsMinUsd', options.depth5bpsMinUsd, { min: 0 });
  checkNumber('spreadBpsMax', options.spreadBpsMax, { min: 0 });
  checkNumber('bookAgeSecondsMax', options.bookAgeSecondsMax, { min: 0 });
  const [current, baseline] = options.volatilityPeriods;
  checkNumber('volatilityPeriods[0]', current, { min: 2, max: 5_000, integer: true });
  checkNumber('volatilityPeriods[1]', baseline, { min: 2, max: 5_000, integer: true });
  if (current >= baseline)
    throw invalidOption('volatilityPeriods', options.volatilityPeriods, 'a current period shorter than the baseline');
  return options;
}
