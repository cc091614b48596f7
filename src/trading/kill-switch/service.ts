import type { EventInput, QtEvent } from '../../event/index.ts';
import {
  accountKey,
  AuditDecisionLog,
  AuditIntegrityFailed,
  KillTrigger,
  PositionClosed,
  PositionOpened,
  PositionStateUpdate,
  RiskDailyStatusUpdate,
  RiskKillSwitchActivated,
  RiskKillSwitchFlattened,
  RiskKillSwitchReset,
  SystemHumanOverrideChanged,
  SystemKillSwitchActivated,
  SystemOperatorCommand,
  SystemPanicClose,
  SystemPreflightComplete,
  SystemRunStarted,
  SystemTimerFired,
  TradesReconciliationMismatch,
  type PositionOpenedPayload,
  type RiskDailyStatusUpdatePayload,
  type RiskKillSwitchActivatedPayload,
  type RiskKillSwitchFlattenedPayload,
  type RiskKillSwitchResetPayload,
  type SystemHumanOverrideChangedPayload,
  type SystemOperatorCommandPayload,
  type SystemPanicClosePayload,
  type SystemPreflightCompletePayload,
} from '../../model/index.ts';
import { isLatched, nextKillSwitchId, onActivated, onReset } from '../kill-latch.ts';
import type { LatchRecord } from './latch-store.ts';
import { drawdownTier, resetFaults, standingFaults } from './reset.ts';
import type { KillSwitchState } from './state.ts';
import { triggerOf, type Trigger } from './triggers.ts';

/** The types the service reads. Timers and the run header only move its clock. */
export const INPUT_TYPES: readonly string[] = [
  SystemOperatorCommand,
  SystemKillSwitchActivated,
  SystemPanicClose,
  TradesReconciliationMismatch,
  AuditIntegrityFailed,
  RiskKillSwitchActivated,
  RiskKillSwitchFlattened,
  RiskKillSwitchReset,
  RiskDailyStatusUpdate,
  PositionOpened,
  PositionStateUpdate,
  PositionClosed,
  SystemPreflightComplete,
  SystemRunStarted,
  SystemTimerFired,
].map((definition) => definition.type);

const SCOPE = ['hwm', 'day_start', 'loss_streak', 'scaling_level', 'size_ramp'];

/**
 * Applies one event and returns what follows. While latched every further trigger is logged only; the latch opens
 * through a valid reset and through nothing else. What `state.record` holds afterwards belongs on disk before the
 * returned events are published.
 */
export function step(state: KillSwitchState, event: QtEvent<object>): EventInput[] {
  return INPUT_TYPES.includes(event.type) ? state.applied.once(event, () => apply(state, event)) : [];
}

function apply(state: KillSwitchState, event: QtEvent<object>): EventInput[] {
  const out: EventInput[] = [];
  announceFound(state, event, out);
  observe(state, event);
  const trigger = isKnownPanic(state, event) ? null : triggerOf(event, state.options);
  if (trigger !== null) onTrigger(state, trigger, event, out);
  if (event.type === RiskKillSwitchActivated.type) onOtherActivation(state, event.payload as RiskKillSwitchActivatedPayload, event, out);
  else if (event.type === RiskKillSwitchFlattened.type) onFlattened(state, event.payload as RiskKillSwitchFlattenedPayload);
  else if (event.type === RiskKillSwitchReset.type) onResetCommitted(state, event.payload as RiskKillSwitchResetPayload, event, out);
  else if (event.type === SystemOperatorCommand.type) onCommand(state, event.payload as SystemOperatorCommandPayload, event, out);
  finishHold(state, event, out);
  return out;
}

/** A latch found closed at start is told to everyone under its old name; one that cannot be trusted gets a new one. */
function announceFound(state: KillSwitchState, event: QtEvent<object>, out: EventInput[]): void {
  if (state.found === null) return;
  const reason = state.found;
  state.found = null;
  if (isLatched(state.latch) && state.record !== null) out.push(activation(state, state.record, reason));
  else {
    const unknown: Trigger = {
      trigger: KillTrigger.data_integrity,
      trigger_value: 1,
      threshold: 1,
      unit: 'count',
      severity: 'CRITICAL',
      drill: false,
    };
    activate(state, unknown, event, out, reason);
  }
}

