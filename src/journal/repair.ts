import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock, type Clock } from '../base/index.ts';
import { CHAIN_START, type ChainState } from './audit-chain.ts';
import { frameLength } from './batch.ts';
import { BATCH, BatchReader, END } from './batch-reader.ts';
import { decodeDictionary } from './dictionary.ts';
import { nodeFs, type JournalFs } from './file-system.ts';
import {
  align8,
  BATCH_HEADER_BYTES,
  BATCH_LOST,
  FORMAT_VERSION,
  KIND_DICTIONARY,
  KIND_FRAMES,
  segmentName,
  type SegmentHeader,
} from './format.ts';
import { lockDirectory } from './owner.ts';
import { findBatches, keepAside, recover, removeSegment, type FoundBatch } from './recovery.ts';
import { SegmentRewriter } from './segment-rewriter.ts';
import { attempt } from './segment-writer.ts';
import { listSegments } from './segments.ts';

/** Records that nobody has any more. */
export interface LostRange {
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export interface RepairReport {
  readonly lost: readonly LostRange[];
  /** Copies of all files that were changed or taken out. */
  readonly keptAside: readonly string[];
  /** Newest seq of the journal as it is now. */
  readonly lastSeq: number;
}

/**
 * Makes a damaged journal usable again, by giving up what cannot be read, and nothing else: whole batches behind a
 * damaged place stay. What is given up is marked in the log, so every reader knows of it, and the files as they were are
 * kept in `lost+found/`. Nothing calls this on its own. Afterwards `verifyJournal` finds the journal sound.
 *
 * @throws QtError QT_JOURNAL_LOCKED, QT_JOURNAL_DISK_FULL, QT_JOURNAL_WRITE_FAILED, QT_JOURNAL_VERSION_UNSUPPORTED
 */
export function repairJournal(directory: string, fs: JournalFs = nodeFs, clock: Clock = systemClock): RepairReport {
  const unlock = lockDirectory(fs, directory, clock);
  try {
    return attempt('write', () => new Repair(fs, directory, clock).run());
  } finally {
    unlock();
  }
}

class Repair {
  readonly #fs: JournalFs;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #lost: LostRange[] = [];
  readonly #keptAside: string[] = [];
  #journalId = '';
  #nextSeq = 1;
  /** The audit chain in front of it. */
  #chain = CHAIN_START;

  constructor(fs: JournalFs, directory: string, clock: Clock) {
    this.#fs = fs;
    this.#directory = directory;
    this.#clock = clock;
  }

