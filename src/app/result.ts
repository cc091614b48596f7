import type { BusStats } from '../engine/index.ts';
import type { FeedStatus } from '../feed/index.ts';
import { createTradingDays, PositionOpened } from '../model/index.ts';
import { reportOf, reportsOf, type PerformanceReport, type PerformanceState, type TradeRecord } from '../observe/index.ts';
import type { Benchmark } from './benchmark.ts';
import type { RunContext } from './components.ts';
import type { RunIdentity } from './identity.ts';
import type { LatencyFigures } from './latency.ts';
import { countOf, loggedOrders, type KillReport, type RunWatch } from './run-watch.ts';
import type { RunEngine } from './run-bus.ts';
import type { JournalReport } from './journal/run-journal.ts';
import type { EventLoggerReport } from './journal/sql/logger.ts';

/** `interrupted`: the feed was ended early and the rest was finished; `unfinished`: something had no outcome in time. */
export type RunOutcome = 'complete' | 'interrupted' | 'unfinished';

export interface ResultParts {
  readonly context: RunContext;
  readonly engine: RunEngine;
  readonly identity: RunIdentity;
  readonly feed: FeedStatus;
  readonly outcome: RunOutcome;
  readonly stats: BusStats;
  readonly watch: RunWatch;
  readonly performance: PerformanceState;
  readonly benchmark: Benchmark;
  readonly latency: LatencyFigures;
  /** Market events handed to the bus. */
  readonly sent: number;
  readonly elapsedMs: number;
  readonly journal: JournalReport | null;
}

/** Result of a year or a month. */
export interface PeriodRow {
  readonly period: string;
  readonly returnRatio: number | null;
  readonly pnlUsd: number;
}

/** Everything a run has to say, as plain data. */
export interface RunResult {
  readonly decisionHash: string;
  readonly outcome: RunOutcome;
  readonly runId: string;
  readonly mode: string;
  readonly codeVersion: string;
  readonly configHash: string;
  readonly dataHash: string;
  readonly seed: string | number;
  readonly profile: string;
  readonly currency: string;
  readonly feed: FeedReport;
  readonly performance: PerformanceReport;
  /** Return of holding all symbols from the first open to the last close, ratio, before costs. */
  readonly buyAndHoldRatio: number | null;
  readonly bySymbol: readonly PerformanceReport[];
  readonly periods: readonly PeriodRow[];
  readonly trades: readonly TradeRecord[];
  readonly positionsOpened: number;
  readonly ordersLogged: number;
  readonly exits: Readonly<Record<string, number>>;
  readonly evaluations: Readonly<Record<string, number>>;
  readonly vetoes: Readonly<Record<string, number>>;
  readonly gates: Readonly<Record<string, number>>;
  readonly denials: Readonly<Record<string, number>>;
  readonly eventsByType: Readonly<Record<string, number>>;
  readonly kill: KillReport;
  readonly engine: EngineReport;
  /** Null for a run without one. */
  readonly journal: JournalReport | null;
  /** Null for a run without a database. */
  readonly sql: EventLoggerReport | null;
}

export interface FeedReport {
  readonly name: string;
  readonly symbols: readonly string[];
  readonly timeframe: string;
  readonly dayZone: string;
  /** Trading days `YYYY-MM-DD`, null when nothing was sent. */
  readonly from: string | null;
  readonly to: string | null;
  readonly rowsRead: number;
  readonly rowsSkipped: number;
  readonly gaps: number;
}

/** What the engine did, and the proof that nothing was lost. */
export interface EngineReport {
  readonly mode: 'inline' | 'threads';
  readonly workers: number;
  readonly lockstep: boolean;
  readonly elapsedS: number;
  /** From the start of the process to the first market event on the bus; null without one. */
  readonly firstEventMs: number | null;
  /** All events, derived ones included. */
  readonly events: number;
  readonly eventsPerSecond: number;
  /** Ticks and candles. */
  readonly marketEvents: number;
  readonly marketEventsPerSecond: number;
  /** `intended`: from the time a paced event was meant to be sent; `sent`: from the publish. */
  readonly latencyFrom: 'intended' | 'sent';
  readonly latency: LatencyFigures;
  readonly deliveries: number;
  readonly acknowledged: number;
  readonly retried: number;
  readonly deadLettered: number;
  readonly dropped: number;
  readonly pending: number;
  readonly crashes: number;
  /** Market events handed to the bus that no handler at the far end has seen, and deliveries dropped or without an outcome. */
  readonly lost: number;
}

