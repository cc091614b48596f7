import { Type } from '../../event/index.ts';
import { code, count, id, ms, pct, px, str, us } from '../schema.ts';
import { ExitDecision, ExitPriority, ExitReason, ExitTactic } from '../words.ts';
import { bySymbol, catalogued, type PayloadOf } from './_define.ts';

/** Publish it at `EXIT_PRIORITY[payload.priority]`; `exit_percent` is of the remaining size. */
export const ExitDecisionMade = catalogued('exit.decision.made', {
  payload: Type.Object({
    position_id: id,
    symbol: id,
    decision: Type.Enum(ExitDecision),
    reason: Type.Enum(ExitReason),
    exit_percent: Type.Optional(pct),
    new_stop: Type.Optional(px),
    priority: Type.Enum(ExitPriority),
    decision_id: id,
    rule: code,
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '90d',
  description: 'What to do with an open position; HOLD only on change',
  publishers: ['exit_brain', 'options_position_manager'],
  consumers: ['execution_engine', 'risk_kernel'],
});
export type ExitDecisionMadePayload = PayloadOf<typeof ExitDecisionMade>;

const attemptFields = Type.Object({
  position_id: id,
  symbol: id,
  attempt: count,
  reason: str,
  tactic: Type.Enum(ExitTactic),
  next_tactic: Type.Optional(Type.Enum(ExitTactic)),
});
const attempt = {
  payload: attemptFields,
  priority: 'CRITICAL',
  ...bySymbol,
  keep: 'perm',
  publishers: ['execution_engine'],
  consumers: ['exit_brain', 'alerting', 'risk_kernel'],
} as const;

export const ExitOrderFailed = catalogued('exit.order.failed', {
  ...attempt,
  description: 'An attempt to close failed; the next follows',
});
export type ExitOrderFailedPayload = PayloadOf<typeof ExitOrderFailed>;

export const ExitOrderEscalated = catalogued('exit.order.escalated', {
  ...attempt,
  description: 'Closing goes on with a harder tactic',
});
export type ExitOrderEscalatedPayload = PayloadOf<typeof ExitOrderEscalated>;

export const ExitBrainHeartbeat = catalogued('exit.brain.heartbeat', {
  payload: Type.Object({
    service_id: id,
    status: Type.Enum(['OK', 'DEGRADED']),
    active_positions: count,
    last_decision_ts: us,
    latency_ms: ms,
    pending_exits: count,
  }),
  priority: 'CRITICAL',
  keyKind: 'sys',
  key: (payload) => payload.service_id,
  keep: '1h',
  window: 1_000,
  rate: 'every 1 s, 0.5 s when DEGRADED',
  description: 'The exit brain is alive and decides',
  publishers: ['exit_brain'],
  consumers: ['risk_kernel'],
});
export type ExitBrainHeartbeatPayload = PayloadOf<typeof ExitBrainHeartbeat>;
