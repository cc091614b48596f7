import { RecentIds } from '../recent-ids.ts';
import { AppliedSequences } from '../redelivery.ts';
import { createKillLatch, onActivated, type KillLatch } from '../kill-latch.ts';
import type { KillPhase, LatchRead, LatchRecord } from './latch-store.ts';
import { resolveKillSwitchOptions, type KillSwitchOptions, type ResolvedKillSwitchOptions } from './options.ts';
import { noSecondFactor, type SecondFactor } from './second-factor.ts';
import type { Trigger } from './triggers.ts';

/** A reset that waits for its hold to end. */
export interface HeldReset {
  readonly operator: string;
  readonly reviewId: string;
  readonly until: number;
}

export interface KillSwitchState {
  readonly options: ResolvedKillSwitchOptions;
  readonly secondFactor: SecondFactor;
  readonly applied: AppliedSequences;
  readonly latch: KillLatch;
  phase: KillPhase;
  /** What belongs on disk; null until the first latch. Replaced, never changed, so that a change is seen by identity. */
  record: LatchRecord | null;
  /** Why the latch was on before the first event, or null: it is told to everyone with that event. */
  found: string | null;
  /** True when the file is another account's: it keeps us off and is never overwritten. */
  readonly foreign: boolean;
  held: HeldReset | null;
  /** True between publishing a reset and seeing it committed. */
  resetSent: boolean;
  /** A trigger that came in between: it closes the next latch. */
  afterReset: Trigger | null;
  readonly positions: Set<string>;
  readonly closed: RecentIds;
  readonly panics: RecentIds;
  preflightAt: number | null;
  equityUsd: number;
  drawdownRatio: number;
  manualLockedUntil: number;
}

export interface KillSwitchCollaborators {
  /** What the latch store held at start; default: nothing. */
  readonly latch?: LatchRead;
  /** Default: none, so every reset is refused. */
  readonly secondFactor?: SecondFactor;
}

/** Ids kept to recognise a closed position or a panic that comes again. */
const RECENT_IDS_MAX = 10_000;

/** @throws QtError QT_OPTION_INVALID */
export function createKillSwitchState(options: KillSwitchOptions = {}, collaborators: KillSwitchCollaborators = {}): KillSwitchState {
  const resolved = resolveKillSwitchOptions(options);
  const read = collaborators.latch ?? { kind: 'absent' };
  const record = read.kind === 'record' ? read.record : null;
  const foreign = record !== null && record.account !== resolved.account;
  const own = foreign ? null : record;
  const latch = createKillLatch();
  const active = own !== null && own.phase !== 'ARMED';
  if (active) onActivated(latch, own.killSwitchId);
  return {
    options: resolved,
    secondFactor: collaborators.secondFactor ?? noSecondFactor,
    applied: new AppliedSequences(),
    latch,
    // A hold does not survive a restart: it begins again.
    phase: active ? (own.phase === 'RECOVERING' ? 'HALTED' : own.phase) : 'ARMED',
    record: own,
    found: foundReason(read, foreign, active),
    foreign,
    held: null,
    resetSent: false,
    afterReset: null,
    positions: new Set(),
    closed: new RecentIds(RECENT_IDS_MAX),
    panics: new RecentIds(RECENT_IDS_MAX),
    preflightAt: null,
    equityUsd: resolved.initialEquityUsd,
    drawdownRatio: 0,
    manualLockedUntil: 0,
  };
}

function foundReason(read: LatchRead, foreign: boolean, active: boolean): string | null {
  if (read.kind === 'unreadable') return read.reason;
  if (foreign) return 'the latch belongs to another account';
  return active ? 'the latch was closed before the start' : null;
}
