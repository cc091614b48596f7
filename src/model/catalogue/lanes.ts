import type { Priority } from '../../event/index.ts';
import type { AlertSeverity, ExitPriority, HealthStatus } from '../words.ts';

/** Lane of an `exit.decision.made` by its payload's priority; give it with the draft. */
export const EXIT_PRIORITY: Readonly<Record<ExitPriority, Priority>> = {
  URGENT: 'CRITICAL',
  HIGH: 'HIGH',
  MEDIUM: 'NORMAL',
  LOW: 'LOW',
};

/** Lane of a `health.status_changed` by its new status. */
export const HEALTH_PRIORITY: Readonly<Record<HealthStatus, Priority>> = {
  HEALTHY: 'HIGH',
  DEGRADED: 'HIGH',
  CRITICAL: 'CRITICAL',
};

/** Lane of a `system.alert.triggered` by its severity. */
export const ALERT_PRIORITY: Readonly<Record<AlertSeverity, Priority>> = {
  INFO: 'HIGH',
  WARNING: 'HIGH',
  ERROR: 'HIGH',
  CRITICAL: 'CRITICAL',
};
