import type { ErrorRecord } from '../../../base/index.ts';

/** What the thread of an event logger is given. */
export interface SqlTask {
  readonly directory: string;
  readonly path: string;
  /** Of the journal, null if it is to be seen. */
  readonly journalId: string | null;
  readonly batchEvents: number;
  readonly pollMs: number;
  readonly busyMs: number;
  readonly bytesMax: number | null;
  /** STOP as an int32 at byte 0, then POSITION and ADDED as int64; the first is written outside, the others by the thread. */
  readonly shared: SharedArrayBuffer;
}

/** What it says. */
export type SqlMessage =
  | { readonly kind: 'ready'; readonly removedEvents: number; readonly schemaVersion: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

/** Index in the int32 view: 1 asks for the journal's end, and then for an end. */
export const STOP = 0;
/** Indexes in the int64 view: the database's position, and how many events this thread has added. */
export const POSITION = 1;
export const ADDED = 2;

export const SHARED_BYTES = 24;
