import { RecentIds } from '../recent-ids.ts';
import { AppliedSequences } from '../redelivery.ts';
import { createKillLatch, type KillLatch } from '../kill-latch.ts';
import type { DailyCloses } from './correlation.ts';
import { createStatusPublisher, type StatusPublisher } from './daily-status.ts';
import { createEquity, type Equity } from './equity.ts';
import type { Holdings } from './exposure.ts';
import { createIntegrity, type Integrity } from './integrity.ts';
import type { MoveWindows } from './moves.ts';
import { resolveRiskOptions, type ResolvedRiskOptions, type RiskOptions } from './options.ts';
import { createPolicies, type Policies } from './policy.ts';
import { createReservations, type Reservations } from './reservations.ts';

/** Ids kept to recognise a signal or fill that comes twice; far more than can be in flight. */
const RECENT_IDS_MAX = 20_000;

/** Everything the account owner knows. Mutated only by the kernel. */
export interface RiskState {
  readonly options: ResolvedRiskOptions;
  readonly applied: AppliedSequences;
  readonly signals: RecentIds;
  readonly fills: RecentIds;
  readonly equity: Equity;
  readonly holdings: Holdings;
  readonly reservations: Reservations;
  readonly policies: Policies;
  readonly integrity: Integrity;
  readonly closes: DailyCloses;
  readonly moves: MoveWindows;
  readonly kill: KillLatch;
  readonly status: StatusPublisher;
  /** Last stop-out by `symbol direction`, microseconds. */
  readonly stoppedAt: Map<string, number>;
  /** Capital tier now. */
  scalingLevel: number;
  /** When the kill switch was last reset, microseconds, or null: entries grow back from there. */
  resetAt: number | null;
  /** Logical time: the latest event time seen. */
  now: number;
}

/** @throws QtError QT_OPTION_INVALID */
export function createRiskState(options: RiskOptions = {}): RiskState {
  const resolved = resolveRiskOptions(options);
  return {
    options: resolved,
    applied: new AppliedSequences(),
    signals: new RecentIds(RECENT_IDS_MAX),
    fills: new RecentIds(RECENT_IDS_MAX),
    equity: createEquity(resolved.initialEquityUsd),
    holdings: new Map(),
    reservations: createReservations(),
    policies: createPolicies(resolved.policy),
    integrity: createIntegrity(),
    closes: new Map(),
    moves: new Map(),
    kill: createKillLatch(),
    status: createStatusPublisher(),
    stoppedAt: new Map(),
    scalingLevel: resolved.scalingLevel,
    resetAt: null,
    now: 0,
  };
}
