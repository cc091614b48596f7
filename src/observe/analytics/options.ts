import { checkNumber, invalidOption } from '../../base/index.ts';

export interface PerformanceOptions {
  /** Equity before the first day, account currency, > 0; default 100 000. */
  readonly initialEquityUsd?: number;
  /** Trading days a year, 1 to 366; default 252. Stated in every report. */
  readonly periodsPerYear?: number;
  /** Trades below which ratios are null, >= 0; default 10. */
  readonly tradesMin?: number;
  /** Days below which ratios of returns are null, >= 0; default 14. */
  readonly daysMin?: number;
  /** Yearly return of riskless money as a ratio, taken off before Sharpe; default 0. */
  readonly riskFreeRatio?: number;
  /** Daily return below which a day counts as bad for Sortino, ratio; default 0. */
  readonly requiredReturnRatio?: number;
  /** Daily Sharpe ratio that PSR asks to be beaten; default 0. */
  readonly sharpeBenchmark?: number;
  /** All strategies that were tried, for the deflated Sharpe ratio; absent means it is not given. */
  readonly trials?: PerformanceTrials;
}

export interface PerformanceTrials {
  /** How many, integer >= 2. */
  readonly count: number;
  /** Variance of their daily Sharpe ratios, >= 0. */
  readonly sharpeVariance: number;
}

export type ResolvedPerformanceOptions = Required<Omit<PerformanceOptions, 'trials'>> & { readonly trials: PerformanceTrials | null };

export const defaultPerformanceOptions: ResolvedPerformanceOptions = {
  initialEquityUsd: 100_000,
  periodsPerYear: 252,
  tradesMin: 10,
  daysMin: 14,
  riskFreeRatio: 0,
  requiredReturnRatio: 0,
  sharpeBenchmark: 0,
  trials: null,
};

/** @throws QtError QT_OPTION_INVALID naming the field */
export function resolvePerformanceOptions(options: PerformanceOptions = {}): ResolvedPerformanceOptions {
  const resolved = { ...defaultPerformanceOptions, ...options };
  checkNumber('initialEquityUsd', resolved.initialEquityUsd, { min: 0 });
  if (resolved.initialEquityUsd === 0) throw invalidOption('initialEquityUsd', 0, 'an amount above 0');
  checkNumber('periodsPerYear', resolved.periodsPerYear, { min: 1, max: 366 });
  checkNumber('tradesMin', resolved.tradesMin, { min: 0, integer: true });
  checkNumber('daysMin', resolved.daysMin, { min: 0, integer: true });
  checkNumber('riskFreeRatio', resolved.riskFreeRatio, { min: -0.5, max: 10 });
  checkNumber('requiredReturnRatio', resolved.requiredReturnRatio, { min: -1, max: 1 });
  checkNumber('sharpeBenchmark', resolved.sharpeBenchmark, { min: -10, max: 10 });
  if (resolved.trials !== null) {
    checkNumber('trials.count', resolved.trials.count, { min: 2, integer: true });
    checkNumber('trials.sharpeVariance', resolved.trials.sharpeVariance, { min: 0 });
  }
  return resolved;
}
