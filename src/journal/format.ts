/**
 * The bytes of a segment file. Little-endian; everything starts at a multiple of 8. A file is named by the first seq it
 * covers, in 16 digits: `0000000000000001.qtj`; beside it lies its index, `0000000000000001.idx`, which can be lost.
 *
 * ```
 *  +----------------+------------------+--------------+--------------+- - -
 *  | header, 128 B  | dictionary batch | frames batch | frames batch | ...   to the end of the file
 *  +----------------+------------------+--------------+--------------+- - -
 *
 *  header
 *    0  u32 magic "QTJS"
 *    4  u16 format version
 *    6  u16 flags              1 = rewritten by retention or repair
 *    8  u32 header bytes       128
 *   12  u32 CRC-32 of the header, taken with this word 0
 *   16  16 B journal id        the same in all segments of a journal
 *   32  f64 first seq          as in the file name
 *   40  f64 created, us since 1970
 *   48  f64 records that retention removed from this range
 *   56  f64 bytes of them
 *   64  f64 records in the audit chain in front of this segment
 *   72  32 B head of the audit chain in front of it
 *  104  zeros
 *
 *  batch
 *    0  u32 magic "QTJB"
 *    4  u32 CRC-32 of everything behind this word
 *    8  u32 bytes of the whole batch, a multiple of 8
 *   12  u8  kind               1 frames, 2 dictionary, 3 seal
 *   13  u8  flags              1 = written at level fsynced, 2 = records were removed, 4 = records were lost
 *   14  u16 zero
 *   16  u32 records
 *   20  u32 bytes of the payload, without zeros at its end
 *   24  u32 first 4 bytes of the journal id
 *   28  u32 zero
 *   32  f64 first seq          of the range this batch answers for
 *   40  f64 last seq           first - 1 for an empty range
 *   48  f64 earliest event time in it, us
 *   56  f64 latest event time in it, us
 *   64  f64 newest seq that was known to be fsynced when this batch was written
 *   72  f64 records in the audit chain, up to the end of this batch
 *   80  32 B head of the audit chain in front of this batch
 *  112  32 B and behind it: the same if no frame of it is chained
 *  144  payload: frames, 8-aligned (src/codec/frame.ts), or JSON in UTF-8
 * ```
 *
 * Ranges have no gaps: a batch starts where the one before it ended, over segment borders too. So a missing, doubled or
 * swapped file shows. Where records were removed or lost the range stays and the count is smaller, behind a flag.
 *
 * The dictionary makes a file readable on its own, years later and by another version: type number -> name, version,
 * schema hash, field order and JSON Schema, and names (the run, the sources). Entries come before the first frame that
 * needs them, and inside one segment an entry never changes: another meaning starts another segment.
 *
 * Every batch names the audit chain (`audit-chain.ts`) before and behind itself. So it can be checked on its own and against
 * its neighbours, and a writer goes on from the last batch it finds. Where records were lost, the two heads beside the gap
 * differ and the counts say by how many; that is the only place where they may. A rewrite copies the heads, and never
 * computes them: a chain that was broken stays so.
 *
 * A seal ends a segment that was closed in peace. It tells a damaged last batch from one that a crash cut short.
 */
import { crc32 } from 'node:zlib';
import type { ChainState } from './audit-chain.ts';

/** "QTJS" as it lies in the file. */
export const SEGMENT_MAGIC = 0x534a5451;
/** "QTJB" as it lies in the file. */
export const BATCH_MAGIC = 0x424a5451;
export const FORMAT_VERSION = 2;
export const SEGMENT_HEADER_BYTES = 128;
export const BATCH_HEADER_BYTES = 144;

export const SEGMENT_REWRITTEN = 1;

export const KIND_FRAMES = 1;
export const KIND_DICTIONARY = 2;
export const KIND_SEAL = 3;

export const BATCH_FSYNCED_LEVEL = 1;
export const BATCH_REMOVED = 2;
export const BATCH_LOST = 4;

