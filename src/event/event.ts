import type { Priority } from './priority.ts';

/**
 * A published event: a frozen fact. Times are integer microseconds since 1970 UTC.
 */
export interface QtEvent<P = Record<string, unknown>> {
  /** `<runId>-<seq>`; the same over redelivery, so it serves as the idempotency key. */
  readonly id: string;
  readonly type: string;
  /** Schema version of the payload. */
  readonly v: number;
  /** Commit order on this bus, from 1. */
  readonly seq: number;
  /** When it happened. */
  readonly timestamp: number;
  /** When the bus accepted it. */
  readonly tsInitUs: number;
  readonly payload: P;
  readonly priority: Priority;
  /** Partition key, null for none. */
  readonly key: string | null;
  readonly source: string;
  /** Id of the first event of the chain; its own id if it started one. */
  readonly correlationId: string;
  /** Id of the event whose handler published this one, or null. */
  readonly causationId: string | null;
  /** `seq` of the cause, 0 for none. */
  readonly causeSeq: number;
  /** Position among the events that the cause's handler published. */
  readonly emitIndex: number;
  readonly runId: string;
}
