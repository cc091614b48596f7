import { FLAG_DYNAMIC, FLAGS, SEQ, TYPE_ID, type FrameViews } from '../codec/index.ts';
import { toErrorRecord } from '../base/index.ts';
import { isChained } from './audit-chain.ts';
import { frameLength } from './batch.ts';
import { BATCH, FAULT, type BatchReader } from './batch-reader.ts';
import { Dictionary } from './dictionary.ts';
import type { JournalFs } from './file-system.ts';
import { align8, BATCH_HEADER_BYTES, BATCH_REMOVED, KIND_FRAMES, SEGMENT_HEADER_BYTES, segmentName } from './format.ts';
import type { ClosedSegment } from './recovery.ts';
import type { RetentionStep } from './retention.ts';
import { SegmentRewriter } from './segment-rewriter.ts';
import { damaged, openSegment, readDictionary } from './segments.ts';

/** What retention did. */
export interface RetentionReport {
  /** Files that are gone. */
  readonly segmentsRemoved: number;
  /** Files that became smaller. */
  readonly segmentsRewritten: number;
  readonly recordsRemoved: number;
  readonly bytesRemoved: number;
  /** How many of the removed records a durable group had yet to see; 0 unless `retain` was told to remove them anyway. */
  readonly removedNeeded: number;
  /** Steps that failed and changed nothing, with the reason: a full disk, a file that a reader on Windows holds open. */
  readonly failures: readonly string[];
}

/**
 * Carries out retention, a batch at a time, so that the thread it shares with the writer is never held for long. A step
 * that fails leaves its segments as they were; only the journal's own writes can stop the journal.
 */