  run(): RepairReport {
    this.#journalId = this.#findJournalId();
    this.#rename();
    for (const firstSeq of listSegments(this.#fs, this.#directory)) this.#mend(firstSeq);
    const { report } = recover(this.#fs, this.#directory);
    if (report.keptAside !== null) this.#keptAside.push(report.keptAside);
    return { lost: this.#lost, keptAside: this.#keptAside, lastSeq: report.lastSeq };
  }

  /** From the first header that can be read, or as much of it as a batch holds. */
  #findJournalId(): string {
    const seqs = listSegments(this.#fs, this.#directory);
    for (const seq of seqs) {
      const { header } = this.#inspect(seq);
      if (header !== null) return header.journalId;
    }
    for (const seq of seqs) {
      const [batch] = findBatches(this.#fs, join(this.#directory, segmentName(seq)), 0);
      if (batch !== undefined) return batch.journal.toString(16).padStart(8, '0').padEnd(32, '0');
    }
    return randomBytes(16).toString('hex');
  }

  /** Gives segments their names back, and takes second copies and strangers out. */
  #rename(): void {
    for (const seq of listSegments(this.#fs, this.#directory)) {
      const { header } = this.#inspect(seq);
      if (header === null || (header.firstSeq === seq && header.journalId === this.#journalId)) continue;
      const right = join(this.#directory, segmentName(header.firstSeq));
      if (header.journalId === this.#journalId && !this.#fs.exists(right)) {
        this.#fs.rename(join(this.#directory, segmentName(seq)), right);
      } else {
        this.#takeOut(seq);
      }
    }
    this.#fs.syncDirectory(this.#directory);
  }

  #mend(firstSeq: number): void {
    const path = join(this.#directory, segmentName(firstSeq));
    const { chain, header, lastSeq, isWhole } = this.#inspect(firstSeq);
    if (header !== null && isWhole && firstSeq === this.#nextSeq) {
      this.#nextSeq = lastSeq + 1;
      this.#chain = chain;
      return;
    }
    const journal = Number.parseInt(this.#journalId.slice(0, 8), 16);
    const batches = findBatches(this.#fs, path, 0).filter((batch) => batch.journal === journal && batch.firstSeq >= this.#nextSeq);
    const isEnd = firstSeq === listSegments(this.#fs, this.#directory).at(-1);
    // An unfinished end is no damage: recovery cuts it, and gives up no seq for it.
    if (header !== null && firstSeq === this.#nextSeq && isEnd && batches.every((batch) => batch.lastSeq <= lastSeq)) return;
    this.#keep(firstSeq);
    this.#rewrite(path, batches, firstSeq);
  }

  #rewrite(path: string, batches: readonly FoundBatch[], firstSeq: number): void {
    const start = this.#nextSeq;
    const origin: Omit<SegmentHeader, 'version'> = {
      isRewritten: true,
      journalId: this.#journalId,
      firstSeq: start,
      createdUs: this.#clock.nowUs(),
      removedRecords: 0,
      removedBytes: 0,
      chain: this.#chain,
    };
    const rewriter = new SegmentRewriter(this.#fs, this.#directory, { ...origin, version: FORMAT_VERSION });
    const reader = new BatchReader(this.#fs, path, this.#journalId);
    try {
      for (const batch of batches) this.#copy(reader, batch, rewriter);
    } finally {
      reader.close();
    }
    if (this.#nextSeq === start) {
      // Nothing to keep, and the range belongs to the segment that comes next, if one does.
      rewriter.abort();
      removeSegment(this.#fs, this.#directory, firstSeq);
    } else {
      rewriter.finish(firstSeq === start ? [] : [firstSeq]);
    }
  }

  #copy(reader: BatchReader, batch: FoundBatch, rewriter: SegmentRewriter): void {
    if (batch.firstSeq < this.#nextSeq) return;
    if (batch.firstSeq > this.#nextSeq) {
      rewriter.flush();
      rewriter.cover(batch.firstSeq - 1, BATCH_LOST);
      rewriter.flush();
      this.#lost.push({ firstSeq: this.#nextSeq, lastSeq: batch.firstSeq - 1 });
      this.#nextSeq = batch.firstSeq;
    }
    reader.seek(batch.at, batch.firstSeq);
    if (reader.next() !== BATCH) return;
    const { views, index } = reader;
    const start = index + BATCH_HEADER_BYTES;
    if (batch.kind === KIND_DICTIONARY) {
      const records = decodeDictionary(views.bytes.subarray(start, start + batch.payloadBytes));
      if (records !== null) rewriter.addDictionary(records);
    } else if (batch.kind === KIND_FRAMES) {
      rewriter.enter(batch);
      for (let at = start, i = 0; i < batch.count; i++) {
        const length = frameLength(views, at, start + batch.payloadBytes);
        if (length === 0) break;
        rewriter.add(views, at, length);
        at += align8(length);
      }
      rewriter.cover(batch.lastSeq, batch.flags, batch.chain);
      this.#nextSeq = batch.lastSeq + 1;
      this.#chain = batch.chain;
    }
  }

  #inspect(seq: number): { header: SegmentHeader | null; lastSeq: number; chain: ChainState; isWhole: boolean } {
    const reader = new BatchReader(this.#fs, join(this.#directory, segmentName(seq)));
    try {
      let chain = reader.header?.chain ?? this.#chain;
      let found = reader.next();
      while (found === BATCH) {
        ({ chain } = reader.head);
        found = reader.next();
      }
      return { header: reader.header, lastSeq: reader.expectedSeq - 1, chain, isWhole: found === END };
    } finally {
      reader.close();
    }
  }

  #keep(seq: number): void {
    const path = keepAside(this.#fs, this.#directory, segmentName(seq), 0);
    if (path !== null) this.#keptAside.push(path);
  }

  #takeOut(seq: number): void {
    this.#keep(seq);
    removeSegment(this.#fs, this.#directory, seq);
  }
}
