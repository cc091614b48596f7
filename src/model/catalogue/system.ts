import { DeadLetterAdded, DeadLetterRedriveRequested, DeadLetterRemoved, Type } from '../../event/index.ts';
import { bool, count, day, id, int, obj, seconds, str, us } from '../schema.ts';
import { AlertSeverity, HealthStatus, RunMode, ServiceStatus } from '../words.ts';
import { byAccount, bySystem, catalogued, EVERYONE, listed, type PayloadOf } from './_define.ts';

/** Publish it at `HEALTH_PRIORITY[payload.new_status]`. */
export const HealthStatusChanged = catalogued('health.status_changed', {
  payload: Type.Object({
    old_status: Type.Enum(HealthStatus),
    new_status: Type.Enum(HealthStatus),
    component: id,
    reason: str,
    metrics: obj,
  }),
  priority: 'HIGH',
  keyKind: 'sys',
  key: (payload) => payload.component,
  keep: '365d',
  rate: 'on change',
  description: 'The health of the system or a component changed',
  publishers: ['health_monitor'],
  consumers: ['safety_governor', 'msc_ai', 'notification', 'execution_engine', 'alerting'],
});
export type HealthStatusChangedPayload = PayloadOf<typeof HealthStatusChanged>;

export const SystemHealthHeartbeat = catalogued('system.health.heartbeat', {
  payload: Type.Object({
    service: id,
    status: Type.Enum(ServiceStatus),
    uptime_seconds: seconds,
    last_activity: us,
    metrics: obj,
  }),
  priority: 'LOW',
  keyKind: 'sys',
  key: (payload) => payload.service,
  keep: '24h',
  window: 100_000,
  rate: 'every 30 s per service',
  description: 'A service is alive',
  publishers: [],
  consumers: ['health_monitor', 'alerting'],
});
export type SystemHealthHeartbeatPayload = PayloadOf<typeof SystemHealthHeartbeat>;

/** Publish it at `ALERT_PRIORITY[payload.severity]`. */
export const SystemAlertTriggered = catalogued('system.alert.triggered', {
  payload: Type.Object({
    alert_id: id,
    severity: Type.Enum(AlertSeverity),
    source: id,
    message: str,
    details: obj,
    dedup_key: Type.Optional(id),
    state: Type.Optional(Type.Enum(['TRIGGERED', 'RESOLVED'])),
  }),
  priority: 'HIGH',
  keyKind: 'sys',
  key: (payload) => payload.source,
  keep: '30d',
  rate: 'deduplicated',
  description: 'Somebody should know',
  publishers: ['alerting_service'],
  consumers: ['notification_service'],
});
export type SystemAlertTriggeredPayload = PayloadOf<typeof SystemAlertTriggered>;

export const SystemRunStarted = catalogued('system.run.started', {
  payload: Type.Object({
    run_id: id,
    mode: Type.Enum(RunMode),
    account_currency: id,
    day_zone: id,
    config_hash: str,
    data_hash: str,
    code_version: str,
    seed: int,
  }),
  priority: 'HIGH',
  ...bySystem,
  keep: 'perm',
  description: 'The header of a run: what it must be repeated with',
  publishers: ['app'],
  consumers: EVERYONE,
});
export type SystemRunStartedPayload = PayloadOf<typeof SystemRunStarted>;

export const SystemRunEnded = catalogued('system.run.ended', {
  payload: Type.Object({ run_id: id, outcome: str, final_hash: str }),
  priority: 'HIGH',
  ...bySystem,
  keep: 'perm',
  description: 'A run ended, with the hash of all it decided',
  publishers: ['app'],
  consumers: EVERYONE,
});
export type SystemRunEndedPayload = PayloadOf<typeof SystemRunEnded>;

/** Published by nothing but free-running components, about the event that is its cause; all other events keep commit order. */
export const SystemDeliveryPlaced = catalogued('system.delivery.placed', {
  payload: Type.Object({
    component: id,
    member: count,
    after_seq: count,
    attempt: count,
    is_fresh: bool,
  }),
  priority: 'LOW',
  keyKind: 'sys',
  key: (payload) => payload.component,
  keep: 'perm',
  description: 'After which event an instance of a component handled one that can come out of order',
  publishers: [],
  consumers: [],
});
export type SystemDeliveryPlacedPayload = PayloadOf<typeof SystemDeliveryPlaced>;

/** Give the key of the owner that asked with the draft, so that its timers keep their place among its events. */
export const SystemTimerFired = catalogued('system.timer.fired', {
  payload: Type.Object({ name: id, due: us }),
  priority: 'NORMAL',
  keyKind: 'sys',
  key: (payload) => payload.name,
  keep: '24h',
  description: 'A timer that a component asked for is due',
  publishers: ['clock'],
  consumers: [],
});
export type SystemTimerFiredPayload = PayloadOf<typeof SystemTimerFired>;

/** Keyed by account, since the account's owner re-takes its base on it. */
export const SystemDayRolled = catalogued('system.day.rolled', {
  payload: Type.Object({ day, zone: id, starts_at: us }),
  priority: 'HIGH',
  ...byAccount,
  keep: '24h',
  description: 'A trading day began',
  publishers: ['clock'],
  consumers: ['risk_kernel', 'analytics'],
});
export type SystemDayRolledPayload = PayloadOf<typeof SystemDayRolled>;

export const SystemDeadletterAdded = listed(DeadLetterAdded, 'sys');
export type SystemDeadletterAddedPayload = PayloadOf<typeof SystemDeadletterAdded>;

export const SystemDeadletterRemoved = listed(DeadLetterRemoved, 'sys');
export type SystemDeadletterRemovedPayload = PayloadOf<typeof SystemDeadletterRemoved>;

export const SystemDeadletterRedriveRequested = listed(DeadLetterRedriveRequested, 'sys');
export type SystemDeadletterRedriveRequestedPayload = PayloadOf<typeof SystemDeadletterRedriveRequested>;

/** Alerting never sends this one through the channel it is about. */
export const SystemNotificationFailed = catalogued('system.notification.failed', {
  payload: Type.Object({ channel: id, alert_id: id, attempts: count, error: str }),
  priority: 'LOW',
  keyKind: 'sys',
  key: (payload) => payload.channel,
  keep: '30d',
  description: 'A message could not be delivered',
  publishers: ['notification_service'],
  consumers: ['alerting'],
});
export type SystemNotificationFailedPayload = PayloadOf<typeof SystemNotificationFailed>;
