/**
 * The performance tracker: trades and daily equity to figures with their definitions, and the curve for a terminal.
 *
 * @module
 */
export { renderCurve, type CurveOptions } from './curve.ts';
export { EquityStats, type DrawdownSpan, type EquityPoint } from './equity-stats.ts';
export { type Figures } from './figures.ts';
export {
  defaultPerformanceOptions,
  resolvePerformanceOptions,
  type PerformanceOptions,
  type PerformanceTrials,
  type ResolvedPerformanceOptions,
} from './options.ts';
export { equityStatsOf, reportOf, reportsOf, type MonthRow, type PerformanceReport } from './report.ts';
export { createPerformanceState, type PerformanceScope, type PerformanceState } from './state.ts';
export { PERFORMANCE_TRACKER, performancePatterns, trackPerformance } from './tracker.ts';
export { ORDERED_TRADE_FIGURES, TradeStats, type TradeRecord } from './trade-stats.ts';
