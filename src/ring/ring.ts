import { QtError } from '../base/index.ts';
import { QT_RING_MISSING, QT_RING_OUT_OF_BOUNDS, QT_RING_VERSION_MISMATCH } from './errors.ts';
import {
  CAPACITY_OFFSET,
  EPOCH_OFFSET,
  FLAGS_OFFSET,
  HEAD_OFFSET,
  MAGIC_OFFSET,
  RECORD_ALIGN,
  RING_HEADER_BYTES,
  RING_MAGIC,
  RING_MAGIC_MASK,
  ringBytes,
  TAIL_OFFSET,
  WAITING_OFFSET,
} from './layout.ts';

/** Memory that can hold rings. Shared between threads, or plain for the same-thread bus and for tests. */
export type RingBuffer = ArrayBuffer | SharedArrayBuffer;

/** A ring that was found in a buffer: what its writer and its reader need to work on it. */
export interface AttachedRing {
  /** The whole buffer as 32-bit words. */
  readonly words: Int32Array;
  readonly capacity: number;
  /** Index of the first data byte, from the start of the buffer. */
  readonly dataIndex: number;
  /** Numbers of the shared words in `words`. */
  readonly epochWord: number;
  readonly tailWord: number;
  readonly headWord: number;
  readonly waitingWord: number;
}

/**
 * Makes an empty ring at `base`. Call it before any thread attaches; it must not run while one is attached.
 *
 * @param base first byte of the ring in the buffer, a multiple of 8
 * @param capacity data bytes, a power of two from 1 KiB to 256 MiB; the longest record is an eighth of it
 * @param position where both positions start, a multiple of 8; tests start near 2^31 or 2^32 to meet the wrap
 * @throws QtError QT_RING_CAPACITY_INVALID, QT_RING_OUT_OF_BOUNDS
 */
export function createRing(buffer: RingBuffer, base: number, capacity: number, position = 0): void {
  const bytes = ringBytes(capacity);
  checkPlace(buffer, base, bytes);
  if (!Number.isInteger(position) || position % RECORD_ALIGN !== 0) {
    throw new QtError(QT_RING_OUT_OF_BOUNDS, `Cannot start a ring at position ${position}: it must be a multiple of ${RECORD_ALIGN}`);
  }
  const words = wordsOf(buffer);
  words.fill(0, base >> 2, (base + RING_HEADER_BYTES) >> 2);
  words[(base + CAPACITY_OFFSET) >> 2] = capacity;
  words[(base + TAIL_OFFSET) >> 2] = position | 0;
  words[(base + HEAD_OFFSET) >> 2] = position | 0;
  // Last and atomic: a thread that sees the magic sees a finished header.
  Atomics.store(words, (base + MAGIC_OFFSET) >> 2, RING_MAGIC);
}

/**
 * Finds the ring at `base` and checks that it is one, of this version, and inside the buffer.
 *
 * @throws QtError QT_RING_MISSING, QT_RING_VERSION_MISMATCH, QT_RING_CAPACITY_INVALID, QT_RING_OUT_OF_BOUNDS
 */
export function attachRing(buffer: RingBuffer, base: number): AttachedRing {
  checkPlace(buffer, base, RING_HEADER_BYTES);
  const words = wordsOf(buffer);
  const magic = Atomics.load(words, (base + MAGIC_OFFSET) >> 2);
  if ((magic & RING_MAGIC_MASK) !== (RING_MAGIC & RING_MAGIC_MASK)) {
    throw new QtError(QT_RING_MISSING, `Cannot attach at byte ${base}: there is no ring`, { details: { base } });
  }
  if (magic !== RING_MAGIC) {
    const found = magic & 0xff;
    const expected = RING_MAGIC & 0xff;
    throw new QtError(
      QT_RING_VERSION_MISMATCH,
      `Cannot attach at byte ${base}: the ring has layout version ${found}, this code has ${expected}`,
      {
        details: { base, found, expected },
      },
    );
  }
  const capacity = Atomics.load(words, (base + CAPACITY_OFFSET) >> 2);
  checkPlace(buffer, base, ringBytes(capacity));
  return {
    words,
    capacity,
    dataIndex: base + RING_HEADER_BYTES,
    epochWord: (base + EPOCH_OFFSET) >> 2,
    tailWord: (base + TAIL_OFFSET) >> 2,
    headWord: (base + HEAD_OFFSET) >> 2,
    waitingWord: (base + WAITING_OFFSET) >> 2,
  };
}

/**
 * Declares every attached reader stale and returns the new epoch. Call it before a replacement attaches; the old
 * reader must still be known to have ended, because it looks at the epoch only when it is asked to.
 */
export function advanceEpoch(buffer: RingBuffer, base: number): number {
  const { words, epochWord } = attachRing(buffer, base);
  return (Atomics.add(words, epochWord, 1) + 1) | 0;
}

/** The 32 flag bits of the ring; their meaning belongs to whoever created it. */
export function ringFlags(buffer: RingBuffer, base: number): number {
  return Atomics.load(attachRing(buffer, base).words, (base + FLAGS_OFFSET) >> 2);
}

/** Stores the 32 flag bits of the ring. */
export function setRingFlags(buffer: RingBuffer, base: number, flags: number): void {
  Atomics.store(attachRing(buffer, base).words, (base + FLAGS_OFFSET) >> 2, flags);
}

function wordsOf(buffer: RingBuffer): Int32Array {
  return new Int32Array(buffer, 0, buffer.byteLength >> 2);
}

function checkPlace(buffer: RingBuffer, base: number, bytes: number): void {
  const isInside = Number.isInteger(base) && base >= 0 && base % RECORD_ALIGN === 0 && base + bytes <= buffer.byteLength;
  if (!isInside) {
    throw new QtError(
      QT_RING_OUT_OF_BOUNDS,
      `Cannot place a ring at byte ${base}: ${bytes} bytes from a multiple of ${RECORD_ALIGN} must fit into ${buffer.byteLength}`,
      { details: { base, bytes, bufferBytes: buffer.byteLength } },
    );
  }
}
