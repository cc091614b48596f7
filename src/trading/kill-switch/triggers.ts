import type { QtEvent } from '../../event/index.ts';
import {
  AuditIntegrityFailed,
  KillTrigger,
  SystemKillSwitchActivated,
  SystemOperatorCommand,
  SystemPanicClose,
  TradesReconciliationMismatch,
  type RiskKillSwitchActivatedPayload,
  type SystemKillSwitchActivatedPayload,
  type SystemOperatorCommandPayload,
  type TradesReconciliationMismatchPayload,
} from '../../model/index.ts';
import type { ResolvedKillSwitchOptions } from './options.ts';

/** Why the latch closes. */
export type Trigger = Pick<RiskKillSwitchActivatedPayload, 'trigger' | 'trigger_value' | 'threshold' | 'unit' | 'severity' | 'drill'>;

/**
 * The trigger that an event is, or null. Only those that are not a matter of measured risk: the risk kernel, which
 * owns the figures, publishes the rest itself.
 */
export function triggerOf(event: QtEvent<object>, options: ResolvedKillSwitchOptions): Trigger | null {
  switch (event.type) {
    case SystemOperatorCommand.type:
      return manualTrigger(event.payload as SystemOperatorCommandPayload, options);
    case SystemKillSwitchActivated.type:
      return foreignTrigger(event.payload as SystemKillSwitchActivatedPayload, options);
    case SystemPanicClose.type:
      return { ...once(KillTrigger.panic_close), severity: 'EMERGENCY' };
    case TradesReconciliationMismatch.type:
      return mismatchTrigger(event.payload as TradesReconciliationMismatchPayload, options);
    case AuditIntegrityFailed.type:
      return once(KillTrigger.data_integrity);
    default:
      return null;
  }
}

/** Anyone may stop everything, without a second factor: stopping is cheap. */
function manualTrigger({ command, args }: SystemOperatorCommandPayload, { mode }: ResolvedKillSwitchOptions): Trigger | null {
  if (command !== 'KILL') return null;
  return { ...once(KillTrigger.manual), drill: args['drill'] === true && mode !== 'live' };
}

function foreignTrigger(payload: SystemKillSwitchActivatedPayload, { mode }: ResolvedKillSwitchOptions): Trigger {
  const { trigger, trigger_value, threshold, severity, unit = 'count', drill = false } = payload;
  return { trigger, trigger_value, threshold, severity, unit, drill: drill && mode !== 'live' };
}

/** Above the limit, on the wrong side, or a position that we do not know of. */
function mismatchTrigger(payload: TradesReconciliationMismatchPayload, options: ResolvedKillSwitchOptions): Trigger | null {
  const { local_size, venue_size, action, mismatch_percent } = payload;
  const percent = Math.abs(mismatch_percent);
  const wrongSide = local_size * venue_size < 0;
  const unknown = local_size === 0 && venue_size !== 0;
  const threshold = options.mismatchPctKill;
  if (percent <= threshold && !wrongSide && !unknown && action !== 'KILL') return null;
  return { ...once(KillTrigger.position_mismatch), trigger_value: percent, threshold, unit: 'percent' };
}

function once(trigger: KillTrigger): Trigger {
  return { trigger, trigger_value: 1, threshold: 1, unit: 'count', severity: 'CRITICAL', drill: false };
}
