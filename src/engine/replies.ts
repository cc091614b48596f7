import type { ErrorRecord } from '../base/index.ts';

/**
 * What a drain reports about the records it handled. A success without derived events reports nothing: the ring's
 * head moves. On a worker thread this is the reply ring; on the main thread it is a direct call.
 */
export interface Replies {
  /** Adds a derived event of the running handler; invisible until `commit`. */
  derived(consumer: number, bytes: Buffer, index: number, length: number): void;
  /** The running handler succeeded: its derived events leave together; `acknowledge` also reports the success itself. */
  commit(consumer: number, seq: number, attempt: number, acknowledge: boolean): void;
  /** The running handler failed: its derived events never were. */
  rollback(): void;
  /** The running handler turned out to be asynchronous: hands back copies of its derived events and forgets them. */
  takeBack(): Buffer[];
  fail(consumer: number, bytes: Buffer, index: number, length: number, attempt: number, error: ErrorRecord, rejected: boolean): void;
  /** The record's key waits for a retry: main keeps the record until its turn. `handedBack` counts them for that key. */
  park(consumer: number, bytes: Buffer, index: number, length: number, handedBack: number): void;
}

/** A success is reported. */
export const REPLY_DONE = 1;
/** A derived event follows in the body. */
export const REPLY_DERIVED = 2;
/** The failed record and its error follow in the body. */
export const REPLY_FAIL = 3;
/** The record was rejected by its handler: no retries. */
export const REPLY_REJECT = 4;
/** The record was not handled: its key waits for a retry. The seq field counts such records of the key since it waits. */
export const REPLY_PARK = 5;

/**
 * Head of a reply record, 32 bytes, then the frame it speaks of (8-aligned, so that its header can be read in place),
 * then the error as JSON:
 *
 *    0 i32 length | 4 u32 kind | 8 u32 consumer | 12 u32 attempt | 16 f64 seq | 24 u32 frame length | 28 u32 epoch
 */
export const REPLY_KIND = 4;
export const REPLY_CONSUMER = 8;
export const REPLY_ATTEMPT = 12;
export const REPLY_SEQ = 16;
export const REPLY_FRAME_LENGTH = 24;
export const REPLY_EPOCH = 28;
export const REPLY_HEAD_BYTES = 32;

/** A private copy in memory of its own, 8-aligned, so that a frame's header can be read from it. */
export function copyFrame(bytes: Buffer, index: number, length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length);
  bytes.copy(copy, 0, index, index + length);
  return copy;
}
