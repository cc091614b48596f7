import type { SignalCandidateNewPayload } from '../../model/index.ts';

/** NEW and ACTIVE live; a signal reaches exactly one of the others, once. */
export type SignalStatus = 'NEW' | 'ACTIVE' | 'COMPLETED' | 'STOPPED' | 'VETOED' | 'EXPIRED' | 'LOGGED';

/** The life of one signal so far. Plain data; replaced, never changed. */
export interface SignalRecord {
  readonly signalId: string;
  readonly symbol: string;
  readonly strategy: string;
  readonly action: SignalCandidateNewPayload['action'];
  readonly entryPrice: number;
  readonly stopLoss: number;
  readonly target: number;
  readonly timeframe: string;
  /** Trading day, `YYYY-MM-DD`. */
  readonly day: string;
  /** Microseconds since 1970 UTC. */
  readonly createdAt: number;
  readonly status: SignalStatus;
  /** Its request, null until there is one. */
  readonly requestId: string | null;
  /** True if it is traded through an option: then the option components tell its end. */
  readonly isOption: boolean;
  /** Size filled so far. */
  readonly filledSize: number;
  /** When it was filled last, microseconds since 1970 UTC; 0 for never. */
  readonly filledAt: number;
  /** The position it is part of, null until there is one. */
  readonly positionId: string | null;
}

export function isLive(record: SignalRecord): boolean {
  return record.status === 'NEW' || record.status === 'ACTIVE';
}
