import { Type } from '../../event/index.ts';
import {
  bool,
  bps,
  code,
  codes,
  count,
  id,
  ms,
  num,
  numOrNull,
  openRatio,
  pct,
  positive,
  px,
  qty,
  ratio,
  str,
  strs,
  us,
  usd,
} from '../schema.ts';
import { Decision, Direction, DrawdownLevel, GovernorLevel, KillSeverity } from '../words.ts';
import { byAccount, catalogued, EVERYONE, type PayloadOf } from './_define.ts';

/** A VETOED evaluation carries its reason; an APPROVED or MODIFIED one what is allowed. `max_size` is absent for options, whose lots come later. */
export const RiskEvaluationComplete = catalogued('risk.evaluation.complete', {
  payload: Type.Object({
    evaluation_id: id,
    signal_id: id,
    decision: Type.Enum(Decision),
    veto_reason: Type.Optional(code),
    modifications: Type.Optional(Type.Array(Type.Object({ cap: code, from: num, to: num }))),
    risk_dimensions: Type.Object({
      trade_risk_passed: bool,
      daily_risk_passed: bool,
      drawdown_passed: bool,
      system_integrity_passed: bool,
    }),
    position_allowed: Type.Optional(
      Type.Object({
        symbol: id,
        direction: Type.Enum(Direction),
        max_size: Type.Optional(qty),
        max_risk_usd: usd,
        entry_price: px,
        stop_loss: px,
        size_multiplier: ratio,
        max_notional_usd: usd,
        leverage: positive,
      }),
    ),
    checks: Type.Array(Type.Object({ code, passed: bool, value: Type.Optional(numOrNull), limit: Type.Optional(numOrNull) })),
    policy_version: count,
    expires_at: us,
  }),
  priority: 'HIGH',
  ...byAccount,
  keep: '90d',
  description: 'The risk decision on one advisory signal',
  publishers: ['risk_kernel'],
  consumers: ['position_sizer', 'options_executor', 'signal_manager'],
});
export type RiskEvaluationCompletePayload = PayloadOf<typeof RiskEvaluationComplete>;

const exposureFields = { evaluation_id: id, symbol: id, notional_usd: usd, risk_usd: usd };

export const RiskExposureReserved = catalogued('risk.exposure.reserved', {
  payload: Type.Object(exposureFields),
  priority: 'LOW',
  ...byAccount,
  keep: '30d',
  description: 'Exposure was set aside for an approved signal',
  publishers: ['risk_kernel'],
  consumers: [],
});
export type RiskExposureReservedPayload = PayloadOf<typeof RiskExposureReserved>;

export const RiskExposureReleased = catalogued('risk.exposure.released', {
  payload: Type.Object({
    ...exposureFields,
    cause: Type.Enum(['FILLED', 'REJECTED', 'CANCELLED', 'EXPIRED', 'DENIED', 'KILL']),
  }),
  priority: 'LOW',
  ...byAccount,
  keep: '30d',
  description: 'Reserved exposure was used or given back',
  publishers: ['risk_kernel'],
  consumers: [],
});
export type RiskExposureReleasedPayload = PayloadOf<typeof RiskExposureReleased>;

const killFields = {
  trigger: code,
  trigger_value: num,
  threshold: num,
  severity: Type.Enum(KillSeverity),
  action_taken: str,
  human_override_required: bool,
};
const killUnit = Type.Enum(['percent', 'count', 'seconds', 'ratio']);

/** The switch is on until a human resets it; `unit` says what the two numbers count. */
export const RiskKillSwitchActivated = catalogued('risk.kill_switch.activated', {
  payload: Type.Object({ ...killFields, unit: killUnit, kill_switch_id: id, latched_at: us, drill: bool }),
  priority: 'CRITICAL',
  ...byAccount,
  keep: 'perm',
  rate: 'once per latch',
  description: 'The kill switch latched: reduce until flat, then halt',
  publishers: ['risk_kernel', 'kill_switch_service'],
  consumers: EVERYONE,
});
export type RiskKillSwitchActivatedPayload = PayloadOf<typeof RiskKillSwitchActivated>;

/** Inbound only: what foreign services call it. Our own fields are optional, for no stop is refused for its form. */
export const SystemKillSwitchActivated = catalogued('system.kill_switch.activated', {
  payload: Type.Object({
    ...killFields,
    unit: Type.Optional(killUnit),
    kill_switch_id: Type.Optional(id),
    latched_at: Type.Optional(us),
    drill: Type.Optional(bool),
  }),
  priority: 'CRITICAL',
  ...byAccount,
  keep: 'perm',
  description: 'A foreign service asks for the kill switch; answered by risk.kill_switch.activated',
  publishers: [],
  consumers: ['kill_switch_service'],
});
export type SystemKillSwitchActivatedPayload = PayloadOf<typeof SystemKillSwitchActivated>;