/** What a reset depends on. */
function observe(state: KillSwitchState, event: QtEvent<object>): void {
  if (event.type === PositionClosed.type) {
    const { position_id } = event.payload as PositionOpenedPayload;
    state.positions.delete(position_id);
    state.closed.add(position_id);
  } else if (event.type === PositionOpened.type || event.type === PositionStateUpdate.type) {
    const { position_id } = event.payload as PositionOpenedPayload;
    if (!state.closed.has(position_id)) state.positions.add(position_id);
  } else if (event.type === SystemPreflightComplete.type) {
    state.preflightAt = (event.payload as SystemPreflightCompletePayload).passed ? event.timestamp : null;
  } else if (event.type === RiskDailyStatusUpdate.type) {
    const status = event.payload as RiskDailyStatusUpdatePayload;
    state.equityUsd = status.equity_usd;
    state.drawdownRatio = status.drawdown_from_hwm;
    const { record } = state;
    if (!isLatched(state.latch) || record === null) return;
    if (drawdownTier(status.drawdown_from_hwm) > drawdownTier(record.drawdownRatio)) {
      state.record = { ...record, drawdownRatio: status.drawdown_from_hwm };
    }
  }
}

/** A panic is the same panic when its `event_id` comes again, whoever repeats it. */
function isKnownPanic(state: KillSwitchState, event: QtEvent<object>): boolean {
  return event.type === SystemPanicClose.type && !state.panics.add((event.payload as SystemPanicClosePayload).event_id);
}

function onTrigger(state: KillSwitchState, trigger: Trigger, event: QtEvent<object>, out: EventInput[]): void {
  if (!isLatched(state.latch)) activate(state, trigger, event, out);
  else {
    // A reset that is on its way cannot be called back, but what came before it was committed must not be lost in it.
    if (state.resetSent) state.afterReset ??= trigger;
    interruptHold(state);
    out.push(audit(state, event, 'KILL_LOGGED', { trigger: trigger.trigger }, 'already latched'));
  }
}

function activate(state: KillSwitchState, trigger: Trigger, event: QtEvent<object>, out: EventInput[], reasoning = ''): void {
  const killSwitchId = nextKillSwitchId(state.latch, event.runId);
  onActivated(state.latch, killSwitchId);
  const record = close(state, killSwitchId, trigger, event.timestamp);
  out.push(activation(state, record, reasoning));
}

/** The kernel's activation, or our own as it comes back. */
function onOtherActivation(
  state: KillSwitchState,
  payload: RiskKillSwitchActivatedPayload,
  event: QtEvent<object>,
  out: EventInput[],
): void {
  const known = state.latch.names.includes(payload.kill_switch_id) || state.latch.cleared.has(payload.kill_switch_id);
  if (known) return;
  if (onActivated(state.latch, payload.kill_switch_id)) close(state, payload.kill_switch_id, payload, payload.latched_at);
  else {
    interruptHold(state);
    out.push(audit(state, event, 'KILL_LOGGED', { trigger: payload.trigger }, 'already latched'));
  }
}

function close(state: KillSwitchState, killSwitchId: string, trigger: Trigger, latchedAt: number): LatchRecord {
  state.phase = 'REDUCING';
  state.held = null;
  state.record = {
    account: state.options.account,
    phase: 'REDUCING',
    killSwitchId,
    trigger: trigger.trigger,
    triggerValue: trigger.trigger_value,
    threshold: trigger.threshold,
    unit: trigger.unit,
    severity: trigger.severity,
    latchedAt,
    drill: trigger.drill,
    drawdownRatio: state.drawdownRatio,
  };
  return state.record;
}

function activation(state: KillSwitchState, record: LatchRecord, reasoning: string): EventInput {
  const payload: RiskKillSwitchActivatedPayload = {
    trigger: record.trigger,
    trigger_value: record.triggerValue,
    threshold: record.threshold,
    severity: record.severity,
    action_taken: ['entries refused, orders cancelled, positions closed', reasoning].filter((part) => part !== '').join('; '),
    human_override_required: true,
    unit: record.unit,
    kill_switch_id: record.killSwitchId,
    latched_at: record.latchedAt,
    drill: record.drill,
  };
  return RiskKillSwitchActivated.create(payload, { key: accountKey(state.options.account) });
}

/** Flat at the venue: HALTED. Anything left open keeps it REDUCING. */
function onFlattened(state: KillSwitchState, payload: RiskKillSwitchFlattenedPayload): void {
  const { record } = state;
  if (record === null || state.phase !== 'REDUCING' || !state.latch.names.includes(payload.kill_switch_id)) return;
  if (payload.positions_closed < payload.positions_total) return;
  state.phase = 'HALTED';
  state.record = { ...record, phase: 'HALTED' };
}

function onCommand(state: KillSwitchState, command: SystemOperatorCommandPayload, event: QtEvent<object>, out: EventInput[]): void {
  if (command.command === 'RESET') onResetCommand(state, command, event, out);
  else if (command.command === 'BLOCK' || command.command === 'UNBLOCK') onBlock(state, command, event, out);
}