/** Offsets in a batch header. */
export const BATCH_CRC = 4;
export const BATCH_LENGTH = 8;
export const BATCH_KIND = 12;
export const BATCH_FLAGS = 13;
export const BATCH_COUNT = 16;
export const BATCH_PAYLOAD = 20;
export const BATCH_JOURNAL = 24;
export const BATCH_FIRST_SEQ = 32;
export const BATCH_LAST_SEQ = 40;
export const BATCH_TIME_MIN = 48;
export const BATCH_TIME_MAX = 56;
export const BATCH_SYNCED_SEQ = 64;
export const BATCH_CHAINED = 72;
export const BATCH_CHAIN_BEFORE = 80;
export const BATCH_CHAIN_HEAD = 112;
/** The CRC covers what follows it. */
export const BATCH_CRC_START = 8;

export const SEGMENT_SUFFIX = '.qtj';
export const INDEX_SUFFIX = '.idx';
const NAME_DIGITS = 16;
const NAME_PATTERN = /^(\d{16})\.qtj$/;

/** What a segment says about itself. */
export interface SegmentHeader {
  readonly version: number;
  readonly isRewritten: boolean;
  /** 32 hexadecimal digits. */
  readonly journalId: string;
  readonly firstSeq: number;
  readonly createdUs: number;
  readonly removedRecords: number;
  readonly removedBytes: number;
  /** The audit chain in front of it. */
  readonly chain: ChainState;
}

export function segmentName(firstSeq: number): string {
  return String(firstSeq).padStart(NAME_DIGITS, '0') + SEGMENT_SUFFIX;
}

/** The first seq that a file name stands for, or null if it names no segment. */
export function seqOfName(name: string): number | null {
  const digits = NAME_PATTERN.exec(name)?.[1];
  const seq = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(seq) && seq > 0 ? seq : null;
}

export function indexName(firstSeq: number): string {
  return String(firstSeq).padStart(NAME_DIGITS, '0') + INDEX_SUFFIX;
}

/** Bytes up to the next multiple of 8. */
export function align8(bytes: number): number {
  return (bytes + 7) & -8;
}

/** The word that ties a batch to its journal. */
export function journalWord(journalId: string): number {
  return Number.parseInt(journalId.slice(0, 8), 16) >>> 0;
}

export function encodeSegmentHeader(header: Omit<SegmentHeader, 'version'>): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.writeUInt32LE(SEGMENT_MAGIC, 0);
  bytes.writeUInt16LE(FORMAT_VERSION, 4);
  bytes.writeUInt16LE(header.isRewritten ? SEGMENT_REWRITTEN : 0, 6);
  bytes.writeUInt32LE(SEGMENT_HEADER_BYTES, 8);
  bytes.write(header.journalId, 16, 'hex');
  bytes.writeDoubleLE(header.firstSeq, 32);
  bytes.writeDoubleLE(header.createdUs, 40);
  bytes.writeDoubleLE(header.removedRecords, 48);
  bytes.writeDoubleLE(header.removedBytes, 56);
  bytes.writeDoubleLE(header.chain.records, 64);
  bytes.write(header.chain.head, 72, 'hex');
  bytes.writeUInt32LE(crc32(bytes), 12);
  return bytes;
}

/** The header in the first 128 bytes, or why they are none. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | string {
  if (bytes.length < SEGMENT_HEADER_BYTES) return `the segment header is cut after ${bytes.length} bytes`;
  if (bytes.readUInt32LE(0) !== SEGMENT_MAGIC) return 'the segment header does not begin with QTJS';
  const copy = Buffer.from(bytes.subarray(0, SEGMENT_HEADER_BYTES));
  copy.writeUInt32LE(0, 12);
  if (crc32(copy) !== bytes.readUInt32LE(12)) return 'the checksum of the segment header is wrong';
  return {
    version: bytes.readUInt16LE(4),
    isRewritten: (bytes.readUInt16LE(6) & SEGMENT_REWRITTEN) !== 0,
    journalId: bytes.toString('hex', 16, 32),
    firstSeq: bytes.readDoubleLE(32),
    createdUs: bytes.readDoubleLE(40),
    removedRecords: bytes.readDoubleLE(48),
    removedBytes: bytes.readDoubleLE(56),
    chain: { records: bytes.readDoubleLE(64), head: bytes.toString('hex', 72, 104) },
  };
}
