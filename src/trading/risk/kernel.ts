import type { EventInput, QtEvent } from '../../event/index.ts';
import {
  accountKey,
  ExitBrainHeartbeat,
  MarketCalendarChanged,
  MarketCandleNew,
  MarketFeedGap,
  MarketFeedRecovered,
  MarketQualityUpdate,
  OrchestratorPolicyUpdated,
  PolicyUpdated,
  PositionClosed,
  PositionOpened,
  PositionStateUpdate,
  RiskDailyStatusUpdate,
  RiskEvaluationComplete,
  RiskGovernorChanged,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  SignalsAdvisoryNew,
  SystemDayRolled,
  SystemHumanOverrideChanged,
  SystemPreflightComplete,
  TradesOrderCancelled,
  TradesOrderExpired,
  TradesOrderFilled,
  TradesOrderLogged,
  TradesOrderPartiallyFilled,
  TradesOrderRejected,
  TradesOrderSubmitted,
  TradesReconciliationComplete,
  TradesReconciliationMismatch,
  TradesRequestDenied,
  TradesRequestNew,
  type PositionClosedPayload,
  type PositionStateUpdatePayload,
} from '../../model/index.ts';
import type { EventDefinition } from '../../event/index.ts';
import { isLatched, nextKillSwitchId, onActivated, onReset } from '../kill-latch.ts';
import { toMicros } from '../micros.ts';
import { onDailyClose } from './correlation.ts';
import { dueStatus } from './daily-status.ts';
import { countResult, raiseHighs, rebase, rollDay } from './equity.ts';
import { evaluate } from './evaluate.ts';
import { addMark, adopt, holdingOf, settle } from './exposure.ts';
import { stopKey } from './guard.ts';
import { onCalendar, onCandle, onData, onGap, onHumanOverride, onMismatch, onReconciled } from './integrity.ts';
import { findTrigger, type Trigger } from './kill-triggers.ts';
import { addMove } from './moves.ts';
import * as orders from './orders.ts';
import { onPolicy } from './policy.ts';
import { add } from './reservations.ts';
import type { RiskState } from './state.ts';

type Reaction<P> = (state: RiskState, payload: P, event: QtEvent<object>, out: EventInput[]) => void;

const reactions = new Map<string, Reaction<object>>();

/** What to do with a type. Every type a component reacts to is one it must subscribe to, so this is also its list of inputs. */
function on<P extends object>(definition: EventDefinition<P>, reaction: Reaction<P>): void {
  reactions.set(definition.type, reaction as Reaction<object>);
}

/** The types the kernel reads. */
export function inputTypes(): string[] {
  return [...reactions.keys()];
}

/**
 * Applies one event and returns what follows from it. The kernel is the only owner of equity, exposure, reservations
 * and the day's losses of its account. Deterministic; time is the event's; an event that comes twice changes nothing.
 */
export function step(state: RiskState, event: QtEvent<object>): EventInput[] {
  const reaction = reactions.get(event.type);
  return reaction === undefined ? [] : state.applied.once(event, () => apply(state, event, reaction));
}

function apply(state: RiskState, event: QtEvent<object>, reaction: Reaction<object>): EventInput[] {
  const out: EventInput[] = [];
  state.now = Math.max(state.now, event.timestamp);
  orders.releaseOverdue(state, out);
  reaction(state, event.payload, event, out);
  raiseHighs(state.equity, state.holdings);
  conclude(state, event, out);
  return out;
}

/** After every event: is it time to stop everything, and does anyone need to know how the day stands? */
function conclude(state: RiskState, event: QtEvent<object>, out: EventInput[]): void {
  const trigger = isLatched(state.kill) ? null : findTrigger(state);
  const status = dueStatus(state, trigger !== null);
  if (status !== null) out.push(RiskDailyStatusUpdate.create(status, { key: accountKey(state.options.account) }));
  if (trigger !== null) activate(state, trigger, event, out);
}

function activate(
  state: RiskState,
  { trigger, value, threshold, unit, severity }: Trigger,
  event: QtEvent<object>,
  out: EventInput[],
): void {
  const id = nextKillSwitchId(state.kill, event.runId);
  onActivated(state.kill, id);
  const payload = {
    trigger,
    trigger_value: value,
    threshold,
    severity,
    action_taken: 'entries refused, orders cancelled, positions closed',
    human_override_required: true,
    unit,
    kill_switch_id: id,
    latched_at: state.now,
    drill: false,
  };
  out.push(RiskKillSwitchActivated.create(payload, { key: accountKey(state.options.account) }));
  orders.releaseForKill(state, out);
}

