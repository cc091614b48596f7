import { join } from 'node:path';
import { QtError } from '../base/index.ts';
import { FrameDecoder, TIMESTAMP, TypeTable, SEQ, type FrameViews } from '../codec/index.ts';
import type { ChainState } from './audit-chain.ts';
import { frameLength } from './batch.ts';
import { BATCH, FAULT, type BatchReader } from './batch-reader.ts';
import { Dictionary } from './dictionary.ts';
import { nodeFs, type JournalFs } from './file-system.ts';
import { align8, BATCH_HEADER_BYTES, BATCH_LOST, KIND_FRAMES, segmentName } from './format.ts';
import { findBatches, isUnfinishedTail } from './recovery.ts';
import { damaged, learn, listSegments, missingBefore, loadIndex, openSegment, readDictionary } from './segments.ts';

export interface JournalReaderOptions {
  /** First seq to deliver, default the oldest that is there. */
  readonly fromSeq?: number;
  /** Deliver from the first event on that happened at this time or later, us since 1970. Events behind it come in log order, whatever their time. */
  readonly fromTimeUs?: number;
  /** Called between the frames for a range that has none any more: retention removed them, or a repair gave them up. */
  readonly onMissing?: MissingCallback;
  readonly fs?: JournalFs;
}

export type MissingCallback = (firstSeq: number, lastSeq: number, why: 'removed' | 'lost') => void;

export interface FollowOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /** Time between two looks at the end of the log, in ms, default 50. */
  readonly pollMs?: number;
}

/** Called per frame: it starts at `index` of the views, and is valid only during the call. */
export type FrameCallback = (views: FrameViews, index: number, length: number, seq: number) => void;

/**
 * Opens a journal to read, forward. It needs no lock: the journal may be open elsewhere, in this process or another, and
 * retention may run. It sees whole batches only.
 *
 * @throws QtError QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED
 *
 * @example
 * const reader = openJournalReader('./journal', { fromSeq: 1000 });
 * while (reader.readBatch((views, index) => console.log(reader.decoder.type(views, index))) > 0);
 * reader.close();
 */
export function openJournalReader(directory: string, options: JournalReaderOptions = {}): JournalReader {
  return new JournalReader(directory, options);
}

/**
 * A position in a journal that moves forward. Keeps one window of one file in memory. What it meets is checked once per
 * batch; damage is an error that names the place, never a shorter answer. Not safe to use inside its own callback.
 */
export class JournalReader {
  /** Records in the range read so far that retention had removed. */
  removedRecords = 0;
  /** Records in the range read so far that repair had given up. */
  lostRecords = 0;
  readonly #fs: JournalFs;
  readonly #directory: string;
  readonly #onMissing: MissingCallback | null;
  #reader: BatchReader | null = null;
  #dictionary = new Dictionary();
  #decoder: FrameDecoder | null = null;
  #nextSeq: number;
  #fromTimeUs: number;
  #journalId: string | null = null;
  /** Where the last complete segment ended. */
  #endSeen = 0;

  /** Use `openJournalReader`. */
  constructor(directory: string, options: JournalReaderOptions) {
    this.#fs = options.fs ?? nodeFs;
    this.#directory = directory;
    this.#onMissing = options.onMissing ?? null;
    this.#nextSeq = Math.max(1, options.fromSeq ?? 1);
    this.#fromTimeUs = options.fromTimeUs ?? -Infinity;
    if (options.fromTimeUs !== undefined) this.#skipOlderSegments(options.fromTimeUs);
  }

  /** The seq that comes next, if there is one. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** 32 hexadecimal digits; null as long as no segment was there. */
  get journalId(): string | null {
    return this.#journalId;
  }

  /** The audit chain as the batch that was read last says: its head in front of the batch, and the chain behind it. */
  get chain(): { readonly before: string; readonly after: ChainState } | null {
    const { head } = this.#reader ?? {};
    return head === undefined ? null : { before: head.chainBefore, after: head.chain };
  }

  /** Types and names of the segment that was read last. */
  get dictionary(): ReturnType<Dictionary['toRecords']> {
    return this.#dictionary.toRecords();
  }

