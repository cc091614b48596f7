import { QtError } from '../../../base/index.ts';
import type { FrameViews, TypeRecord } from '../../../codec/index.ts';
import type { EventLog } from '../../../engine/index.ts';
import { QT_REPLAY_DIFFERS } from '../../errors.ts';
import { Comparison, type Difference } from './comparison.ts';
import type { RecordedFrames } from '../recorded.ts';

/** A log that keeps nothing and only holds what comes against a recording. Its first difference stops the bus. */
export class ComparingLog implements EventLog {
  readonly journalId = 'replay';
  readonly level = 'written';
  lastSeq = 0;
  failure: Error | null = null;
  difference: Difference | null = null;
  /** True while what came last is in the recording; a torn recording can end before what follows from its last input. */
  isInside = true;
  readonly #comparison: Comparison;
  readonly #listeners = new Set<(failure: Error) => void>();

  constructor(frames: RecordedFrames) {
    this.#comparison = new Comparison(frames);
  }

  get compared(): number {
    return this.#comparison.compared;
  }

  accepts(): boolean {
    return this.failure === null;
  }

  append({ bytes }: FrameViews, index: number, length: number, seq: number): void {
    this.lastSeq = seq;
    if (this.failure !== null || !this.isInside) return;
    try {
      const difference = this.#comparison.check(bytes, index, length, seq);
      this.isInside = difference === null;
      if (difference !== null && difference.recorded !== null) this.#fail(difference);
    } catch (error) {
      if (!(error instanceof QtError)) throw error;
      this.isInside = false;
      this.#stop(error);
    }
  }

  /** To be called when everything has been published: the recording may go on. */
  finish(): void {
    if (this.failure !== null || !this.isInside) return;
    const difference = this.#comparison.finish();
    if (difference !== null) this.#fail(difference);
  }

  flush(): void {
    // There is no writer.
  }

  types(records: readonly TypeRecord[]): void {
    this.#comparison.learn(records);
  }

  names(): void {
    // Sources are numbered by subscription, which is no part of what was decided.
  }

  whenDurable(): Promise<void> {
    return this.failure === null ? Promise.resolve() : Promise.reject(this.failure);
  }

  onSpace(): void {
    // There always is.
  }

  onFailure(callback: (failure: Error) => void): void {
    if (this.failure === null) this.#listeners.add(callback);
    else callback(this.failure);
  }

  #fail(difference: Difference): void {
    this.difference = difference;
    this.#stop(new QtError(QT_REPLAY_DIFFERS, `Cannot repeat the recording: event ${difference.seq} comes out otherwise`));
  }

  #stop(failure: QtError): void {
    this.failure = failure;
    for (const callback of this.#listeners) callback(failure);
  }
}