/** Gathers the report of a run. */
export function createResult(parts: ResultParts): RunResult {
  const { context, identity, outcome, performance, watch } = parts;
  const report = reportOf(performance);
  return {
    decisionHash: watch.decisionHash(),
    outcome,
    runId: identity.runId,
    mode: context.mode,
    codeVersion: identity.codeVersion,
    configHash: identity.configHash,
    dataHash: identity.dataHash,
    seed: context.config.seed,
    profile: context.config.profile,
    currency: context.config.account.currency,
    feed: feedReport(parts),
    performance: report,
    buyAndHoldRatio: parts.benchmark.returnRatio,
    bySymbol: reportsOf(performance).filter(({ scope }) => scope === 'SYMBOL'),
    periods: periodsOf(report),
    trades: performance.tradeLog,
    positionsOpened: countOf(watch, PositionOpened.type),
    ordersLogged: loggedOrders(watch),
    exits: sorted(watch.exits),
    evaluations: sorted(watch.decisions),
    vetoes: sorted(watch.vetoes),
    gates: sorted(watch.gates),
    denials: sorted(watch.denials),
    eventsByType: sorted(watch.types),
    kill: watch.kill,
    engine: engineReport(parts),
    journal: parts.journal,
    sql: null,
  };
}

function feedReport({ context: { info }, feed, watch }: ResultParts): FeedReport {
  const days = createTradingDays(info.dayZone);
  const dayOf = (us: number): string | null => (us === 0 ? null : days.at(us).day);
  return {
    name: info.name,
    symbols: info.symbols,
    timeframe: info.timeframe,
    dayZone: info.dayZone,
    from: dayOf(watch.firstUs),
    to: dayOf(watch.lastUs),
    rowsRead: feed.rowsRead,
    rowsSkipped: feed.rowsSkipped,
    gaps: feed.gaps,
  };
}

function engineReport({ elapsedMs, engine, latency, sent, stats, watch }: ResultParts): EngineReport {
  const elapsedS = elapsedMs / 1000;
  const perSecond = (count: number): number => (elapsedS > 0 ? count / elapsedS : 0);
  // A market event that was handled twice would hide one that was not handled at all, hence max(0).
  const unseen = Math.max(0, sent - latency.count - latency.warmupCount);
  return {
    mode: engine.mode,
    workers: engine.workers,
    lockstep: engine.lockstep,
    elapsedS,
    firstEventMs: watch.firstEventMs,
    events: stats.published,
    eventsPerSecond: perSecond(stats.published),
    marketEvents: watch.marketEvents,
    marketEventsPerSecond: perSecond(watch.marketEvents),
    latencyFrom: engine.isPaced ? 'intended' : 'sent',
    latency,
    deliveries: stats.dispatched,
    acknowledged: stats.acknowledged,
    retried: stats.retried,
    deadLettered: stats.deadLettered,
    dropped: stats.dropped,
    pending: stats.pending,
    crashes: stats.crashes,
    lost: unseen + stats.dropped + stats.pending,
  };
}

/** Months up to a year and a half, years beyond. */
function periodsOf({ curve, initialEquityUsd, months }: PerformanceReport): PeriodRow[] {
  if (months.length <= 18) return months.map(({ month, pnlUsd, returnRatio }) => ({ period: month, returnRatio, pnlUsd }));
  const ends = new Map(curve.map(({ day, equityUsd }) => [day.slice(0, 4), equityUsd]));
  let before = initialEquityUsd;
  return [...ends].map(([period, equityUsd]) => {
    const row = { period, returnRatio: before > 0 ? equityUsd / before - 1 : null, pnlUsd: equityUsd - before };
    before = equityUsd;
    return row;
  });
}

/** Most frequent first. */
function sorted(tally: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...tally].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
