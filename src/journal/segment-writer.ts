import { join } from 'node:path';
import { QtError } from '../base/index.ts';
import { CHAIN_START, type ChainState } from './audit-chain.ts';
import { BatchBuilder, emptyRange, readHead } from './batch.ts';
import { Dictionary, encodeDictionary, type DictionaryRecords } from './dictionary.ts';
import { QT_JOURNAL_DISK_FULL, QT_JOURNAL_SYNC_FAILED, QT_JOURNAL_WRITE_FAILED } from './errors.ts';
import { writeFully, type JournalFs } from './file-system.ts';
import {
  BATCH_FSYNCED_LEVEL,
  encodeSegmentHeader,
  journalWord,
  KIND_DICTIONARY,
  KIND_FRAMES,
  KIND_SEAL,
  SEGMENT_HEADER_BYTES,
  segmentName,
} from './format.ts';
import type { ClosedSegment, TailSegment } from './recovery.ts';
import { SegmentIndex } from './segment-index.ts';
import { saveIndex } from './segments.ts';

export interface SegmentWriterParts {
  readonly fs: JournalFs;
  readonly directory: string;
  readonly journalId: string;
  readonly segmentBytes: number;
  readonly isFsynced: boolean;
  readonly nowUs: () => number;
  readonly onClosed: (segment: ClosedSegment) => void;
}

/**
 * Appends batches to the last segment and starts new ones. A segment is synced before its successor exists, at every
 * level, so that only the last file can have an unfinished end.
 *
 * What it throws is final: after a failed write or sync nobody knows what the file holds, so the owner must stop.
 */
export class SegmentWriter {
  nextSeq: number;
  /** Newest seq that is known to be on the disk for good. */
  syncedSeq: number;
  unsyncedBytes = 0;
  readonly #parts: SegmentWriterParts;
  readonly #flags: number;
  /** Everything this process declared: what a new segment must carry. */
  #table = new Dictionary();
  #dictionary = new Dictionary();
  #index: SegmentIndex;
  /** Where the audit chain goes on, if that is not where it ended. */
  #chainFrom: ChainState | null = null;
  #fd: number;
  #hasFrames: boolean;

  /** @throws QtError QT_JOURNAL_DISK_FULL, QT_JOURNAL_WRITE_FAILED, QT_JOURNAL_SYNC_FAILED; as all methods here */
  constructor(parts: SegmentWriterParts, tail: TailSegment | null, nextSeq: number) {
    this.#parts = parts;
    this.#flags = parts.isFsynced ? BATCH_FSYNCED_LEVEL : 0;
    this.nextSeq = nextSeq;
    this.syncedSeq = nextSeq - 1;
    if (tail === null) {
      this.#index = new SegmentIndex(nextSeq, SEGMENT_HEADER_BYTES, CHAIN_START);
      this.#fd = -1;
      this.#hasFrames = false;
      this.#create();
    } else {
      this.#index = tail.index;
      this.#dictionary = tail.dictionary;
      this.#hasFrames = tail.index.firstSeq !== nextSeq;
      this.#fd = this.#open(tail.index.firstSeq);
      // What an earlier process wrote and did not sync counts as synced only from here on, and so does the name of a file
      // that it had just made.
      this.#syncFile();
      attempt('sync', () => parts.fs.syncDirectory(parts.directory));
    }
  }

  /** Makes sure that the current segment explains these types and names. */
  declare(records: DictionaryRecords): void {
    this.#table.replace(records);
    if (this.#dictionary.accepts(records)) {
      this.#writeEntries(records);
    } else {
      this.#roll();
    }
  }

  /** Forgets what was declared: a new segment begins, which explains only what is declared from here on. */
  renew(): void {
    this.#table = new Dictionary();
    this.#roll();
  }

  /** The audit chain up to what was appended. */
  get chain(): ChainState {
    return this.#index.chain;
  }

  /** The next frames go on with the audit chain from here: those that led here are lost. */
  continueChain(state: ChainState): void {
    this.#chainFrom = state;
  }

