import { join } from 'node:path';
import type { FrameViews } from '../codec/index.ts';
import type { ChainState } from './audit-chain.ts';
import { BatchBuilder, emptyRange, readHead, type BatchHead } from './batch.ts';
import { Dictionary, encodeDictionary, type DictionaryRecords } from './dictionary.ts';
import { writeFully, type JournalFs } from './file-system.ts';
import {
  BATCH_LOST,
  BATCH_REMOVED,
  encodeSegmentHeader,
  indexName,
  journalWord,
  KIND_DICTIONARY,
  KIND_FRAMES,
  SEGMENT_HEADER_BYTES,
  segmentName,
  type SegmentHeader,
} from './format.ts';
import type { ClosedSegment } from './recovery.ts';
import { SegmentIndex } from './segment-index.ts';
import { saveIndex } from './segments.ts';

/** Its name ends like no segment's, so that an unfinished one is never read. */
const DRAFT = 'rewrite.new';
const BATCH_BYTES = 64 * 1024;

/**
 * Makes one closed segment out of parts of others, for retention and repair. Works on a draft; `finish` puts it in place
 * of the first segment, and only then deletes the others. A crash in between leaves segments whose range the new one
 * covers; `recover` removes them.
 */
export class SegmentRewriter {
  removedRecords = 0;
  removedBytes = 0;
  readonly #fs: JournalFs;
  readonly #directory: string;
  readonly #origin: SegmentHeader;
  readonly #index: SegmentIndex;
  readonly #dictionary = new Dictionary();
  readonly #builder: BatchBuilder;
  readonly #fd: number;
  /** First seq that the pending batch answers for. */
  #rangeStart: number;
  /** Last seq that anything here answers for. */
  #rangeEnd: number;
  #flags = 0;
  /** Head of the audit chain in front of the pending batch, and the chain behind what it covers. */
  #chainBefore: string;
  #chain: ChainState;

  constructor(fs: JournalFs, directory: string, origin: SegmentHeader) {
    this.#fs = fs;
    this.#directory = directory;
    this.#origin = origin;
    this.#index = new SegmentIndex(origin.firstSeq, SEGMENT_HEADER_BYTES, origin.chain);
    this.#builder = new BatchBuilder(journalWord(origin.journalId), BATCH_BYTES);
    this.#rangeStart = origin.firstSeq;
    this.#rangeEnd = origin.firstSeq - 1;
    this.#chainBefore = origin.chain.head;
    this.#chain = origin.chain;
    const draft = join(directory, DRAFT);
    if (fs.exists(draft)) fs.unlink(draft);
    this.#fd = fs.open(draft, 'create');
  }

  get bytes(): number {
    return this.#index.bytes + this.#builder.length;
  }

  /** Takes entries over; false if they contradict what is here, and then nothing is changed. */
  addDictionary(records: DictionaryRecords): boolean {
    if (!this.#dictionary.accepts(records)) return false;
    this.flush();
    const added = this.#dictionary.add(records);
    if (added === null) return true;
    this.#builder.setPayload(encodeDictionary(added), added.types.length + Object.keys(added.names).length);
    emptyRange(this.#builder, this.#rangeStart, this.#rangeEnd);
    this.#write(KIND_DICTIONARY, 0);
    return true;
  }

  /**
   * Begins to take frames of a batch. Where its audit chain does not go on from what is here, a batch of its own begins, so
   * that the break stays to be seen.
   */
  enter(head: BatchHead): void {
    if (head.chainBefore === this.#chain.head) return;
    this.flush();
    this.#chainBefore = head.chainBefore;
  }

  /** Adds a frame of the range that the next `cover` names. */
  add(views: FrameViews, index: number, length: number): void {
    this.#builder.add(views, index, length);
  }

  /**
   * Answers for everything up to this seq, with the frames added so far.
   *
   * @param chain the audit chain behind them; by default it is where it was
   */
  cover(lastSeq: number, flags: number, chain: ChainState = this.#chain): void {
    this.#rangeEnd = lastSeq;
    this.#chain = chain;
    this.#flags |= flags & (BATCH_LOST | BATCH_REMOVED);
    if (this.#builder.length >= BATCH_BYTES) this.flush();
  }

  /** Ends the pending batch. */
  flush(): void {
    if (this.#rangeEnd < this.#rangeStart) return;
    emptyRange(this.#builder, this.#rangeStart, this.#rangeEnd);
    this.#write(KIND_FRAMES, this.#flags);
    this.#flags = 0;
    this.#rangeStart = this.#rangeEnd + 1;
    this.#chainBefore = this.#chain.head;
  }

  /** Puts the new segment in place of those it covers. */
  finish(replaced: readonly number[]): ClosedSegment {
    this.flush();
    const fs = this.#fs;
    const { firstSeq } = this.#origin;
    const removedRecords = this.#origin.removedRecords + this.removedRecords;
    const removedBytes = this.#origin.removedBytes + this.removedBytes;
    const header = encodeSegmentHeader({ ...this.#origin, isRewritten: true, removedRecords, removedBytes });
    writeFully(fs, this.#fd, header, header.length, 0);
    fs.sync(this.#fd);
    fs.close(this.#fd);
    // For good, and before the rename: the old index beside the new segment would be taken for its own if both are of one length.
    this.#unlink(indexName(firstSeq));
    fs.syncDirectory(this.#directory);
    fs.rename(join(this.#directory, DRAFT), join(this.#directory, segmentName(firstSeq)));
    fs.syncDirectory(this.#directory);
    for (const seq of replaced) {
      if (seq === firstSeq) continue;
      this.#unlink(segmentName(seq));
      this.#unlink(indexName(seq));
    }
    const record = this.#index.toRecord((id) => this.#dictionary.typeName(id));
    saveIndex(fs, this.#directory, record);
    const { entries: _, ...summary } = record;
    return { ...summary, isRewritten: true };
  }

  /** Gives up; nothing has changed. */
  abort(): void {
    try {
      this.#fs.close(this.#fd);
    } catch {
      // `finish` may have closed it before it failed.
    }
    this.#unlink(DRAFT);
  }

  #unlink(name: string): void {
    const path = join(this.#directory, name);
    if (this.#fs.exists(path)) this.#fs.unlink(path);
  }

  #write(kind: number, flags: number): void {
    const builder = this.#builder;
    // Everything in it was on the disk before, so it counts as synced.
    builder.finish(kind, flags, builder.lastSeq, this.#chainBefore, this.#chain);
    writeFully(this.#fs, this.#fd, builder.bytes, builder.length, this.#index.bytes);
    this.#index.add(readHead(builder.views, 0), builder.views, 0);
    builder.reset();
  }
}
