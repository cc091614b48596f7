import type { EventInput, QtEvent } from '../../event/index.ts';
import {
  createTradingDays,
  MarketCandleNew,
  PositionClosed,
  PositionOpened,
  RiskEvaluationComplete,
  SignalActivated,
  SignalCandidateNew,
  SignalCompleted,
  SignalGenerated,
  SignalsAdvisoryExpired,
  SignalsAdvisoryNoSignal,
  SignalStopped,
  SignalUpdated,
  TradesOrderCancelled,
  TradesOrderExpired,
  TradesOrderFilled,
  TradesOrderLogged,
  TradesOrderPartiallyFilled,
  TradesOrderRejected,
  TradesOrderSubmitted,
  TradesRequestDenied,
  TradesRequestNew,
  type MarketCandleNewPayload,
  type PositionClosedPayload,
  type PositionOpenedPayload,
  type RiskEvaluationCompletePayload,
  type SignalCandidateNewPayload,
  type SignalsAdvisoryExpiredPayload,
  type SignalsAdvisoryNoSignalPayload,
  type TradesOrderCancelledPayload,
  type TradesOrderFilledPayload,
  type TradesOrderLoggedPayload,
  type TradesOrderRejectedPayload,
  type TradesOrderSubmittedPayload,
  type TradesRequestDeniedPayload,
  type TradesRequestNewPayload,
  type TradingDays,
} from '../../model/index.ts';
import { AppliedSequences } from '../redelivery.ts';
import { SignalBook } from './book.ts';
import { isNews } from './dedupe.ts';
import { resolveSignalOptions, type ResolvedSignalOptions, type SignalOptions } from './options.ts';
import type { SignalRecord, SignalStatus } from './record.ts';
import { MemorySignalStore, type SignalStore } from './store.ts';

const SECOND_US = 1_000_000;
const BAR_US: Readonly<Record<string, number>> = {
  '1m': 60 * SECOND_US,
  '5m': 300 * SECOND_US,
  '15m': 900 * SECOND_US,
  '1h': 3_600 * SECOND_US,
  '1d': 86_400 * SECOND_US,
};

/** The open position of a symbol, as far as signals care. */
interface OpenPosition {
  readonly positionId: string;
  readonly direction: PositionOpenedPayload['direction'];
}

/** Owned by `step`; keep it, do not look inside. */
export interface SignalState {
  readonly options: ResolvedSignalOptions;
  readonly days: TradingDays;
  readonly book: SignalBook;
  readonly positions: Map<string, OpenPosition>;
  readonly applied: AppliedSequences;
  /** Candidates that were dropped because the store failed. */
  storeErrors: number;
}

/** @throws QtError QT_OPTION_INVALID, QT_MODEL_ZONE_INVALID */
export function createSignalState(options: SignalOptions = {}, store: SignalStore = new MemorySignalStore()): SignalState {
  const resolved = resolveSignalOptions(options);
  return {
    options: resolved,
    days: createTradingDays(resolved.dayZone),
    book: new SignalBook(store),
    positions: new Map(),
    applied: new AppliedSequences(),
    storeErrors: 0,
  };
}

const HANDLERS: Readonly<Record<string, (state: SignalState, event: QtEvent<never>) => EventInput[]>> = {
  [SignalCandidateNew.type]: onCandidate,
  [MarketCandleNew.type]: onCandle,
  [SignalsAdvisoryNoSignal.type]: onNoSignal,
  [SignalsAdvisoryExpired.type]: onAdvisoryExpired,
  [RiskEvaluationComplete.type]: onEvaluation,
  [TradesRequestNew.type]: onRequest,
  [TradesRequestDenied.type]: onDenied,
  [TradesOrderSubmitted.type]: onSubmitted,
  [TradesOrderLogged.type]: onLogged,
  [TradesOrderPartiallyFilled.type]: onFill,
  [TradesOrderFilled.type]: onFill,
  [TradesOrderRejected.type]: onRejected,
  [TradesOrderCancelled.type]: onOrderEnded,
  [TradesOrderExpired.type]: onOrderEnded,
  [PositionOpened.type]: onOpened,
  [PositionClosed.type]: onClosed,
};

/**
 * Follows each signal from the candidate to its one end: NEW, ACTIVE when an order is placed, COMPLETED or STOPPED when
 * its position is closed; or VETOED, EXPIRED or LOGGED when there never was a position. Evaluations reach every
 * instance, since they are ordered by account; only the one that knows the signal answers.
 */
