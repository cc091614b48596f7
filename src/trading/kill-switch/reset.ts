import type { SystemOperatorCommandPayload } from '../../model/index.ts';
import type { KillSwitchState } from './state.ts';

/** Why a reset is refused. */
export type ResetFault =
  | 'NOT_LATCHED'
  | 'NOT_HALTED'
  | 'NOT_FLAT'
  | 'TOO_YOUNG'
  | 'REVIEW_MISSING'
  | 'PHRASE_WRONG'
  | 'PREFLIGHT'
  | 'MANUAL_LOCKED'
  | 'SECOND_FACTOR';

const HOUR_US = 3_600_000_000;
/** How long a latch stays, by the worst drawdown since it closed. */
const AGES: readonly (readonly [drawdownRatio: number, ageUs: number])[] = [
  [0.2, 7 * 24 * HOUR_US],
  [0.15, 48 * HOUR_US],
  [0, 24 * HOUR_US],
];

/**
 * Everything that stands against a reset command, or an empty list. The second factor is asked last and only if the
 * rest holds, because asking uses the proof up.
 */
export function resetFaults(state: KillSwitchState, command: SystemOperatorCommandPayload, now: number): ResetFault[] {
  const faults = standingFaults(state, now);
  const { review_id, phrase } = command.args as { review_id?: unknown; phrase?: unknown };
  if (typeof review_id !== 'string' || review_id === '') faults.push('REVIEW_MISSING');
  if (phrase !== `UNLOCK ${state.options.account}`) faults.push('PHRASE_WRONG');
  if (now < state.manualLockedUntil) faults.push('MANUAL_LOCKED');
  if (faults.length === 0 && !state.secondFactor.verify(command.operator, command.auth_ref, now)) faults.push('SECOND_FACTOR');
  return faults;
}

/** What must hold when the command comes and still when its hold is over. */
export function standingFaults(state: KillSwitchState, now: number): ResetFault[] {
  const { record, phase } = state;
  if (record === null || phase === 'ARMED') return ['NOT_LATCHED'];
  const faults: ResetFault[] = [];
  if (phase === 'REDUCING') faults.push('NOT_HALTED');
  if (state.positions.size > 0) faults.push('NOT_FLAT');
  if (now - record.latchedAt < requiredAgeUs(record.drawdownRatio)) faults.push('TOO_YOUNG');
  if (state.options.preflightRequired && !(state.preflightAt !== null && state.preflightAt >= record.latchedAt)) faults.push('PREFLIGHT');
  return faults;
}

export function requiredAgeUs(drawdownRatio: number): number {
  return AGES.find(([ratio]) => drawdownRatio >= ratio)?.[1] ?? 24 * HOUR_US;
}

/** The tier of `AGES` that a drawdown is in: only a change of tier is worth a write to disk. */
export function drawdownTier(drawdownRatio: number): number {
  return AGES.find(([ratio]) => drawdownRatio >= ratio)?.[0] ?? 0;
}