export class Compactor {
  readonly #fs: JournalFs;
  readonly #directory: string;
  readonly #steps: RetentionStep[];
  readonly #onDone: (replaced: readonly number[], by: ClosedSegment) => void;
  readonly #neededFromSeq: number;
  readonly #report = {
    segmentsRemoved: 0,
    segmentsRewritten: 0,
    recordsRemoved: 0,
    bytesRemoved: 0,
    removedNeeded: 0,
    failures: [] as string[],
  };
  #rewriter: SegmentRewriter | null = null;
  #reader: BatchReader | null = null;
  #dictionary = new Dictionary();
  /** Segments of the step at hand that are done. */
  #done = 0;
  /** Records taken out in the step at hand that a group had yet to see. */
  #needed = 0;

  /** @param neededFromSeq from here on, what is removed is counted as needed */
  constructor(
    fs: JournalFs,
    directory: string,
    steps: readonly RetentionStep[],
    neededFromSeq: number,
    onDone: (replaced: readonly number[], by: ClosedSegment) => void,
  ) {
    this.#fs = fs;
    this.#directory = directory;
    this.#steps = [...steps];
    this.#neededFromSeq = neededFromSeq;
    this.#onDone = onDone;
  }

  get report(): RetentionReport {
    return this.#report;
  }

  /** Does a piece of work; false when there is nothing left. */
  step(): boolean {
    const step = this.#steps[0];
    if (step === undefined) return false;
    try {
      this.#advance(step);
    } catch (error) {
      this.#report.failures.push(toErrorRecord(error).message);
      this.abandon();
      this.#next();
    }
    return true;
  }

  /** Gives the step at hand up. */
  abandon(): void {
    this.#reader?.close();
    this.#rewriter?.abort();
    this.#reader = null;
    this.#rewriter = null;
  }

  #advance(step: RetentionStep): void {
    const segment = step.segments[this.#done];
    if (segment === undefined) {
      this.#finish(step, step.segments.length);
      return;
    }
    const reader = (this.#reader ??= openSegment(this.#fs, this.#directory, segment.firstSeq, null));
    this.#rewriter ??= new SegmentRewriter(this.#fs, this.#directory, reader.header!);
    const rewriter = this.#rewriter;
    if (segment.drop === 'all') {
      rewriter.removedRecords += segment.records;
      rewriter.removedBytes += segment.bytes;
      if (segment.firstSeq >= this.#neededFromSeq) this.#needed += segment.records;
      rewriter.cover(segment.lastSeq, BATCH_REMOVED);
      this.#endSegment(reader, rewriter);
    } else if (reader.offset > SEGMENT_HEADER_BYTES) {
      this.#readBatch(reader, segment.drop, rewriter);
    } else {
      this.#dictionary = readDictionary(this.#fs, this.#directory, segment.firstSeq);
      if (rewriter.addDictionary(this.#dictionary.toRecords())) {
        this.#readBatch(reader, segment.drop, rewriter);
        return;
      }
      // The same numbers mean other types than in the segments before: it becomes a segment of its own.
      reader.close();
      this.#reader = null;
      this.#finish(step, this.#done);
    }
  }

  #readBatch(reader: BatchReader, drop: ReadonlySet<string>, rewriter: SegmentRewriter): void {
    const found = reader.next();
    if (found === FAULT)
      throw damaged({ file: segmentName(reader.header!.firstSeq), offset: reader.offset, reason: reader.fault ?? 'no batch' });
    if (found !== BATCH) {
      this.#endSegment(reader, rewriter);
      return;
    }
    const { head } = reader;
    if (head.kind !== KIND_FRAMES) return;
    rewriter.enter(head);
    const removed = this.#copyFrames(reader, drop, rewriter);
    rewriter.removedRecords += removed;
    rewriter.cover(head.lastSeq, head.flags | (removed > 0 ? BATCH_REMOVED : 0), head.chain);
  }

  #copyFrames(reader: BatchReader, drop: ReadonlySet<string>, rewriter: SegmentRewriter): number {
    const { head, views, index } = reader;
    const end = index + BATCH_HEADER_BYTES + head.payloadBytes;
    let removed = 0;
    for (let at = index + BATCH_HEADER_BYTES, i = 0; i < head.count; i++) {
      const length = frameLength(views, at, end);
      if (length === 0)
        throw damaged({ file: segmentName(reader.header!.firstSeq), offset: reader.at, reason: `frame ${i} of the batch is not whole` });
      // Dynamic types have one name here, and the plan knows only what stood in an index: the frame itself has the last word.
      if (!isChained(views, at) && drop.has(this.#typeOf(views, at))) {
        removed++;
        if (views.f64[(at + SEQ) >> 3]! >= this.#neededFromSeq) this.#needed++;
        rewriter.removedBytes += align8(length);
      } else {
        rewriter.add(views, at, length);
      }
      at += align8(length);
    }
    return removed;
  }

  #typeOf(views: FrameViews, at: number): string {
    const isDynamic = (views.u8[at + FLAGS]! & FLAG_DYNAMIC) !== 0;
    return isDynamic ? '' : (this.#dictionary.typeName(views.u16[(at + TYPE_ID) >> 1]!) ?? '');
  }

  /** A segment's range ends a batch, because the next one's entries come behind it. */
  #endSegment(reader: BatchReader, rewriter: SegmentRewriter): void {
    rewriter.flush();
    reader.close();
    this.#reader = null;
    this.#done++;
  }

  #finish(step: RetentionStep, count: number): void {
    const replaced = step.segments.slice(0, count).map(({ firstSeq }) => firstSeq);
    const rewriter = this.#rewriter!;
    const made = rewriter.finish(replaced);
    this.#rewriter = null;
    this.#report.segmentsRemoved += replaced.length - 1;
    this.#report.segmentsRewritten++;
    this.#report.recordsRemoved += rewriter.removedRecords;
    this.#report.bytesRemoved += rewriter.removedBytes;
    this.#report.removedNeeded += this.#needed;
    this.#onDone(replaced, made);
    const rest = step.segments.slice(count);
    this.#next();
    if (rest.length > 0) this.#steps.unshift({ segments: rest });
  }

  #next(): void {
    this.#steps.shift();
    this.#done = 0;
    this.#needed = 0;
    this.#dictionary = new Dictionary();
  }
}