export function step(state: SignalState, event: QtEvent<object>): EventInput[] {
  const handler = HANDLERS[event.type];
  return handler === undefined ? [] : state.applied.once(event, () => handler(state, event as QtEvent<never>));
}

function onCandidate(state: SignalState, event: QtEvent<SignalCandidateNewPayload>): EventInput[] {
  const { payload: candidate, timestamp, seq } = event;
  const { day } = state.days.at(timestamp);
  const record: SignalRecord = {
    signalId: `sig_${seq}_0`,
    symbol: candidate.symbol,
    strategy: candidate.strategy,
    action: candidate.action,
    entryPrice: candidate.entry_price,
    stopLoss: candidate.stop_loss,
    target: candidate.target,
    timeframe: candidate.timeframe,
    day,
    createdAt: timestamp,
    status: 'NEW',
    requestId: null,
    isOption: false,
    filledSize: 0,
    filledAt: 0,
    positionId: null,
  };
  try {
    if (!isNews(state.book.latest(candidate.symbol, candidate.strategy), candidate, day)) return [];
    state.book.put(record);
  } catch {
    // Fail closed: what cannot be looked up counts as known. A signal too few is better than one twice.
    state.storeErrors++;
    return [];
  }
  return [SignalGenerated.create({ signal_id: record.signalId, ...candidate })];
}

/** Signals that got no order in time are over; time passes with candles of their own timeframe. */
function onCandle(state: SignalState, { payload: candle, timestamp }: QtEvent<MarketCandleNewPayload>): EventInput[] {
  const isOver = (record: SignalRecord): boolean => {
    const lifetime = Math.max(state.options.lifetimeSeconds * SECOND_US, BAR_US[record.timeframe] ?? 0);
    return record.status === 'NEW' && record.timeframe === candle.timeframe && timestamp - record.createdAt >= lifetime;
  };
  return state.book
    .ofSymbol(candle.symbol)
    .filter(isOver)
    .flatMap((record) => end(state, record, 'EXPIRED', { cause: 'no order in time' }));
}

function onNoSignal(state: SignalState, { payload }: QtEvent<SignalsAdvisoryNoSignalPayload>): EventInput[] {
  return end(state, state.book.get(payload.signal_id ?? ''), 'VETOED', {
    cause: payload.reason,
    by: 'signal_advisory',
    gate: payload.gate_failed,
  });
}

function onAdvisoryExpired(state: SignalState, { payload }: QtEvent<SignalsAdvisoryExpiredPayload>): EventInput[] {
  return end(state, state.book.get(payload.signal_id), 'EXPIRED', { cause: 'too old for the advisory', age_ms: payload.age_ms });
}

function onEvaluation(state: SignalState, { payload }: QtEvent<RiskEvaluationCompletePayload>): EventInput[] {
  if (payload.decision !== 'VETOED') return [];
  const facts = { cause: payload.veto_reason ?? 'VETOED', by: 'risk_kernel', evaluation_id: payload.evaluation_id };
  return end(state, state.book.get(payload.signal_id), 'VETOED', facts);
}

function onRequest(state: SignalState, { payload }: QtEvent<TradesRequestNewPayload>): EventInput[] {
  const record = state.book.get(payload.signal_id);
  if (record !== undefined) state.book.put({ ...record, requestId: payload.request_id, isOption: payload.option !== undefined });
  return [];
}

function onDenied(state: SignalState, { payload }: QtEvent<TradesRequestDeniedPayload>): EventInput[] {
  return end(state, state.book.byRequest(payload.request_id), 'VETOED', { cause: payload.reason, by: 'risk_guard' });
}

function onSubmitted(state: SignalState, { payload: order }: QtEvent<TradesOrderSubmittedPayload>): EventInput[] {
  const record = order.intent === 'ENTRY' ? state.book.byRequest(order.request_id) : undefined;
  if (record === undefined || record.status !== 'NEW') return [];
  state.book.put({ ...record, status: 'ACTIVE' });
  if (record.isOption) return [];
  const activated = SignalActivated.create({
    signal_id: record.signalId,
    order_id: order.order_id,
    symbol: record.symbol,
    action: record.action,
    price: order.price ?? record.entryPrice,
    quantity: order.size,
    metadata: { request_id: order.request_id, strategy: record.strategy },
  });
  return [activated];
}

function onLogged(state: SignalState, { payload: order }: QtEvent<TradesOrderLoggedPayload>): EventInput[] {
  if (order.intent !== 'ENTRY') return [];
  return end(state, state.book.byRequest(order.request_id), 'LOGGED', { cause: 'logging only', order_id: order.order_id });
}

