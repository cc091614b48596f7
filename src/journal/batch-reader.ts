import { FrameViews } from '../codec/index.ts';
import { faultOfBatch, hasBatchMagic, readHead, type BatchHead } from './batch.ts';
import type { JournalFs } from './file-system.ts';
import { readRange } from './file-system.ts';
import { BATCH_HEADER_BYTES, decodeSegmentHeader, journalWord, SEGMENT_HEADER_BYTES, type SegmentHeader } from './format.ts';

/** Bytes read at once: four batches of the usual size, so that a call costs little beside their checksums. */
const WINDOW_BYTES = 256 * 1024;
/** Until the first batch is read: opening a journal looks at the headers of its closed segments only. */
const NO_WINDOW = new FrameViews(new ArrayBuffer(0));

/** What `next` found. */
export const BATCH = 1;
/** The file ends here, at the end of a batch. */
export const END = 0;
/** What follows is no batch, or not a whole one; `fault` says why. */
export const FAULT = -1;

/**
 * Walks over the batches of one segment file and checks each. Keeps one window of the file in memory, whatever its
 * length. After END or FAULT, `next` looks at the file again: it may have grown.
 */
export class BatchReader {
  readonly path: string;
  header: SegmentHeader | null = null;
  /** Holds the current batch; another object after a long batch. */
  views: FrameViews;
  /** Where the current batch starts in `views`. */
  index = 0;
  head!: BatchHead;
  /** Where the current batch starts in the file. */
  at = 0;
  /** Where the next one starts. */
  offset = SEGMENT_HEADER_BYTES;
  /** First seq that the next batch must have; 0 to take any. */
  expectedSeq = 0;
  fault: string | null = null;
  readonly #fs: JournalFs;
  readonly #fd: number;
  readonly #forced: boolean;
  #journal = 0;
  #windowStart = 0;
  #windowEnd = 0;

  /**
   * Throws the system error if the file cannot be opened.
   *
   * @param journalId to read batches of a file whose header cannot be read
   */
  constructor(fs: JournalFs, path: string, journalId?: string) {
    this.#fs = fs;
    this.path = path;
    this.#fd = fs.open(path, 'read');
    this.views = NO_WINDOW;
    this.#forced = journalId !== undefined;
    if (journalId !== undefined) this.#journal = journalWord(journalId);
    else this.readHeader();
  }

  /** Reads the segment header again if it was not whole; true if there is one. */
  readHeader(): boolean {
    const found = decodeSegmentHeader(readRange(this.#fs, this.#fd, 0, SEGMENT_HEADER_BYTES));
    if (typeof found === 'string') {
      this.fault = found;
      return false;
    }
    this.fault = null;
    this.header = found;
    this.expectedSeq = found.firstSeq;
    this.#journal = journalWord(found.journalId);
    return true;
  }

  size(): number {
    return this.#fs.size(this.#fd);
  }

  /** Goes on at a place that an index named. */
  seek(offset: number, expectedSeq: number): void {
    this.offset = offset;
    this.expectedSeq = expectedSeq;
  }

  next(): typeof BATCH | typeof END | typeof FAULT {
    if (this.header === null && !this.#forced && !this.readHeader()) return FAULT;
    if (!this.#has(BATCH_HEADER_BYTES)) {
      const left = this.#windowEnd - this.offset;
      return left <= 0 ? this.#end() : this.#fail(`a batch header is cut after ${left} bytes`);
    }
    if (!hasBatchMagic(this.views, this.offset - this.#windowStart)) return this.#fail('no batch begins here');
    let head = readHead(this.views, this.offset - this.#windowStart);
    if (head.length < BATCH_HEADER_BYTES || head.length % 8 !== 0 || head.payloadBytes > head.length - BATCH_HEADER_BYTES) {
      return this.#fail(`a batch cannot be ${head.length} bytes long with ${head.payloadBytes} of payload`);
    }
    if (this.offset + head.length > this.#windowEnd) {
      // Asked before memory is given: a damaged length must not cost more than the file is long.
      const size = this.size();
      if (this.offset + head.length > size) return this.#fail(`a batch of ${head.length} bytes is cut after ${size - this.offset} bytes`);
      if (!this.#has(head.length)) return this.#fail('the file became shorter');
      head = readHead(this.views, this.offset - this.#windowStart);
    }
    const index = this.offset - this.#windowStart;
    const fault = faultOfBatch(this.views, index, head, this.#journal) ?? this.#faultOfRange(head);
    if (fault !== null) return this.#fail(fault);
    this.head = head;
    this.index = index;
    this.at = this.offset;
    this.offset += head.length;
    this.expectedSeq = head.lastSeq + 1;
    this.fault = null;
    return BATCH;
  }

  /**
   * Moves past the next batch on the word of its header, without its checksum. False at the end, and where only `next`
   * can tell what is there.
   *
   * @param size of the file, as far as it is of interest
   */
  skip(size: number): boolean {
    const bytes = readRange(this.#fs, this.#fd, this.offset, this.offset + BATCH_HEADER_BYTES);
    if (bytes.length < BATCH_HEADER_BYTES) return false;
    const views = new FrameViews(bytes.buffer as ArrayBuffer);
    const head = readHead(views, 0);
    const isPossible = head.length >= BATCH_HEADER_BYTES && head.length % 8 === 0 && this.offset + head.length <= size;
    if (!hasBatchMagic(views, 0) || !isPossible || head.firstSeq !== this.expectedSeq || head.lastSeq < head.firstSeq - 1) return false;
    this.head = head;
    this.at = this.offset;
    this.offset += head.length;
    this.expectedSeq = head.lastSeq + 1;
    return true;
  }

  close(): void {
    this.#fs.close(this.#fd);
  }

  #faultOfRange(head: BatchHead): string | null {
    if (this.expectedSeq !== 0 && head.firstSeq !== this.expectedSeq) {
      return `the batch starts at seq ${head.firstSeq} instead of ${this.expectedSeq}`;
    }
    return head.lastSeq >= head.firstSeq - 1 ? null : `the batch ends at seq ${head.lastSeq}, before its start ${head.firstSeq}`;
  }

  #end(): typeof END {
    this.fault = null;
    this.#windowEnd = this.#windowStart;
    return END;
  }

  #fail(reason: string): typeof FAULT {
    this.fault = reason;
    // What was read may have been half written; the next look reads it again.
    this.#windowEnd = this.#windowStart;
    return FAULT;
  }

  /** True if that many bytes from `offset` are in the window; reads them if they are in the file. */
  #has(bytes: number): boolean {
    if (this.offset >= this.#windowStart && this.offset + bytes <= this.#windowEnd) return true;
    // No more than the file has: most files of a test, and the ends of all, are short.
    const wanted = Math.max(bytes, Math.min(WINDOW_BYTES, this.size() - this.offset));
    if (wanted > this.views.u8.length) this.views = new FrameViews(new ArrayBuffer(2 ** Math.ceil(Math.log2(wanted))));
    this.#windowStart = this.offset;
    this.#windowEnd = this.offset;
    const capacity = this.views.u8.length;
    while (this.#windowEnd - this.#windowStart < capacity) {
      const length = this.#windowEnd - this.#windowStart;
      const count = this.#fs.read(this.#fd, this.views.bytes, length, capacity - length, this.#windowEnd);
      if (count <= 0) break;
      this.#windowEnd += count;
    }
    return this.offset + bytes <= this.#windowEnd;
  }
}
