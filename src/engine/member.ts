import type { Host } from './host.ts';
import type { Subscription } from './subscription.ts';

/** A handler on one thread, as the main thread knows it, with its share of the books. */
export interface Member {
  /** Consumer id, unique on the bus and never reused. */
  readonly id: number;
  readonly subscription: Subscription;
  readonly host: Host;
  /** Place of its counters in the host's control block. */
  readonly slot: number;
  /** Deliveries that this member owes an outcome for, ever. */
  dispatched: number;
  deadLettered: number;
  dropped: number;
  errors: number;
  retried: number;
}

/** Deliveries without an outcome yet. */
export function pendingOf(member: Member): number {
  return member.dispatched - acknowledgedOf(member) - member.deadLettered - member.dropped;
}

export function acknowledgedOf(member: Member): number {
  return member.host.control.acknowledged(member.slot);
}
