import { QtError, type ErrorRecord } from '../base/index.ts';
import type { FrameViews } from '../codec/index.ts';
import type { RingWriter } from '../ring/index.ts';
import { PINGED, REPLY_WAITING, type Control } from './control.ts';
import { QT_HANDLER_OUTPUT_TOO_LARGE } from './errors.ts';
import {
  copyFrame,
  REPLY_ATTEMPT,
  REPLY_CONSUMER,
  REPLY_DERIVED,
  REPLY_DONE,
  REPLY_EPOCH,
  REPLY_FAIL,
  REPLY_FRAME_LENGTH,
  REPLY_HEAD_BYTES,
  REPLY_KIND,
  REPLY_PARK,
  REPLY_REJECT,
  REPLY_SEQ,
  type Replies,
} from './replies.ts';

interface Staged {
  readonly offset: number;
  readonly length: number;
}

const encoder = new TextEncoder();
const STAGING_BYTES_MIN = 65_536;

/**
 * The replies of a worker thread: records in its reply ring. Derived events are staged in private memory and become
 * visible by one store of the tail, all of a run or none, so that a death in between leaves no half.
 */
export class RingReplies implements Replies {
  readonly #writer: RingWriter;
  readonly #views: FrameViews;
  readonly #control: Control;
  readonly #epoch: number;
  readonly #ping: () => void;
  #staging = Buffer.allocUnsafeSlow(STAGING_BYTES_MIN);
  #stagedBytes = 0;
  #staged: Staged[] = [];

  constructor(writer: RingWriter, views: FrameViews, control: Control, epoch: number, ping: () => void) {
    this.#writer = writer;
    this.#views = views;
    this.#control = control;
    this.#epoch = epoch;
    this.#ping = ping;
  }

  derived(_consumer: number, bytes: Buffer, index: number, length: number): void {
    const space = (length + 7) & ~7;
    const end = this.#stagedBytes + space + REPLY_HEAD_BYTES;
    // Half of the ring: so that a run always fits, whatever padding the wrap needs.
    if (end > this.#writer.capacity / 2) {
      throw new QtError(
        QT_HANDLER_OUTPUT_TOO_LARGE,
        `Cannot publish ${end} bytes from one handler run: at most ${this.#writer.capacity / 2} bytes`,
      );
    }
    if (this.#stagedBytes + space > this.#staging.length) this.#grow(this.#stagedBytes + space);
    bytes.copy(this.#staging, this.#stagedBytes, index, index + length);
    this.#staged.push({ offset: this.#stagedBytes, length });
    this.#stagedBytes += space;
  }

  commit(consumer: number, seq: number, attempt: number, acknowledge: boolean): void {
    const staged = this.#staged;
    this.#waitForSpace(this.#stagedBytes + (staged.length + 1) * REPLY_HEAD_BYTES + this.#writer.recordLengthMax);
    for (const { offset, length } of staged) this.#write(REPLY_DERIVED, consumer, attempt, seq, this.#staging, offset, length, null);
    if (acknowledge) this.#write(REPLY_DONE, consumer, attempt, seq, this.#staging, 0, 0, null);
    this.rollback();
    this.#publish();
  }

  rollback(): void {
    if (this.#staged.length === 0) return;
    this.#staged.length = 0;
    this.#stagedBytes = 0;
  }

  takeBack(): Buffer[] {
    const frames = this.#staged.map(({ offset, length }) => copyFrame(this.#staging, offset, length));
    this.rollback();
    return frames;
  }

  fail(consumer: number, bytes: Buffer, index: number, length: number, attempt: number, error: ErrorRecord, rejected: boolean): void {
    const text = encoder.encode(JSON.stringify(error));
    // The error must not make the record larger than the ring takes: the event matters more than its message.
    const room = this.#writer.recordLengthMax - REPLY_HEAD_BYTES - ((length + 7) & ~7);
    const detail = text.length <= room ? text : null;
    this.#waitForSpace(2 * this.#writer.recordLengthMax);
    this.#write(rejected ? REPLY_REJECT : REPLY_FAIL, consumer, attempt, 0, bytes, index, length, detail);
    this.#publish();
  }

  park(consumer: number, bytes: Buffer, index: number, length: number, handedBack: number): void {
    this.#waitForSpace(2 * this.#writer.recordLengthMax);
    this.#write(REPLY_PARK, consumer, 0, handedBack, bytes, index, length, null);
    this.#publish();
  }

  #write(
    kind: number,
    consumer: number,
    attempt: number,
    seq: number,
    bytes: Buffer,
    index: number,
    length: number,
    detail: Uint8Array | null,
  ): void {
    const space = (length + 7) & ~7;
    const at = this.#writer.claim(REPLY_HEAD_BYTES + space + (detail?.length ?? 0));
    const { u32, f64, u8, bytes: target } = this.#views;
    u32[(at + REPLY_KIND) >> 2] = kind;
    u32[(at + REPLY_CONSUMER) >> 2] = consumer;
    u32[(at + REPLY_ATTEMPT) >> 2] = attempt;
    f64[(at + REPLY_SEQ) >> 3] = seq;
    u32[(at + REPLY_FRAME_LENGTH) >> 2] = length;
    u32[(at + REPLY_EPOCH) >> 2] = this.#epoch;
    if (length > 0) bytes.copy(target, at + REPLY_HEAD_BYTES, index, index + length);
    if (detail !== null) u8.set(detail, at + REPLY_HEAD_BYTES + space);
    this.#writer.commit(at);
  }

  #publish(): void {
    this.#writer.flush();
    this.#ping();
  }

  /** Blocks until main has read enough. Main reads replies from its event loop and never waits for us, so it will. */
  #waitForSpace(bytes: number): void {
    const { words } = this.#control;
    while (this.#writer.capacity - this.#writer.usedBytes() < bytes) {
      Atomics.store(words, REPLY_WAITING, 1);
      if (this.#writer.capacity - this.#writer.usedBytes() >= bytes) break;
      this.#ping();
      Atomics.wait(words, REPLY_WAITING, 1, 20);
    }
    Atomics.store(words, REPLY_WAITING, 0);
  }

  #grow(needed: number): void {
    let size = this.#staging.length;
    while (size < needed) size *= 2;
    const larger = Buffer.allocUnsafeSlow(size);
    this.#staging.copy(larger, 0, 0, this.#stagedBytes);
    this.#staging = larger;
  }
}

/** One message for all pings until main has looked. */
export function createPing(control: Control, post: () => void): () => void {
  return () => {
    if (Atomics.exchange(control.words, PINGED, 1) === 0) post();
  };
}
