import type { Control } from './control.ts';
import type { Outlet } from './outlet.ts';

/** A place where handlers run: a worker thread, or the main thread itself. */
export interface Host {
  readonly index: number;
  /** One per lane. */
  readonly outlets: readonly Outlet[];
  readonly control: Control;
  /** Records are visible in a ring: see to it that somebody looks. */
  wake(): void;
  /** An event is sent to a consumer again: what was reported of its earlier delivery says nothing about this one. */
  resent(consumer: number, seq: number): void;
  /** Takes all reports that are there. */
  readReplies(): void;
  /** Visits deliveries that have left the rings without an outcome, by consumer id and seq. */
  visitTaken(visit: (consumer: number, seq: number) => void): void;
  /** True if nothing is unread, running or on its way back. */
  isIdle(): boolean;
}
