import type { DurableGroupStats } from './durable-groups.ts';
import { acknowledgedOf, pendingOf, type Member } from './member.ts';

/** The books of one group. `dispatched = acknowledged + deadLettered + dropped + pending`, always. */
export interface GroupStats {
  /** Deliveries that the group owes an outcome for, ever. */
  readonly dispatched: number;
  readonly acknowledged: number;
  /** Of the acknowledged: refused by the filter. */
  readonly filtered: number;
  readonly deadLettered: number;
  /** By a full-queue policy. */
  readonly dropped: number;
  /** Without an outcome yet: the group's lag. */
  readonly pending: number;
  /** Failed attempts, whatever came of them. */
  readonly errors: number;
  readonly retried: number;
  readonly members: number;
  /** Members out of service because their handlers only killed threads. */
  readonly degraded: number;
}

export interface BusStats extends GroupStats {
  /** Events committed. */
  readonly published: number;
  /** Deliveries without an outcome; the source documents' name for `pending`. */
  readonly queueSize: number;
  /** Distinct patterns subscribed to. */
  readonly handlerTypes: number;
  /** Subscriptions. */
  readonly totalHandlers: number;
  /** Dead letters kept now. */
  readonly deadLetters: number;
  /** Events discarded by rate limits before they were committed. */
  readonly rateLimited: number;
  /** Publishers waiting for room. */
  readonly publishersWaiting: number;
  /** Times a standby took over. */
  readonly failovers: number;
  /** Worker threads that died and were replaced. */
  readonly crashes: number;
  readonly perGroup: Readonly<Record<string, GroupStats>>;
  /** Groups whose position is kept in the log. */
  readonly durable: Readonly<Record<string, DurableGroupStats>>;
}

type Sums = { -readonly [K in keyof GroupStats]: number };

export function emptySums(): Sums {
  return {
    dispatched: 0,
    acknowledged: 0,
    filtered: 0,
    deadLettered: 0,
    dropped: 0,
    pending: 0,
    errors: 0,
    retried: 0,
    members: 0,
    degraded: 0,
  };
}

export function addMember(sums: Sums, member: Member): void {
  sums.dispatched += member.dispatched;
  sums.acknowledged += acknowledgedOf(member);
  sums.filtered += member.host.control.filtered(member.slot);
  sums.deadLettered += member.deadLettered;
  sums.dropped += member.dropped;
  sums.pending += pendingOf(member);
  sums.errors += member.errors;
  sums.retried += member.retried;
  sums.members += 1;
  if (member.subscription.isDegraded) sums.degraded += 1;
}

export function addSums(sums: Sums, other: Sums): void {
  for (const name of Object.keys(sums) as (keyof Sums)[]) sums[name] += other[name];
}
