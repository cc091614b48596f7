import type { ResolvedPerformanceOptions } from './options.ts';

/** The definitions behind the figures, in words, for every report. */
export function conventionOf(options: ResolvedPerformanceOptions): Readonly<Record<string, unknown>> {
  const { periodsPerYear, riskFreeRatio, requiredReturnRatio, tradesMin, daysMin, sharpeBenchmark } = options;
  return Object.freeze({
    returns: 'daily, geometric, equity at the day boundary, the first day from the initial equity',
    periods_per_year: periodsPerYear,
    risk_free_ratio: riskFreeRatio,
    required_return_ratio: requiredReturnRatio,
    sharpe: `mean / stdev (ddof 1) * sqrt(${periodsPerYear})`,
    sortino: `mean / sqrt(sum of min(r - required, 0)^2 / n) * sqrt(${periodsPerYear}), over all n`,
    cagr: `(1 + total)^(${periodsPerYear} / n) - 1`,
    calmar: 'cagr / |max drawdown|',
    drawdown: 'from the highest equity since the start, as a negative ratio',
    trade_pnl: 'net of all fees, a trade is a position from flat to flat',
    psr_benchmark: sharpeBenchmark,
    value_at_risk: 'daily return at the 5 % and 1 % quantile, a loss is negative',
    equity: 'ACCOUNT marked to market; other scopes initial equity and closed trades',
    null_below: `${tradesMin} trades or ${daysMin} days`,
  });
}
