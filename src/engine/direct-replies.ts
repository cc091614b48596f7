import type { ErrorRecord } from '../base/index.ts';
import { copyFrame, type Replies } from './replies.ts';

/** Where the replies of the local host go. */
export interface ReplyTarget {
  /** A derived event of a consumer, in a frame of its own. */
  derived(consumer: number, frame: Buffer): void;
  done(consumer: number, seq: number, attempt: number): void;
  fail(consumer: number, frame: Buffer, attempt: number, error: ErrorRecord, isFinal: boolean): void;
  park(consumer: number, frame: Buffer, handedBack: number): void;
}

/** The replies of handlers on the main thread: no ring in between, but derived events still leave only on success. */
export class DirectReplies implements Replies {
  readonly #target: ReplyTarget;
  #staged: Buffer[] = [];

  constructor(target: ReplyTarget) {
    this.#target = target;
  }

  derived(_consumer: number, bytes: Buffer, index: number, length: number): void {
    this.#staged.push(copyFrame(bytes, index, length));
  }

  commit(consumer: number, seq: number, attempt: number, acknowledge: boolean): void {
    const staged = this.takeBack();
    for (const frame of staged) this.#target.derived(consumer, frame);
    if (acknowledge) this.#target.done(consumer, seq, attempt);
  }

  rollback(): void {
    if (this.#staged.length > 0) this.#staged = [];
  }

  takeBack(): Buffer[] {
    if (this.#staged.length === 0) return [];
    const staged = this.#staged;
    this.#staged = [];
    return staged;
  }

  fail(consumer: number, bytes: Buffer, index: number, length: number, attempt: number, error: ErrorRecord, rejected: boolean): void {
    this.#target.fail(consumer, copyFrame(bytes, index, length), attempt, error, rejected);
  }

  park(consumer: number, bytes: Buffer, index: number, length: number, handedBack: number): void {
    this.#target.park(consumer, copyFrame(bytes, index, length), handedBack);
  }
}