on(SignalsAdvisoryNew, (state, signal, event, out) => {
  if (typeof signal.signal_id === 'string' && !state.signals.add(signal.signal_id)) return;
  const { payload, reservation } = evaluate(state, signal, `ev_${event.seq}_0`);
  out.push(RiskEvaluationComplete.create(payload, { key: accountKey(state.options.account) }));
  if (reservation === null) return;
  add(state.reservations, reservation);
  out.push(orders.reserved(state, reservation));
});

on(TradesRequestNew, (state, payload, _event, out) => orders.onRequest(state, payload, out));
on(TradesRequestDenied, (state, payload, _event, out) => orders.onDenied(state, payload, out));
on(TradesOrderSubmitted, (state, payload) => orders.onSubmitted(state, payload));
on(TradesOrderLogged, (state, payload, _event, out) => orders.onLogged(state, payload, out));
on(TradesOrderPartiallyFilled, (state, payload, event, out) => orders.onFill(state, payload, event.timestamp, out));
on(TradesOrderFilled, (state, payload, event, out) => orders.onFill(state, payload, event.timestamp, out));
on(TradesOrderRejected, (state, payload, _event, out) => orders.onRejected(state, payload, out));
on(TradesOrderCancelled, (state, payload, _event, out) => orders.onCancelled(state, payload, out));
on(TradesOrderExpired, (state, payload, _event, out) => orders.onExpired(state, payload, out));

on(PositionOpened, (state, position, event) => {
  adopt(
    holdingOf(state.holdings, position.symbol, state.options),
    position.direction,
    position.size,
    position.entry_price,
    event.timestamp,
  );
  state.equity.tradesToday++;
});

on(PositionStateUpdate, onMark);

function onMark(state: RiskState, position: PositionStateUpdatePayload, event: QtEvent<object>): void {
  const holding = holdingOf(state.holdings, position.symbol, state.options);
  const at = position.mark_at ?? event.timestamp;
  if (state.now - at > state.options.integrity.dataAgeMsMax * 1_000) return;
  adopt(holding, position.direction, position.size, position.entry_price, at);
  addMark(holding, { at, price: position.current_price });
  addMove(state.moves, position.symbol, holding.marks);
  onData(state.integrity, position.symbol, at);
}

on(PositionClosed, onClosed);

function onClosed(state: RiskState, position: PositionClosedPayload): void {
  const holding = holdingOf(state.holdings, position.symbol, state.options);
  state.equity.realized += settle(holding, position.realized_pnl);
  countResult(state.equity, toMicros(position.realized_pnl));
  if (position.exit_reason === 'stop') state.stoppedAt.set(stopKey(position.symbol, position.direction), state.now);
}

on(PolicyUpdated, (state, payload) => onPolicy(state.policies, payload));
on(OrchestratorPolicyUpdated, (state, payload) => {
  state.policies.orchestrator = payload;
});
on(RiskGovernorChanged, (state, payload) => {
  state.policies.governor = payload;
});

on(SystemDayRolled, (state) => rollDay(state.equity, state.holdings));
on(SystemPreflightComplete, (state, { passed }) => {
  state.integrity.preflightPassed = passed;
});
on(SystemHumanOverrideChanged, (state, payload) => onHumanOverride(state.integrity, payload));

on(MarketCandleNew, (state, candle, event) => {
  onCandle(state.integrity, candle.symbol, event.timestamp);
  if (candle.timeframe === '1d') onDailyClose(state.closes, candle.symbol, event.timestamp, candle.close);
});
on(MarketFeedGap, (state, payload) => onGap(state.integrity, payload));
on(MarketFeedRecovered, (state, { symbol }) => {
  state.integrity.gaps.delete(symbol);
});
on(MarketQualityUpdate, (state, { symbol, quality, age_ms }, event) => {
  state.integrity.quality.set(symbol, quality);
  onData(state.integrity, symbol, event.timestamp - age_ms * 1_000);
});
on(MarketCalendarChanged, (state, payload) => onCalendar(state.integrity, payload));
on(ExitBrainHeartbeat, (state, { status }, event) => {
  state.integrity.exitBrainAt = event.timestamp;
  state.integrity.exitBrainDegraded = status === 'DEGRADED';
});

on(TradesReconciliationMismatch, (state, payload) => onMismatch(state.integrity, payload));
on(TradesReconciliationComplete, (state, { max_mismatch_percent }) =>
  onReconciled(state.integrity, max_mismatch_percent, state.options.integrity.mismatchPctMax),
);

on(RiskKillSwitchActivated, (state, { kill_switch_id }, _event, out) => {
  if (onActivated(state.kill, kill_switch_id)) orders.releaseForKill(state, out);
});
on(RiskKillSwitchReset, (state, { kill_switch_id, scaling_level }) => {
  if (!onReset(state.kill, kill_switch_id)) return;
  rebase(state.equity, state.holdings);
  state.scalingLevel = scaling_level;
  state.resetAt = state.now;
});