function onResetCommand(state: KillSwitchState, command: SystemOperatorCommandPayload, event: QtEvent<object>, out: EventInput[]): void {
  if (state.held !== null || state.resetSent) return;
  const faults = resetFaults(state, command, event.timestamp);
  if (faults.length > 0) {
    if (faults.includes('SECOND_FACTOR')) state.manualLockedUntil = event.timestamp + state.options.manualLockMs * 1_000;
    out.push(override(state, 'REFUSED', 'RESET', command.operator, faults.join(', ')));
    out.push(audit(state, event, 'RESET_REFUSED', { operator: command.operator }, faults.join(', ')));
    return;
  }
  state.phase = 'RECOVERING';
  const until = event.timestamp + state.options.holdMs * 1_000;
  state.held = { operator: command.operator, reviewId: String(command.args['review_id']), until };
}

/** Blocking needs nobody's leave. Lifting a block does not start trading that a latch or a lock forbids. */
function onBlock(state: KillSwitchState, command: SystemOperatorCommandPayload, event: QtEvent<object>, out: EventInput[]): void {
  const symbol = command.args['symbol'];
  const scope = typeof symbol === 'string' && symbol !== '' ? symbol : 'entries';
  const { operator, justification } = command;
  if (command.command === 'BLOCK')
    out.push(override(state, scope === 'entries' ? 'BLOCK_ENTRIES' : 'BLOCK_SYMBOL', scope, operator, justification));
  else if (isLatched(state.latch) || event.timestamp < state.manualLockedUntil) {
    out.push(override(state, 'REFUSED', 'UNBLOCK', operator, isLatched(state.latch) ? 'KILL_ACTIVE' : 'MANUAL_LOCKED'));
  } else out.push(override(state, 'UNLOCK', scope, operator, justification));
}

function interruptHold(state: KillSwitchState): void {
  if (state.held === null || state.resetSent) return;
  state.held = null;
  state.phase = 'HALTED';
}

/** When the hold is over and everything still stands, the reset is published; it takes effect when it is committed. */
function finishHold(state: KillSwitchState, event: QtEvent<object>, out: EventInput[]): void {
  const { held, record } = state;
  if (held === null || record === null || state.resetSent || event.timestamp < held.until) return;
  const faults = standingFaults(state, event.timestamp);
  if (faults.length > 0) {
    interruptHold(state);
    out.push(override(state, 'REFUSED', 'RESET', held.operator, faults.join(', ')));
    return;
  }
  state.resetSent = true;
  const payload: RiskKillSwitchResetPayload = {
    kill_switch_id: record.killSwitchId,
    reset_by: held.operator,
    review_id: held.reviewId,
    scope: SCOPE,
    new_hwm_usd: state.equityUsd,
    new_day_start_usd: state.equityUsd,
    scaling_level: 1,
  };
  out.push(RiskKillSwitchReset.create(payload, { key: accountKey(state.options.account) }));
  out.push(audit(state, event, 'RESET', { operator: held.operator, review_id: held.reviewId }, 'all conditions met'));
}

/** Only a reset that we sent ourselves opens the latch. The disk forgets it here, after the journal knows. */
function onResetCommitted(state: KillSwitchState, payload: RiskKillSwitchResetPayload, event: QtEvent<object>, out: EventInput[]): void {
  if (!state.resetSent || state.record === null || !onReset(state.latch, payload.kill_switch_id)) return;
  const trigger = state.afterReset;
  state.phase = 'ARMED';
  state.record = { ...state.record, phase: 'ARMED' };
  state.held = null;
  state.resetSent = false;
  state.afterReset = null;
  if (trigger !== null) activate(state, trigger, event, out);
}

function override(
  state: KillSwitchState,
  action: SystemHumanOverrideChangedPayload['action'],
  scope: string,
  operator: string,
  justification: string,
): EventInput {
  return SystemHumanOverrideChanged.create({ action, scope, operator, justification }, { key: accountKey(state.options.account) });
}

function audit(
  state: KillSwitchState,
  event: QtEvent<object>,
  type: string,
  input: Record<string, unknown>,
  reasoning: string,
): EventInput {
  const payload = {
    decision_id: `dec_${event.seq}_${type.toLowerCase()}`,
    service: 'kill_switch_service',
    decision_type: type,
    input_summary: { ...input, event: event.type },
    output: { phase: state.phase, kill_switch_id: state.record?.killSwitchId ?? null },
    reasoning,
    policy_references: ['kill_switch'],
  };
  return AuditDecisionLog.create(payload, { key: accountKey(state.options.account) });
}