export const RiskKillSwitchFlattened = catalogued('risk.kill_switch.flattened', {
  payload: Type.Object({
    kill_switch_id: id,
    positions_total: count,
    positions_closed: count,
    orders_cancelled: count,
    close_slippage_bps: bps,
    elapsed_ms: ms,
  }),
  priority: 'CRITICAL',
  ...byAccount,
  keep: 'perm',
  description: 'Every position is closed after a kill',
  publishers: ['execution_engine'],
  consumers: EVERYONE,
});
export type RiskKillSwitchFlattenedPayload = PayloadOf<typeof RiskKillSwitchFlattened>;

export const RiskKillSwitchReset = catalogued('risk.kill_switch.reset', {
  payload: Type.Object({
    kill_switch_id: id,
    reset_by: id,
    review_id: id,
    scope: strs,
    new_hwm_usd: usd,
    new_day_start_usd: usd,
    scaling_level: Type.Literal(1),
  }),
  priority: 'CRITICAL',
  ...byAccount,
  keep: 'perm',
  description: 'A human reset the kill switch after a review',
  publishers: ['kill_switch_service'],
  consumers: EVERYONE,
});
export type RiskKillSwitchResetPayload = PayloadOf<typeof RiskKillSwitchReset>;

/** `margin_ratio` is absent for cash accounts; a drawdown passes 1 when equity falls below zero. */
export const RiskDailyStatusUpdate = catalogued('risk.daily_status.update', {
  payload: Type.Object({
    daily_pnl_percent: pct,
    daily_pnl_usd: usd,
    open_positions: count,
    total_exposure_percent: pct,
    drawdown_from_hwm: openRatio,
    risk_budget_remaining: usd,
    equity_usd: usd,
    hwm_usd: usd,
    reserved_usd: usd,
    loss_streak: count,
    trades_today: count,
    drawdown_level: Type.Enum(DrawdownLevel),
    margin_ratio: Type.Optional(openRatio),
  }),
  priority: 'HIGH',
  ...byAccount,
  keep: '365d',
  rate: 'on change, at most 1/s',
  description: 'Equity, exposure and losses of the account today',
  publishers: ['risk_kernel'],
  consumers: ['exit_brain', 'safety_governor', 'health_monitor', 'msc_ai', 'orchestrator', 'alerting'],
});
export type RiskDailyStatusUpdatePayload = PayloadOf<typeof RiskDailyStatusUpdate>;

export const RiskGovernorChanged = catalogued('risk.governor.changed', {
  payload: Type.Object({
    level: Type.Enum(GovernorLevel),
    previous_level: Type.Enum(GovernorLevel),
    size_multiplier: ratio,
    leverage_multiplier: ratio,
    exposure_multiplier: ratio,
    allow_new_trades: bool,
    breakers: Type.Array(Type.Object({ name: id, state: Type.Enum(['CLOSED', 'OPEN', 'HALF_OPEN', 'LATCHED']), until: Type.Optional(us) })),
    reasons: codes,
  }),
  priority: 'CRITICAL',
  ...byAccount,
  keep: '365d',
  description: 'The safety level or a breaker changed',
  publishers: ['safety_governor'],
  consumers: ['risk_kernel', 'position_sizer', 'execution_engine', 'msc_ai', 'alerting'],
});
export type RiskGovernorChangedPayload = PayloadOf<typeof RiskGovernorChanged>;

export const OrchestratorPolicyUpdated = catalogued('orchestrator.policy.updated', {
  payload: Type.Object({
    allow_new_trades: bool,
    risk_profile: Type.Enum(['NORMAL', 'REDUCED', 'NO_NEW_TRADES']),
    risk_multiplier: ratio,
    min_confidence: ratio,
    entry_mode: Type.Enum(['NORMAL', 'DEFENSIVE', 'AGGRESSIVE']),
    exit_mode: Type.Enum(['FAST_TP', 'TREND_FOLLOW', 'DEFENSIVE_TRAIL']),
    allowed_symbols: strs,
    disallowed_symbols: strs,
    note: str,
  }),
  priority: 'NORMAL',
  ...byAccount,
  keep: '90d',
  rate: 'on change, at least 60 s apart',
  description: 'The trading stance changed',
  publishers: ['orchestrator'],
  consumers: ['position_sizer', 'exit_brain'],
});
export type OrchestratorPolicyUpdatedPayload = PayloadOf<typeof OrchestratorPolicyUpdated>;