function onFill(state: SignalState, { payload: fill, timestamp }: QtEvent<TradesOrderFilledPayload>): EventInput[] {
  const record = fill.intent === 'ENTRY' ? state.book.byRequest(fill.request_id) : undefined;
  if (record === undefined) return [];
  const position = state.positions.get(record.symbol);
  // A fill against the position is a reversal: the position it opens is announced later and names the signal.
  const joins = position !== undefined && position.direction === toDirection(record);
  const positionId = joins ? position.positionId : record.positionId;
  state.book.put({ ...record, status: 'ACTIVE', filledSize: record.filledSize + fill.fill_size, filledAt: timestamp, positionId });
  return [];
}

function onRejected(state: SignalState, { payload: order }: QtEvent<TradesOrderRejectedPayload>): EventInput[] {
  const record = order.intent === 'ENTRY' ? state.book.byRequest(order.request_id) : undefined;
  return record === undefined || record.filledSize > 0 ? [] : end(state, record, 'EXPIRED', { cause: order.reason, by: 'venue' });
}

function onOrderEnded(state: SignalState, { payload: order }: QtEvent<TradesOrderCancelledPayload>): EventInput[] {
  const record = order.intent === 'ENTRY' && order.cause !== 'REPLACED' ? state.book.byRequest(order.request_id) : undefined;
  // What was filled before the order ended is a position, and its end is the end of the signal.
  if (record === undefined || record.filledSize > 0 || order.filled_size > 0) return [];
  return end(state, record, 'EXPIRED', { cause: order.cause, order_id: order.order_id });
}

function onOpened(state: SignalState, { payload }: QtEvent<PositionOpenedPayload>): EventInput[] {
  const { position_id: positionId, symbol, direction } = payload;
  state.positions.set(symbol, { positionId, direction });
  for (const record of state.book.ofSymbol(symbol)) {
    const isFilledEarlier = record.filledSize > 0 && record.positionId === null && toDirection(record) === direction;
    if (record.signalId === payload.signal_id || isFilledEarlier) state.book.put({ ...record, status: 'ACTIVE', positionId });
  }
  return [];
}

function onClosed(state: SignalState, { payload: position, timestamp }: QtEvent<PositionClosedPayload>): EventInput[] {
  if (state.positions.get(position.symbol)?.positionId === position.position_id) state.positions.delete(position.symbol);
  // An entry that only reduced the position opened none of its own and ends with it. One filled at this very instant
  // may be the reversal that closed the position, and then its own is about to be announced.
  const isMember = ({ positionId, filledSize, filledAt }: SignalRecord): boolean =>
    positionId === position.position_id || (positionId === null && filledSize > 0 && filledAt < timestamp);
  const members = state.book.ofSymbol(position.symbol).filter(isMember);
  const total = members.reduce((sum, record) => sum + record.filledSize, 0);
  return members.flatMap((record) => {
    const share = total > 0 ? record.filledSize / total : 1 / members.length;
    return finish(state, record, position, share);
  });
}

/** The end of a signal that had a position; options tell theirs themselves. */
function finish(state: SignalState, record: SignalRecord, position: PositionClosedPayload, share: number): EventInput[] {
  const isCompleted = hasReachedTarget(position);
  state.book.put({ ...record, status: isCompleted ? 'COMPLETED' : 'STOPPED' });
  if (record.isOption) return [];
  const payload = {
    signal_id: record.signalId,
    exit_price: position.exit_price,
    profit_loss: position.realized_pnl * share,
    profit_loss_pct: position.realized_pnl_percent,
    exit_reason: position.exit_reason,
    metadata: { symbol: record.symbol, strategy: record.strategy, position_id: position.position_id },
  };
  return [isCompleted ? SignalCompleted.create(payload) : SignalStopped.create(payload)];
}

function hasReachedTarget({ exit_reason: reason, realized_pnl: pnl }: PositionClosedPayload): boolean {
  if (reason === 'take_profit') return true;
  return reason !== 'stop' && pnl > 0;
}

/** The end of a signal that has no position. */
function end(state: SignalState, record: SignalRecord | undefined, status: SignalStatus, facts: Record<string, unknown>): EventInput[] {
  // One that already trades is ended by its position alone.
  if (record === undefined || record.filledSize > 0 || record.positionId !== null) return [];
  state.book.put({ ...record, status });
  const metadata = { symbol: record.symbol, strategy: record.strategy, ...facts };
  return [SignalUpdated.create({ signal_id: record.signalId, updates: { status }, metadata })];
}

function toDirection(record: SignalRecord): OpenPosition['direction'] {
  return record.action === 'BUY' ? 'LONG' : 'SHORT';
}