  /**
   * Appends a batch of frames, in a new segment if this one is full.
   *
   * @param chain the audit chain behind them
   */
  append(builder: BatchBuilder, chain: ChainState): void {
    if (this.#hasFrames && this.#index.bytes + builder.length > this.#parts.segmentBytes) this.#roll();
    builder.finish(KIND_FRAMES, this.#flags | builder.missing, this.syncedSeq, (this.#chainFrom ?? this.chain).head, chain);
    this.#chainFrom = null;
    this.nextSeq = builder.lastSeq + 1;
    this.#hasFrames = true;
    this.#write(builder);
  }

  /** Flushes the disk; afterwards everything appended so far is durable. */
  sync(): void {
    this.#syncFile();
    this.syncedSeq = this.nextSeq - 1;
    this.unsyncedBytes = 0;
  }

  /** Ends in peace: everything synced, and said so in the file. */
  close(): void {
    this.sync();
    const seal = new BatchBuilder(journalWord(this.#parts.journalId), 0);
    emptyRange(seal, this.nextSeq, this.nextSeq - 1);
    seal.finish(KIND_SEAL, this.#flags, this.syncedSeq, this.chain.head, this.chain);
    this.#write(seal);
    this.#syncFile();
    this.#parts.fs.close(this.#fd);
  }

  /** Lets go of the file after a failure, with no word to the disk. */
  abandon(): void {
    if (this.#fd >= 0) this.#parts.fs.close(this.#fd);
  }

  #writeEntries(records: DictionaryRecords): void {
    const added = this.#dictionary.add(records);
    if (added === null) return;
    const batch = new BatchBuilder(journalWord(this.#parts.journalId), 0);
    batch.setPayload(encodeDictionary(added), added.types.length + Object.keys(added.names).length);
    emptyRange(batch, this.nextSeq, this.nextSeq - 1);
    batch.finish(KIND_DICTIONARY, this.#flags, this.syncedSeq, this.chain.head, this.chain);
    this.#write(batch);
  }

  #write(batch: BatchBuilder): void {
    const { fs } = this.#parts;
    attempt('write', () => writeFully(fs, this.#fd, batch.bytes, batch.length, this.#index.bytes));
    this.#index.add(readHead(batch.views, 0), batch.views, 0);
    this.unsyncedBytes += batch.length;
  }

  #roll(): void {
    const { fs, directory, onClosed } = this.#parts;
    if (this.#hasFrames) {
      this.sync();
      const dictionary = this.#dictionary;
      const record = this.#index.toRecord((id) => dictionary.typeName(id));
      attempt('write', () => {
        fs.close(this.#fd);
        this.#fd = -1;
        saveIndex(fs, directory, record);
      });
      const { entries: _, ...summary } = record;
      onClosed({ ...summary, isRewritten: false });
      this.#create();
    } else {
      // Nothing but entries that do not hold any more: it starts over under the same name.
      attempt('write', () => fs.truncate(this.#fd, SEGMENT_HEADER_BYTES));
      this.#begin();
    }
    if (!this.#table.isEmpty) this.#writeEntries(this.#table.toRecords());
  }

  #create(): void {
    const { fs, directory, journalId, nowUs } = this.#parts;
    const header = encodeSegmentHeader({
      isRewritten: false,
      journalId,
      firstSeq: this.nextSeq,
      createdUs: nowUs(),
      removedRecords: 0,
      removedBytes: 0,
      chain: this.chain,
    });
    attempt('write', () => {
      this.#fd = fs.open(join(directory, segmentName(this.nextSeq)), 'create');
      writeFully(fs, this.#fd, header, header.length, 0);
    });
    this.#syncFile();
    attempt('sync', () => fs.syncDirectory(directory));
    this.#begin();
  }

  #begin(): void {
    this.#index = new SegmentIndex(this.nextSeq, SEGMENT_HEADER_BYTES, this.chain);
    this.#dictionary = new Dictionary();
    this.#hasFrames = false;
  }

  #open(firstSeq: number): number {
    return attempt('write', () => this.#parts.fs.open(join(this.#parts.directory, segmentName(firstSeq)), 'write'));
  }

  #syncFile(): void {
    attempt('sync', () => this.#parts.fs.sync(this.#fd));
  }
}

/** Runs a call to the file system and gives what it throws our code. */
export function attempt<T>(action: 'write' | 'sync', call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof QtError) throw error;
    const reason = (error as NodeJS.ErrnoException).code;
    const isFull = reason === 'ENOSPC' || reason === 'EDQUOT';
    const code = isFull ? QT_JOURNAL_DISK_FULL : action === 'sync' ? QT_JOURNAL_SYNC_FAILED : QT_JOURNAL_WRITE_FAILED;
    throw new QtError(code, `Cannot ${action} the journal: ${(error as Error).message}`, {
      cause: error,
      details: { reason: reason ?? null },
    });
  }
}
