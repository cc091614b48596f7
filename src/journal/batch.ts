/** Batches as bytes: filling one, and what the header of one says. Layout in `format.ts`. */
import { crc32 } from 'node:zlib';
import { copyFrameBody, FrameViews, HEADER_BYTES, LENGTH, SEQ, TIMESTAMP, TS_INIT } from '../codec/index.ts';
import type { ChainState } from './audit-chain.ts';
import {
  align8,
  BATCH_CRC,
  BATCH_CRC_START,
  BATCH_CHAIN_BEFORE,
  BATCH_CHAIN_HEAD,
  BATCH_CHAINED,
  BATCH_COUNT,
  BATCH_FIRST_SEQ,
  BATCH_FLAGS,
  BATCH_HEADER_BYTES,
  BATCH_JOURNAL,
  BATCH_KIND,
  BATCH_LAST_SEQ,
  BATCH_LENGTH,
  BATCH_MAGIC,
  BATCH_PAYLOAD,
  BATCH_SYNCED_SEQ,
  BATCH_TIME_MAX,
  BATCH_TIME_MIN,
  KIND_DICTIONARY,
  KIND_FRAMES,
  KIND_SEAL,
} from './format.ts';

export interface BatchHead {
  readonly length: number;
  readonly kind: number;
  readonly flags: number;
  readonly count: number;
  readonly payloadBytes: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly timeMin: number;
  readonly timeMax: number;
  readonly syncedSeq: number;
  /** Head of the audit chain in front of this batch, and the chain behind it. */
  readonly chainBefore: string;
  readonly chain: ChainState;
}

const CHAIN_HEAD_BYTES = 32;

/** Collects frames for one batch. Allocates only when a frame is longer than any before. */
export class BatchBuilder {
  views: FrameViews;
  length = BATCH_HEADER_BYTES;
  count = 0;
  firstSeq = 0;
  lastSeq = 0;
  timeMin = 0;
  timeMax = 0;
  /** When the newest frame was accepted. */
  lastInitUs = 0;
  /** BATCH_REMOVED or BATCH_LOST, if the range is longer than its frames. */
  missing = 0;
  readonly #journal: number;
  #payloadEnd = BATCH_HEADER_BYTES;

  constructor(journal: number, bytes: number) {
    this.#journal = journal;
    this.views = new FrameViews(new ArrayBuffer(BATCH_HEADER_BYTES + align8(bytes)));
  }

  get bytes(): Buffer {
    return this.views.bytes;
  }

  /** Nothing in it, and no range either. */
  get isEmpty(): boolean {
    return this.count === 0 && this.missing === 0;
  }

  /** Adds the frame at `index` of another buffer and returns where it is now. Records its seq and event time. */
  add(source: FrameViews, index: number, length: number): number {
    const at = this.#reserve(length);
    this.views.i32[(at + LENGTH) >> 2] = length;
    copyFrameBody(source, index, this.views, at, length);
    this.#pad();
    const seq = source.f64[(index + SEQ) >> 3]!;
    const time = source.f64[(index + TIMESTAMP) >> 3]!;
    if (this.isEmpty) this.firstSeq = seq;
    if (this.count === 0) {
      this.timeMin = time;
      this.timeMax = time;
    } else if (time < this.timeMin) this.timeMin = time;
    else if (time > this.timeMax) this.timeMax = time;
    this.lastSeq = seq;
    this.lastInitUs = source.f64[(index + TS_INIT) >> 3]!;
    this.count++;
    return at;
  }

  /**
   * Answers for seqs without frames.
   *
   * @param flag BATCH_REMOVED or BATCH_LOST, the same for all of a batch
   */
  skip(firstSeq: number, lastSeq: number, flag: number): void {
    if (this.isEmpty) this.firstSeq = firstSeq;
    this.lastSeq = lastSeq;
    this.missing = flag;
  }

  /** Makes the payload these bytes, which are no frames. */
  setPayload(bytes: Uint8Array, count: number): void {
    const at = this.#reserve(bytes.length);
    this.views.u8.set(bytes, at);
    this.#pad();
    this.count = count;
  }

