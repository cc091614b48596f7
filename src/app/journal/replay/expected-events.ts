import { EMIT_INDEX, FrameViews, SOURCE, type FrameDecoder } from '../../../codec/index.ts';
import { isSameEvent, toSide, type Difference, type EventSide } from './comparison.ts';
import type { RecordedFrame } from '../recorded.ts';

/** What one run of a handler publishes, from first to last. */
interface Batch {
  readonly causeSeq: number;
  readonly views: readonly FrameViews[];
}

/** What an instance has published and the recording has not shown yet, in the order of its runs. */
export interface Owed {
  readonly source: string;
  readonly batches: Batch[];
}

/**
 * Holds the derived events of a recording against what the handlers publish when they are given its events again.
 *
 * A run's events leave together and the runs of an instance leave in its order, so the recording must show the batches of
 * each instance whole and in order; how those of different instances mix is nobody's decision. Every recorded event of a
 * source that takes part must be claimed by an instance, and every batch must be claimed by the recording before its end.
 */
export class ExpectedEvents {
  /** Recorded events that were claimed. */
  compared = 0;
  /** Recorded events of sources that do not take part; taken as they are. */
  given = 0;
  readonly #decoder: FrameDecoder;
  readonly #owed: Owed[] = [];
  readonly #sources = new Map<string, Owed[]>();
  /** The recorded batch that is being read. */
  #open: RecordedFrame[] = [];

  /** @param decoder reads what handlers publish */
  constructor(decoder: FrameDecoder) {
    this.#decoder = decoder;
  }

  /** Makes room for what an instance publishes. */
  add(source: string): Owed {
    const owed: Owed = { source, batches: [] };
    this.#owed.push(owed);
    const others = this.#sources.get(source);
    if (others === undefined) this.#sources.set(source, [owed]);
    else others.push(owed);
    return owed;
  }

  /** Takes what one run of an instance has published. */
  expect(owed: Owed, causeSeq: number, frames: readonly Buffer[]): void {
    if (frames.length > 0) owed.batches.push({ causeSeq, views: frames.map((frame) => new FrameViews(frame.buffer as ArrayBuffer)) });
  }

  /**
   * Takes the next event of the recording.
   *
   * @returns the difference that shows with it, or null
   */
  take(frame: RecordedFrame): Difference | null {
    if (this.#isContinued(frame)) {
      this.#open.push(frame);
      return null;
    }
    const difference = this.#settle(false);
    if (frame.causeSeq === 0) return difference;
    const source = sourceOf(frame);
    if (source === undefined || this.#sources.has(source)) this.#open = [frame];
    else this.given++;
    return difference;
  }

  /**
   * Takes the end of the recording.
   *
   * @param settledSeq seq of an event before which nothing was left to do; what follows from earlier ones must be there
   */
  finish(settledSeq: number): Difference | null {
    const [first] = this.#open;
    const difference = this.#settle(first !== undefined && first.causeSeq >= settledSeq);
    if (difference !== null) return difference;
    const missing = this.#owed
      .flatMap(({ batches }) => batches.slice(0, 1))
      .filter(({ causeSeq }) => causeSeq < settledSeq)
      .toSorted((a, b) => a.causeSeq - b.causeSeq)[0];
    return missing === undefined ? null : this.#missing(missing, 0);
  }

  #isContinued(frame: RecordedFrame): boolean {
    const last = this.#open.at(-1);
    if (last === undefined || frame.seq !== last.seq + 1 || frame.causeSeq !== last.causeSeq) return false;
    return frame.views.u16[EMIT_INDEX >> 1] === this.#open.length && sourceOf(frame) === sourceOf(last);
  }

  /** @param isCut true if the recording may have ended in the middle of the open batch */
  #settle(isCut: boolean): Difference | null {
    const recorded = this.#open;
    const [first] = recorded;
    if (first === undefined) return null;
    this.#open = [];
    let best: { readonly batch: Batch; readonly equal: number } | null = null;
    let skipped: Batch | null = null;
    let later: Batch | null = null;
    for (const { batches } of this.#sources.get(sourceOf(first) ?? '') ?? []) {
      const at = batches.findIndex(({ causeSeq }) => causeSeq === first.causeSeq);
      if (at < 0) continue;
      const batch = batches[at]!;
      const equal = this.#countEqual(recorded, batch);
      if (at > 0) {
        if (equal > 0) skipped ??= batches[0]!;
        else later ??= batch;
        continue;
      }
      if (equal === recorded.length && (equal === batch.views.length || isCut)) {
        batches.shift();
        this.compared += equal;
        return null;
      }
      if (best === null || equal > best.equal) best = { batch, equal };
    }
    if (best === null && skipped !== null) return this.#missing(skipped, 0);
    return this.#differenceIn(recorded, best ?? (later === null ? null : { batch: later, equal: 0 }));
  }

  #countEqual(recorded: readonly RecordedFrame[], { views }: Batch): number {
    const length = Math.min(recorded.length, views.length);
    for (let i = 0; i < length; i++) {
      const frame = recorded[i]!;
      if (frame.views.u16[EMIT_INDEX >> 1] !== i || !isSameEvent(frame.views, frame.decoder, views[i]!, this.#decoder)) return i;
    }
    return length;
  }

  #differenceIn(recorded: readonly RecordedFrame[], best: { readonly batch: Batch; readonly equal: number } | null): Difference {
    const equal = best?.equal ?? 0;
    this.compared += equal;
    const frame = recorded[equal];
    const own = best?.batch.views[equal];
    if (frame === undefined) return this.#missing(best!.batch, equal);
    const side = toSide(frame.views, frame.decoder, frame.seq);
    return { seq: frame.seq, recorded: side, recomputed: own === undefined ? null : toSide(own, this.#decoder, frame.seq) };
  }

  /** An event that the recording does not have. It has no seq, so its cause says where it belongs. */
  #missing({ causeSeq, views }: Batch, index: number): Difference {
    const recomputed: EventSide = toSide(views[index]!, this.#decoder, 0);
    return { seq: causeSeq, recorded: null, recomputed };
  }
}

/** The name under which the frame's subscription publishes; undefined if there was no such subscription. */
function sourceOf({ names, views }: RecordedFrame): string | undefined {
  return names[`source.${views.u16[SOURCE >> 1]!}`];
}
