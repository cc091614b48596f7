import { EquityStats, type DrawdownSpan, type EquityPoint } from './equity-stats.ts';
import { createFigures, setFigure, type Figures } from './figures.ts';
import type { ResolvedPerformanceOptions } from './options.ts';
import { equityOf, scopeKey, type PerformanceScope, type PerformanceState, type ScopeState } from './state.ts';

/** One calendar month of the equity curve. */
export interface MonthRow {
  /** `YYYY-MM`. */
  readonly month: string;
  readonly days: number;
  readonly returnRatio: number | null;
  readonly pnlUsd: number;
}

/** Everything that is known at this moment; the running day counts as a day. */
export interface PerformanceReport extends Figures {
  readonly scope: PerformanceScope;
  readonly id: string;
  /** How the figures are defined. */
  readonly convention: Readonly<Record<string, unknown>>;
  readonly initialEquityUsd: number;
  readonly curve: readonly EquityPoint[];
  readonly months: readonly MonthRow[];
  readonly drawdown: DrawdownSpan | null;
}

/** @param equity the scope's own, or a copy with the running day */
export function figuresOf(state: PerformanceState, scope: ScopeState, equity: EquityStats, withTails: boolean): Figures {
  const trades = scope.trades.figures(state.options.tradesMin);
  const days = equity.figures(scope.trades.count, withTails);
  const account = scope === state.account ? accountFigures(state) : createFigures();
  const metrics = { ...trades.metrics, ...days.metrics, equity_usd: equityOf(state, scope), ...account.metrics };
  return { metrics, reasons: { ...trades.reasons, ...days.reasons, ...account.reasons } };
}

function accountFigures(state: PerformanceState): Figures {
  const figures = createFigures();
  const { ledger, options, lastUs, firstUs } = state;
  const { points } = state.account.equity;
  const equityMean =
    points.length === 0 ? options.initialEquityUsd : points.reduce((sum, point) => sum + point.equityUsd, 0) / points.length;
  const spanUs = lastUs - (firstUs ?? lastUs);
  const openUs = state.openUs + (state.openSinceUs === null ? 0 : lastUs - state.openSinceUs);
  const owner = state.ownerEquityUsd;
  setFigure(figures, 'unrealized_pnl_usd', ledger.unrealizedUsd);
  setFigure(figures, 'fees_usd', ledger.feesUsd);
  setFigure(figures, 'turnover_ratio', equityMean > 0 ? ledger.tradedUsd / equityMean : null, 'mean equity is not above 0');
  setFigure(figures, 'exposure_time_ratio', openUs / spanUs, 'no time has passed');
  setFigure(figures, 'slippage_usd', state.slippageUsd);
  setFigure(figures, 'slippage_bps', (state.slippageUsd / state.slippageNotionalUsd) * 10_000, 'no fills');
  setFigure(figures, 'owner_equity_usd', owner, 'the account owner has not reported');
  return figures;
}

/**
 * The full report of a scope, or null if nothing is known of it.
 *
 * @example reportOf(state).metrics['sharpe']
 */
export function reportOf(state: PerformanceState): PerformanceReport;
export function reportOf(state: PerformanceState, scope: PerformanceScope, id: string): PerformanceReport | null;
export function reportOf(state: PerformanceState, kind: PerformanceScope = 'ACCOUNT', id = state.account.id): PerformanceReport | null {
  const scope = kind === 'ACCOUNT' && id === state.account.id ? state.account : state.scopes.get(scopeKey(kind, id));
  if (scope === undefined) return null;
  const equity = equityStatsOf(state.options, scope.equity.points);
  if (state.day !== null) equity.add(state.day, equityOf(state, scope));
  return {
    scope: scope.scope,
    id: scope.id,
    ...figuresOf(state, scope, equity, true),
    convention: state.convention,
    initialEquityUsd: state.options.initialEquityUsd,
    curve: equity.points,
    months: monthsOf(equity.points, state.options.initialEquityUsd),
    drawdown: equity.span,
  };
}

/** Reports of all scopes, the account first, then by scope and name. */
export function reportsOf(state: PerformanceState): PerformanceReport[] {
  const keys = [...state.scopes.keys()].toSorted();
  const others = keys.map((key) => state.scopes.get(key) as ScopeState);
  return [state.account, ...others].map(({ scope, id }) => reportOf(state, scope, id) as PerformanceReport);
}

/** The same figures from a finished curve. */
export function equityStatsOf(options: ResolvedPerformanceOptions, points: readonly EquityPoint[]): EquityStats {
  const stats = new EquityStats(options);
  for (const { day, equityUsd } of points) stats.add(day, equityUsd);
  return stats;
}

function monthsOf(points: readonly EquityPoint[], initialEquityUsd: number): MonthRow[] {
  const rows: MonthRow[] = [];
  let before = initialEquityUsd;
  for (let start = 0; start < points.length;) {
    const month = (points[start] as EquityPoint).day.slice(0, 7);
    let end = start;
    while (points[end + 1]?.day.startsWith(month) === true) end++;
    const { equityUsd } = points[end] as EquityPoint;
    rows.push({ month, days: end - start + 1, returnRatio: before > 0 ? equityUsd / before - 1 : null, pnlUsd: equityUsd - before });
    before = equityUsd;
    start = end + 1;
  }
  return rows;
}
