import type { EventInput, QtEvent } from '../../event/index.ts';
import {
  MarketCandleNew,
  ModelPromoted,
  PerformanceReportUpdated,
  PositionClosed,
  PositionStateUpdate,
  RiskDailyStatusUpdate,
  StrategyPromoted,
  SystemDayRolled,
  TradeExecuted,
  TradesOrderFilled,
  TradesOrderPartiallyFilled,
  type MarketCandleNewPayload,
  type ModelPromotedPayload,
  type PositionClosedPayload,
  type PositionStateUpdatePayload,
  type RiskDailyStatusUpdatePayload,
  type StrategyPromotedPayload,
  type SystemDayRolledPayload,
  type TradeExecutedPayload,
  type TradesOrderFilledPayload,
} from '../../model/index.ts';
import { figuresOf } from './report.ts';
import { realizedEquity, scopeKey, scopeOf, type PerformanceState, type ScopeState } from './state.ts';
import type { TradeRecord } from './trade-stats.ts';

/** The events that the tracker reads. */
export const performancePatterns: readonly string[] = [
  MarketCandleNew,
  ModelPromoted,
  PositionClosed,
  PositionStateUpdate,
  RiskDailyStatusUpdate,
  StrategyPromoted,
  SystemDayRolled,
  TradeExecuted,
  TradesOrderFilled,
  TradesOrderPartiallyFilled,
].map((definition) => definition.type);

export const PERFORMANCE_TRACKER = 'performance_tracker';

/**
 * Folds one event and returns the reports it causes: four (account, symbol, strategy, model) when a position closes,
 * the account's when a trading day begins. An event that comes again changes nothing.
 */
export function trackPerformance(state: PerformanceState, event: QtEvent<object>): EventInput[] {
  const apply = appliers.get(event.type);
  if (apply === undefined || isRepeat(state, event)) return [];
  state.firstUs ??= event.timestamp;
  state.lastUs = Math.max(state.lastUs, event.timestamp);
  return apply(state, event.payload as never, event.timestamp);
}

/** Events of one type and key come in order, also when some are delivered twice. */
function isRepeat(state: PerformanceState, event: QtEvent<object>): boolean {
  const stream = `${event.type}/${event.key ?? ''}`;
  if (event.seq <= (state.applied.get(stream) ?? 0)) return true;
  state.applied.set(stream, event.seq);
  return false;
}

type Apply = (state: PerformanceState, payload: never, nowUs: number) => EventInput[];

const appliers = new Map<string, Apply>([
  [MarketCandleNew.type, onCandle],
  [PositionStateUpdate.type, onMark],
  [TradeExecuted.type, onExecuted],
  [TradesOrderFilled.type, onFill],
  [TradesOrderPartiallyFilled.type, onFill],
  [PositionClosed.type, onClosed],
  [SystemDayRolled.type, onDayRolled],
  [RiskDailyStatusUpdate.type, onDailyStatus],
  [StrategyPromoted.type, onStrategyPromoted],
  [ModelPromoted.type, onModelPromoted],
]);

function onCandle(state: PerformanceState, { symbol, close }: MarketCandleNewPayload): EventInput[] {
  state.ledger.mark(symbol, close);
  return [];
}

function onMark(state: PerformanceState, { symbol, current_price }: PositionStateUpdatePayload): EventInput[] {
  state.ledger.mark(symbol, current_price);
  return [];
}

function onExecuted(state: PerformanceState, payload: TradeExecutedPayload, nowUs: number): EventInput[] {
  state.ledger.execute(payload);
  if (payload.pnl === null && payload.model !== null) state.models.set(payload.symbol, payload.model);
  if (state.ledger.isFlat) {
    state.openUs += nowUs - (state.openSinceUs ?? nowUs);
    state.openSinceUs = null;
  } else {
    state.openSinceUs ??= nowUs;
  }
  return [];
}

/** Slippage is what a fill cost against the price the decision was made at; positive is a cost. */
function onFill(state: PerformanceState, { side, fill_price, fill_size, decision_price }: TradesOrderFilledPayload): EventInput[] {
  const worse = side === 'BUY' ? fill_price - decision_price : decision_price - fill_price;
  state.slippageUsd += worse * fill_size;
  state.slippageNotionalUsd += decision_price * fill_size;
  return [];
}

function onClosed(state: PerformanceState, payload: PositionClosedPayload, nowUs: number): EventInput[] {
  const trade: TradeRecord = {
    positionId: payload.position_id,
    symbol: payload.symbol,
    direction: payload.direction,
    strategyId: payload.strategy_id ?? null,
    model: state.models.get(payload.symbol) ?? null,
    size: payload.size,
    entryPrice: payload.entry_price,
    exitPrice: payload.exit_price,
    pnlUsd: payload.realized_pnl,
    feesUsd: payload.fees ?? 0,
    rMultiple: payload.r_multiple ?? null,
    maeR: payload.mae_r ?? null,
    mfeR: payload.mfe_r ?? null,
    holdS: payload.hold_duration_seconds,
    exitReason: payload.exit_reason,
    closedAtUs: nowUs,
  };
  state.tradeLog.push(trade);
  const scopes = [state.account, scopeOf(state, 'SYMBOL', trade.symbol)];
  if (trade.strategyId !== null) scopes.push(scopeOf(state, 'STRATEGY', trade.strategyId));
  if (trade.model !== null) scopes.push(scopeOf(state, 'MODEL', trade.model));
  for (const scope of scopes) scope.trades.add(trade);
  return scopes.map((scope) => toReportEvent(state, scope, nowUs));
}

function onDayRolled(state: PerformanceState, { day }: SystemDayRolledPayload, nowUs: number): EventInput[] {
  if (state.day === day) return [];
  const ended = state.day;
  state.day = day;
  if (ended === null) return [];
  state.account.equity.add(ended, state.ledger.equityUsd);
  for (const scope of state.scopes.values()) scope.equity.add(ended, realizedEquity(state, scope));
  return [toReportEvent(state, state.account, nowUs)];
}

function onDailyStatus(state: PerformanceState, { equity_usd }: RiskDailyStatusUpdatePayload): EventInput[] {
  state.ownerEquityUsd = equity_usd;
  return [];
}

/** A strategy in a new stage starts a fresh series. */
function onStrategyPromoted(state: PerformanceState, { strategy_id }: StrategyPromotedPayload): EventInput[] {
  state.scopes.delete(scopeKey('STRATEGY', strategy_id));
  return [];
}

function onModelPromoted(state: PerformanceState, { model_name }: ModelPromotedPayload): EventInput[] {
  state.scopes.delete(scopeKey('MODEL', model_name));
  return [];
}

function toReportEvent(state: PerformanceState, scope: ScopeState, nowUs: number): EventInput {
  const { metrics, reasons } = figuresOf(state, scope, scope.equity, false);
  const payload = { scope: scope.scope, id: scope.id, metrics, reasons, convention: state.convention };
  return PerformanceReportUpdated.create(payload, { timestamp: nowUs, source: PERFORMANCE_TRACKER });
}