  /**
   * Writes the header and the checksum.
   *
   * @param syncedSeq newest seq that is known to be fsynced
   * @param chainBefore head of the audit chain in front of it
   * @param chain the audit chain behind it
   * @returns length of the batch, which starts at index 0 of `bytes`
   */
  finish(kind: number, flags: number, syncedSeq: number, chainBefore: string, chain: ChainState): number {
    const { u8, u32, f64, bytes } = this.views;
    u32[0] = BATCH_MAGIC;
    u32[BATCH_LENGTH >> 2] = this.length;
    u32[BATCH_KIND >> 2] = 0;
    u8[BATCH_KIND] = kind;
    u8[BATCH_FLAGS] = flags;
    u32[BATCH_COUNT >> 2] = this.count;
    u32[BATCH_PAYLOAD >> 2] = this.#payloadEnd - BATCH_HEADER_BYTES;
    u32[BATCH_JOURNAL >> 2] = this.#journal;
    u32[(BATCH_JOURNAL >> 2) + 1] = 0;
    f64[BATCH_FIRST_SEQ >> 3] = this.firstSeq;
    f64[BATCH_LAST_SEQ >> 3] = this.lastSeq;
    f64[BATCH_TIME_MIN >> 3] = this.timeMin;
    f64[BATCH_TIME_MAX >> 3] = this.timeMax;
    f64[BATCH_SYNCED_SEQ >> 3] = syncedSeq;
    f64[BATCH_CHAINED >> 3] = chain.records;
    bytes.write(chainBefore, BATCH_CHAIN_BEFORE, 'hex');
    bytes.write(chain.head, BATCH_CHAIN_HEAD, 'hex');
    u32[BATCH_CRC >> 2] = crc32(bytes.subarray(BATCH_CRC_START, this.length));
    return this.length;
  }

  reset(): void {
    this.length = BATCH_HEADER_BYTES;
    this.#payloadEnd = BATCH_HEADER_BYTES;
    this.count = 0;
    this.missing = 0;
    this.firstSeq = 0;
    this.lastSeq = 0;
    this.timeMin = 0;
    this.timeMax = 0;
  }

  #reserve(length: number): number {
    const at = this.length;
    const end = at + align8(length);
    if (end > this.views.u8.length) this.#grow(end);
    this.length = end;
    this.#payloadEnd = at + length;
    return at;
  }

  /** The buffer is used again and again, and equal events must give equal bytes. */
  #pad(): void {
    for (let i = this.#payloadEnd; i < this.length; i++) this.views.u8[i] = 0;
  }

  #grow(bytes: number): void {
    const larger = new FrameViews(new ArrayBuffer(2 ** Math.ceil(Math.log2(bytes))));
    this.views.bytes.copy(larger.bytes, 0, 0, this.length);
    this.views = larger;
  }
}

/** A batch without frames: a dictionary, a seal, or a range from which all records are gone. */
export function emptyRange(builder: BatchBuilder, firstSeq: number, lastSeq: number): void {
  builder.firstSeq = firstSeq;
  builder.lastSeq = lastSeq;
}

/** The header at `index`, of which all bytes must be there. */
export function readHead(views: FrameViews, index: number): BatchHead {
  const { bytes, u8, u32, f64 } = views;
  const hash = (offset: number): string => bytes.toString('hex', index + offset, index + offset + CHAIN_HEAD_BYTES);
  return {
    length: u32[(index + BATCH_LENGTH) >> 2]!,
    kind: u8[index + BATCH_KIND]!,
    flags: u8[index + BATCH_FLAGS]!,
    count: u32[(index + BATCH_COUNT) >> 2]!,
    payloadBytes: u32[(index + BATCH_PAYLOAD) >> 2]!,
    firstSeq: f64[(index + BATCH_FIRST_SEQ) >> 3]!,
    lastSeq: f64[(index + BATCH_LAST_SEQ) >> 3]!,
    timeMin: f64[(index + BATCH_TIME_MIN) >> 3]!,
    timeMax: f64[(index + BATCH_TIME_MAX) >> 3]!,
    syncedSeq: f64[(index + BATCH_SYNCED_SEQ) >> 3]!,
    chainBefore: hash(BATCH_CHAIN_BEFORE),
    chain: { records: f64[(index + BATCH_CHAINED) >> 3]!, head: hash(BATCH_CHAIN_HEAD) },
  };
}

/** True if a batch of a possible length could start at `index`, judged by its magic. */
export function hasBatchMagic(views: FrameViews, index: number): boolean {
  return views.u32[index >> 2] === BATCH_MAGIC;
}

/** Why the batch at `index`, of which all bytes are there, is none of this journal; null if it is one. */
export function faultOfBatch(views: FrameViews, index: number, head: BatchHead, journal: number): string | null {
  const expected = views.u32[(index + BATCH_CRC) >> 2]!;
  if (crc32(views.bytes.subarray(index + BATCH_CRC_START, index + head.length)) !== expected) return 'the checksum of the batch is wrong';
  if (views.u32[(index + BATCH_JOURNAL) >> 2] !== journal) return 'the batch belongs to another journal';
  if (head.kind !== KIND_FRAMES && head.kind !== KIND_DICTIONARY && head.kind !== KIND_SEAL)
    return `the batch has the unknown kind ${head.kind}`;
  return null;
}

/** Length of the frame at `index` if it lies within `end` and is one; 0 if not. */
export function frameLength(views: FrameViews, index: number, end: number): number {
  if (index + HEADER_BYTES > end) return 0;
  const length = views.i32[(index + LENGTH) >> 2]!;
  return length >= HEADER_BYTES && index + length <= end ? length : 0;
}