  /** Decodes the frames of the segment that was read last: take it anew in each callback or batch. */
  get decoder(): FrameDecoder {
    return (this.#decoder ??= new FrameDecoder(TypeTable.fromRecords(this.#dictionary.toRecords().types)));
  }

  /**
   * Delivers the frames of the next batch that has any.
   *
   * @returns how many; 0 at the end of the log, where a later call goes on if more was written
   * @throws QtError QT_JOURNAL_DAMAGED, QT_JOURNAL_VERSION_UNSUPPORTED
   */
  readBatch(callback: FrameCallback): number {
    for (;;) {
      if (this.#reader === null && !this.#openNext()) return 0;
      const reader = this.#reader!;
      const found = reader.next();
      if (found !== BATCH) {
        if (this.#goOn(reader, found === FAULT)) continue;
        return 0;
      }
      if (reader.head.kind === KIND_FRAMES) {
        const delivered = this.#deliver(reader, callback);
        if (delivered > 0) return delivered;
      } else {
        // Harmless to see again what the index let us read ahead.
        if (reader.head.count > 0 && !learn(this.#dictionary, reader)) throw this.#damaged(reader.at, 'the dictionary cannot be read');
        this.#decoder = null;
      }
    }
  }

  /** Delivers all frames up to the end of the log; returns how many. */
  readAll(callback: FrameCallback): number {
    let total = 0;
    for (let count = this.readBatch(callback); count > 0; count = this.readBatch(callback)) total += count;
    return total;
  }

  /**
   * Delivers frames as they come, until the signal is aborted. Yields after each batch and never holds the thread for
   * longer than one.
   */
  async *follow(callback: FrameCallback, options: FollowOptions = {}): AsyncGenerator<number, void, undefined> {
    const { signal, pollMs = 50 } = options;
    for (;;) {
      if (signal?.aborted === true) return;
      const count = this.readBatch(callback);
      if (count > 0) yield count;
      else await pause(pollMs, signal);
    }
  }

  close(): void {
    this.#reader?.close();
    this.#reader = null;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #deliver(reader: BatchReader, callback: FrameCallback): number {
    const { head, views, index } = reader;
    const { f64 } = views;
    const end = index + BATCH_HEADER_BYTES + head.payloadBytes;
    const from = this.#nextSeq;
    const fromTimeUs = this.#fromTimeUs;
    let delivered = 0;
    let expected = Math.max(from, head.firstSeq);
    if (head.lastSeq < from || head.timeMax < fromTimeUs) {
      this.#nextSeq = Math.max(from, head.lastSeq + 1);
      return 0;
    }
    for (let at = index + BATCH_HEADER_BYTES, i = 0; i < head.count; i++) {
      const length = frameLength(views, at, end);
      if (length === 0) throw this.#damaged(reader.at, `frame ${i} of the batch is not whole`);
      const seq = f64[(at + SEQ) >> 3]!;
      if (seq > expected) this.#tellMissing(expected, seq - 1);
      expected = Math.max(expected, seq + 1);
      if (seq >= from && (delivered > 0 || f64[(at + TIMESTAMP) >> 3]! >= fromTimeUs)) {
        delivered++;
        callback(views, at, length, seq);
      }
      at += align8(length);
    }
    if (head.lastSeq >= expected) this.#tellMissing(expected, head.lastSeq);
    const missing = head.lastSeq - Math.max(from, head.firstSeq) + 1 - delivered;
    if (head.count <= head.lastSeq - head.firstSeq && fromTimeUs === -Infinity) {
      if ((head.flags & BATCH_LOST) === 0) this.removedRecords += missing;
      else this.lostRecords += missing;
    }
    if (delivered > 0) this.#fromTimeUs = -Infinity;
    this.#nextSeq = head.lastSeq + 1;
    return delivered;
  }

  #tellMissing(firstSeq: number, lastSeq: number): void {
    // A reader that still looks for its time cannot say whether what is missing was before it.
    if (this.#onMissing === null || this.#fromTimeUs !== -Infinity) return;
    const isLost = (this.#reader!.head.flags & BATCH_LOST) !== 0;
    this.#onMissing(firstSeq, lastSeq, isLost ? 'lost' : 'removed');
  }

  /** At the end of what can be read of a file: true if there is a reason to look again at once. */
  #goOn(reader: BatchReader, isFault: boolean): boolean {
    const { fault, offset } = reader;
    const { firstSeq } = reader.header!;
    const newest = listSegments(this.#fs, this.#directory).at(-1) ?? 0;
    if (newest <= firstSeq) {
      return isFault && this.#isFinishedNow(reader, fault!);
    }
    // A newer segment exists, so this one is complete now; it may have grown between the look at it and at the folder.
    const found = reader.next();
    if (found === FAULT) throw this.#damaged(offset, fault ?? 'no batch');
    if (found === BATCH) {
      reader.seek(offset, reader.head.firstSeq);
      return true;
    }
    // Where it leads back to the same end, nothing answers for what comes next.
    if (this.#endSeen === reader.expectedSeq) throw missingBefore(reader.expectedSeq, newest);
    this.#endSeen = reader.expectedSeq;
    this.#nextSeq = Math.max(this.#nextSeq, reader.expectedSeq);
    this.close();
    return this.#openNext();
  }

  /**
   * What cannot be read at the very end is being written, or was when a crash came; unless whole batches follow it. True
   * if it can be read now.
   */
  #isFinishedNow(reader: BatchReader, fault: string): boolean {
    if (isUnfinishedTail(findBatches(this.#fs, reader.path, reader.offset), reader.expectedSeq)) return false;
    // Once more: the writer may have finished what was unfinished a moment ago.
    if (reader.next() !== BATCH) throw this.#damaged(reader.offset, fault);
    reader.seek(reader.at, reader.head.firstSeq);
    return true;
  }

  /** Opens the segment that answers for `nextSeq`; false if there is none yet. */
  #openNext(): boolean {
    // Retention may replace files between the look at the folder and the opening of one, so it may take a second look.
    for (let attempts = 0; ; attempts++) {
      const seqs = listSegments(this.#fs, this.#directory);
      if (seqs.length === 0) return false;
      const firstSeq = seqs.findLast((seq) => seq <= this.#nextSeq);
      if (firstSeq === undefined) throw missingBefore(this.#nextSeq, seqs[0]!);
      try {
        return this.#open(firstSeq, seqs.at(-1) === firstSeq);
      } catch (error) {
        const hasGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
        if (!hasGone || attempts >= 8) throw error;
      }
    }
  }

  #open(firstSeq: number, isLast: boolean): boolean {
    let reader: BatchReader;
    try {
      reader = openSegment(this.#fs, this.#directory, firstSeq, this.#journalId);
    } catch (error) {
      // A last file without a whole header has only just been made.
      if (isLast && error instanceof QtError && error.details['offset'] === 0 && this.#isUnborn(firstSeq)) return false;
      throw error;
    }
    try {
      this.#journalId = reader.header!.journalId;
      if (this.#nextSeq < firstSeq) this.#nextSeq = firstSeq;
      this.#dictionary = new Dictionary();
      this.#decoder = null;
      this.#seek(reader, firstSeq, isLast);
    } catch (error) {
      reader.close();
      throw error;
    }
    this.#reader = reader;
    return true;
  }

  #isUnborn(firstSeq: number): boolean {
    return findBatches(this.#fs, join(this.#directory, segmentName(firstSeq)), 0).length === 0;
  }

  /** Goes near `nextSeq` by the index, or by the headers of the batches where there is none. */
  #seek(reader: BatchReader, firstSeq: number, isLast: boolean): void {
    if (this.#nextSeq === firstSeq && this.#fromTimeUs === -Infinity) return;
    const size = reader.size();
    const index = isLast ? null : loadIndex(this.#fs, this.#directory, firstSeq, size);
    // All before an entry is of no interest if it is too early by its seq or by its time.
    const entry = index?.entries.findLast(([, seq, timeMax], i) => i === 0 || seq <= this.#nextSeq || timeMax < this.#fromTimeUs);
    // Entries that lie before the place are needed there too.
    this.#dictionary = readDictionary(this.#fs, this.#directory, firstSeq);
    if (entry !== undefined) reader.seek(entry[0], entry[1]);
    let { offset, expectedSeq } = reader;
    while (reader.skip(size) && (reader.head.lastSeq < this.#nextSeq || reader.head.timeMax < this.#fromTimeUs)) {
      offset = reader.offset;
      expectedSeq = reader.expectedSeq;
    }
    reader.seek(offset, expectedSeq);
  }

  /** Starts at the first segment whose index does not rule it out. */
  #skipOlderSegments(fromTimeUs: number): void {
    const seqs = listSegments(this.#fs, this.#directory);
    for (const seq of seqs.slice(0, -1)) {
      const reader = openSegment(this.#fs, this.#directory, seq, null);
      const index = loadIndex(this.#fs, this.#directory, seq, reader.size());
      reader.close();
      if (index === null) break;
      if (index.lastSeq < this.#nextSeq) continue;
      if (index.records > 0 && index.timeMax >= fromTimeUs) break;
      this.#nextSeq = index.lastSeq + 1;
    }
  }

  #damaged(offset: number, reason: string): QtError {
    return damaged({ file: segmentName(this.#reader!.header!.firstSeq), offset, reason });
  }
}

/** Timers here belong to the machine, not to the events, so there is no clock to inject. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
