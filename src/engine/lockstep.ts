import { CAUSE_SEQ, EMIT_INDEX, FrameViews, type FrameDecoder } from '../codec/index.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Member } from './member.ts';

interface Window {
  readonly frames: readonly Buffer[];
  readonly resolve: (seqs: number[]) => void;
}

interface Staged {
  readonly member: Member;
  readonly views: FrameViews;
  readonly length: number;
  readonly causeSeq: number;
  readonly emitIndex: number;
  /** Only broadcasts need it: see `compare`. */
  readonly key: string;
}

export interface LockstepParts {
  readonly dispatcher: Dispatcher;
  readonly decoder: FrameDecoder;
  /** True if no host has anything to do and no retry waits. */
  readonly isIdle: () => boolean;
  /** Told when the last window is over. */
  readonly onFinished: () => void;
}

/**
 * Commits in windows and waves, so that the log does not depend on how many threads there are or who is faster.
 *
 *   window: the events of one publish -> wave 0 -> all settled -> what wave 0 derived, in (cause seq, subscription,
 *   emit index) order -> wave 1 -> ... -> nothing derived: next window
 */
export class Lockstep {
  readonly #parts: LockstepParts;
  readonly #windows: Window[] = [];
  #staged: Staged[] = [];
  #isRunning = false;
  #onIdle: (() => void) | null = null;

  constructor(parts: LockstepParts) {
    this.#parts = parts;
  }

  get isFinished(): boolean {
    return !this.#isRunning && this.#windows.length === 0;
  }

  /** True while a window runs: a publish then has to wait for its turn. */
  get isBusy(): boolean {
    return this.#isRunning;
  }

  /** Queues the events of one publish; resolves with their seqs when they are committed. */
  submit(frames: readonly Buffer[]): Promise<number[]> {
    return new Promise((resolve, reject) => {
      this.#windows.push({ frames, resolve });
      if (!this.#isRunning) this.#run().catch(reject);
    });
  }

  /** Keeps a derived event for the next wave. */
  stage(member: Member, frame: Buffer): void {
    const views = new FrameViews(frame.buffer as ArrayBuffer);
    this.#staged.push({
      member,
      views,
      length: frame.length,
      causeSeq: views.f64[CAUSE_SEQ >> 3]!,
      emitIndex: views.u16[EMIT_INDEX >> 1]!,
      key: member.subscription.broadcast ? (this.#parts.decoder.key(views, 0) ?? '') : '',
    });
  }

  /** Something moved: looks whether the wave is over. */
  progress(): void {
    if (this.#onIdle === null || !this.#parts.isIdle()) return;
    const resolve = this.#onIdle;
    this.#onIdle = null;
    resolve();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      for (let window = this.#windows.shift(); window !== undefined; window = this.#windows.shift()) {
        const { dispatcher } = this.#parts;
        const seqs = window.frames.map((frame) => dispatcher.commitOwn(new FrameViews(frame.buffer as ArrayBuffer), 0, frame.length));
        dispatcher.flush();
        window.resolve(seqs);
        await this.#finishWaves();
      }
    } finally {
      this.#isRunning = false;
      this.#parts.onFinished();
    }
  }

  async #finishWaves(): Promise<void> {
    const { dispatcher, isIdle } = this.#parts;
    for (;;) {
      if (!isIdle()) {
        await new Promise<void>((resolve) => {
          this.#onIdle = resolve;
        });
      }
      if (this.#staged.length === 0) return;
      const wave = this.#staged.toSorted(compare);
      this.#staged = [];
      let previous: Staged | null = null;
      let emitIndex = 0;
      for (const staged of wave) {
        emitIndex = previous !== null && isSameRun(previous, staged) ? emitIndex + 1 : 0;
        previous = staged;
        // The members of a broadcast number their own events; together they are numbered anew.
        staged.views.u16[EMIT_INDEX >> 1] = emitIndex;
        dispatcher.commitOwn(staged.views, 0, staged.length);
      }
      dispatcher.flush();
    }
  }
}

/**
 * Within a broadcast, members emit for the keys they own, and which member owns a key depends on the number of threads;
 * so their events are ordered by key first.
 */
function compare(a: Staged, b: Staged): number {
  return (
    a.causeSeq - b.causeSeq ||
    a.member.subscription.id - b.member.subscription.id ||
    (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) ||
    a.emitIndex - b.emitIndex ||
    a.member.id - b.member.id
  );
}

function isSameRun(a: Staged, b: Staged): boolean {
  return a.causeSeq === b.causeSeq && a.member.subscription === b.member.subscription;
}
