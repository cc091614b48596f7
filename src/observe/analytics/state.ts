import type { PerformanceReportUpdatedPayload } from '../../model/index.ts';
import { conventionOf } from './convention.ts';
import { EquityStats } from './equity-stats.ts';
import { Ledger } from './ledger.ts';
import { resolvePerformanceOptions, type PerformanceOptions, type ResolvedPerformanceOptions } from './options.ts';
import { TradeStats, type TradeRecord } from './trade-stats.ts';

export type PerformanceScope = PerformanceReportUpdatedPayload['scope'];

/** What is kept of one account, strategy, model or symbol. */
export interface ScopeState {
  readonly scope: PerformanceScope;
  readonly id: string;
  readonly trades: TradeStats;
  /** Of the account: marked to market. Of all others: initial equity and what their closed trades brought. */
  readonly equity: EquityStats;
}

/** Owned by the core; read it through `reportOf`. */
export interface PerformanceState {
  readonly options: ResolvedPerformanceOptions;
  readonly convention: Readonly<Record<string, unknown>>;
  readonly account: ScopeState;
  readonly scopes: Map<string, ScopeState>;
  readonly ledger: Ledger;
  readonly tradeLog: TradeRecord[];
  /** Model behind the last entry in a symbol. */
  readonly models: Map<string, string>;
  readonly applied: Map<string, number>;
  day: string | null;
  firstUs: number | null;
  lastUs: number;
  openSinceUs: number | null;
  openUs: number;
  slippageUsd: number;
  slippageNotionalUsd: number;
  ownerEquityUsd: number | null;
}

const ACCOUNT = 'main';

/** @throws QtError QT_OPTION_INVALID */
export function createPerformanceState(options: PerformanceOptions = {}): PerformanceState {
  const resolved = resolvePerformanceOptions(options);
  return {
    options: resolved,
    convention: conventionOf(resolved),
    account: createScope('ACCOUNT', ACCOUNT, resolved),
    scopes: new Map(),
    ledger: new Ledger(resolved.initialEquityUsd),
    tradeLog: [],
    models: new Map(),
    applied: new Map(),
    day: null,
    firstUs: null,
    lastUs: 0,
    openSinceUs: null,
    openUs: 0,
    slippageUsd: 0,
    slippageNotionalUsd: 0,
    ownerEquityUsd: null,
  };
}

function createScope(scope: PerformanceScope, id: string, options: ResolvedPerformanceOptions): ScopeState {
  return { scope, id, trades: new TradeStats(), equity: new EquityStats(options) };
}

/** Equity of a scope: of the account marked to market, of the others by closed trades. */
export function equityOf(state: PerformanceState, scope: ScopeState): number {
  return scope === state.account ? state.ledger.equityUsd : realizedEquity(state, scope);
}

export function realizedEquity(state: PerformanceState, scope: ScopeState): number {
  return state.options.initialEquityUsd + scope.trades.netUsd;
}

/** The scope, made when it is first heard of. */
export function scopeOf(state: PerformanceState, scope: PerformanceScope, id: string): ScopeState {
  const key = scopeKey(scope, id);
  const known = state.scopes.get(key);
  if (known !== undefined) return known;
  const created = createScope(scope, id, state.options);
  state.scopes.set(key, created);
  return created;
}

export function scopeKey(scope: PerformanceScope, id: string): string {
  return `${scope}/${id}`;
}
