/**
 * Where everything lies in a ring. All threads agree on this file and on nothing else.
 *
 * ```
 *  byte, from base                                             written by
 *    0  i32 magic and version                                  whoever creates it, once
 *    4  i32 capacity in bytes, a power of two                  whoever creates it, once
 *    8  i32 epoch: which incarnation of the reader is valid    whoever replaces the reader
 *   12  i32 flags, for the owner of the ring                   whoever creates it
 *  128  i32 tail position: everything before it is published   writer
 *  256  i32 head position: everything before it is released    reader
 *  384  i32 writer waiting: 1 = tell me when there is space    writer
 *  512  data, `capacity` bytes of records
 *
 *  record, 8-aligned
 *    0  i32 length word                                        writer
 *    4  bytes of the caller
 *
 *  length word
 *    n          1 <= n < 2^30   committed, n bytes with this word
 *   -n                          claimed, not yet committed; never before the tail
 *    2^30 + n   n = 8, 16 ...   padding of n bytes: the rest of the ring before a wrap, or an aborted claim
 *    0                          never written; before the tail it means damage
 * ```
 *
 * Tail, head and the waiting word are 128 bytes apart: two cache lines, because processors prefetch lines in pairs and
 * a word shared with the other side's word would travel between the cores on every store.
 *
 * A position only grows and wraps in 32 bits; positions compare by `(a - b) | 0`. An index is a position folded into
 * the data area, counted from the start of the whole buffer, so one set of typed-array views serves every ring in it.
 */
import { endianness } from 'node:os';
import { QtError } from '../base/index.ts';
import { QT_RING_CAPACITY_INVALID } from './errors.ts';

/** "QTR" and the layout's version in the last byte. */
export const RING_MAGIC = 0x51_54_52_01;
export const RING_MAGIC_MASK = 0x7f_ff_ff_00;

export const MAGIC_OFFSET = 0;
export const CAPACITY_OFFSET = 4;
export const EPOCH_OFFSET = 8;
export const FLAGS_OFFSET = 12;
export const TAIL_OFFSET = 128;
export const HEAD_OFFSET = 256;
export const WAITING_OFFSET = 384;
/** Bytes before the data area. */
export const RING_HEADER_BYTES = 512;

export const RING_CAPACITY_MIN = 1024;
/** 2^28: far from 2^30, where a length would run into the padding bit, and from 2^31, where positions stop comparing. */
export const RING_CAPACITY_MAX = 0x1000_0000;

/** Records start at multiples of this, so that a caller's 8-byte fields are aligned. */
export const RECORD_ALIGN = 8;
export const LENGTH_WORD_BYTES = 4;
/** Set in the length word of padding. */
export const PADDING_BIT = 0x4000_0000;

/** `claim`: no space now; try again when the reader has released some. */
export const RING_FULL = -1;
/** `claim`: longer than `recordLengthMax`; it will never fit. */
export const RING_TOO_LARGE = -2;

/** Bytes that a record of this length takes in the ring. */
export function alignedLength(length: number): number {
  return (length + (RECORD_ALIGN - 1)) & -RECORD_ALIGN;
}

/**
 * Bytes that a ring takes in its buffer; a multiple of 128.
 *
 * @param capacity data bytes, a power of two from 1 KiB to 256 MiB
 * @throws QtError QT_RING_CAPACITY_INVALID
 */
export function ringBytes(capacity: number): number {
  const isPowerOfTwo = Number.isInteger(capacity) && capacity > 0 && (capacity & (capacity - 1)) === 0;
  if (!isPowerOfTwo || capacity < RING_CAPACITY_MIN || capacity > RING_CAPACITY_MAX) {
    throw new QtError(
      QT_RING_CAPACITY_INVALID,
      `Cannot size a ring of ${capacity} bytes: capacity must be a power of two from ${RING_CAPACITY_MIN} to ${RING_CAPACITY_MAX}`,
      { details: { capacity } },
    );
  }
  return RING_HEADER_BYTES + capacity;
}

// Length words are read through Int32Array and frames through wider views of the same bytes, so the two must agree.
if (endianness() !== 'LE') throw new Error('quantum-trader needs a little-endian processor');
