import { Type } from '../../event/index.ts';
import { bool, count, id, ms, obj, str, strs, us } from '../schema.ts';
import { byAccount, bySystem, catalogued, EVERYONE, type PayloadOf } from './_define.ts';

export const SystemPanicClose = catalogued('system.panic_close', {
  payload: Type.Object({
    event_id: id,
    reason: Type.Enum([
      'EXIT_BRAIN_HEARTBEAT_LOST',
      'EXIT_BRAIN_DEGRADED_TOO_LONG',
      'EXIT_BRAIN_DECISION_STAGNANT',
      'POSITIONS_UNGUARDED',
      'EXIT_ESCALATION',
      'MANUAL',
    ]),
    severity: Type.Literal('CRITICAL'),
    issued_by: id,
  }),
  priority: 'CRITICAL',
  ...byAccount,
  keep: 'perm',
  rate: 'idempotent by event_id',
  description: 'Close everything now',
  publishers: ['risk_kernel', 'exit_brain', 'execution_engine', 'ops'],
  consumers: ['execution_engine', 'kill_switch_service'],
});
export type SystemPanicClosePayload = PayloadOf<typeof SystemPanicClose>;

export const SystemPanicCloseCompleted = catalogued('system.panic_close.completed', {
  payload: Type.Object({
    event_id: id,
    positions_total: count,
    positions_closed: count,
    positions_failed: count,
    failed_symbols: strs,
    ts_started: us,
    ts_completed: us,
    execution_time_ms: ms,
  }),
  priority: 'CRITICAL',
  ...byAccount,
  keep: 'perm',
  description: 'A panic close ended',
  publishers: ['execution_engine'],
  consumers: ['kill_switch_service', 'alerting'],
});
export type SystemPanicCloseCompletedPayload = PayloadOf<typeof SystemPanicCloseCompleted>;

/** The rate is kept where commands enter, for each operator: a limit on the bus could hold back somebody else's KILL. */
export const SystemOperatorCommand = catalogued('system.operator.command', {
  payload: Type.Object({
    command: Type.Enum(['KILL', 'RESET', 'BLOCK', 'UNBLOCK', 'FORCE_CLOSE', 'ACK_ALERT', 'EXIT_BRAIN_LIVE']),
    operator: id,
    auth_ref: str,
    args: obj,
    justification: str,
  }),
  priority: 'CRITICAL',
  ...byAccount,
  keep: 'perm',
  rate: '1/s per operator',
  description: 'A human asks for something',
  publishers: ['cli', 'dashboard'],
  consumers: ['kill_switch_service', 'human_override_lock', 'execution_engine'],
});
export type SystemOperatorCommandPayload = PayloadOf<typeof SystemOperatorCommand>;

export const SystemHumanOverrideChanged = catalogued('system.human_override.changed', {
  payload: Type.Object({
    action: Type.Enum(['LOCK', 'UNLOCK', 'BLOCK_SYMBOL', 'BLOCK_ENTRIES', 'FORCE_CLOSE', 'REFUSED']),
    scope: str,
    operator: id,
    justification: str,
  }),
  priority: 'CRITICAL',
  ...byAccount,
  keep: 'perm',
  description: 'What humans may do, or did, changed',
  publishers: ['human_override_lock'],
  consumers: EVERYONE,
});
export type SystemHumanOverrideChangedPayload = PayloadOf<typeof SystemHumanOverrideChanged>;

export const SystemPreflightComplete = catalogued('system.preflight.complete', {
  payload: Type.Object({
    passed: bool,
    checks: Type.Array(Type.Object({ name: id, status: Type.Enum(['PASS', 'WARN', 'FAIL']), value: Type.Unknown() })),
  }),
  priority: 'HIGH',
  ...byAccount,
  keep: '365d',
  description: 'The checks before trading ended',
  publishers: ['app'],
  consumers: ['risk_kernel', 'execution_engine'],
});
export type SystemPreflightCompletePayload = PayloadOf<typeof SystemPreflightComplete>;

/** One link of the audit chain; the hashes are set by whoever keeps the chain. Never trimmed. */
export const AuditDecisionLog = catalogued('audit.decision.log', {
  payload: Type.Object({
    decision_id: id,
    service: id,
    decision_type: str,
    input_summary: obj,
    output: obj,
    reasoning: str,
    policy_references: strs,
    hash: Type.Optional(str),
    prev_hash: Type.Optional(str),
  }),
  priority: 'NORMAL',
  ...byAccount,
  keep: 'perm',
  window: 'unlimited',
  description: 'A decision, what it rested on and why',
  publishers: [],
  consumers: ['audit_storage', 'compliance_reports'],
});
export type AuditDecisionLogPayload = PayloadOf<typeof AuditDecisionLog>;

export const AuditIntegrityFailed = catalogued('audit.integrity.failed', {
  payload: Type.Object({ at_seq: count, expected: str, found: str }),
  priority: 'CRITICAL',
  ...bySystem,
  keep: 'perm',
  description: 'The audit chain does not hold',
  publishers: ['audit_storage'],
  consumers: ['alerting', 'kill_switch_service'],
});
export type AuditIntegrityFailedPayload = PayloadOf<typeof AuditIntegrityFailed>;
