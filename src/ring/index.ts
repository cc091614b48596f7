/**
 * Rings of byte records between two threads: one writer, one reader, no locks, in shared or plain memory. Knows nothing
 * of what the bytes mean. Waiting and waking are the caller's: a ring only says full, empty and "the writer waits".
 *
 * @example
 * const buffer = new SharedArrayBuffer(ringBytes(65_536));
 * createRing(buffer, 0, 65_536);
 * const writer = new RingWriter(buffer, 0);                // on one thread
 * const index = writer.claim(16);                          // or RING_FULL, RING_TOO_LARGE
 * new Float64Array(buffer)[(index + 8) >> 3] = 1.5;
 * writer.commit(index);
 * writer.flush();
 * const reader = new RingReader(buffer, 0);                // on another
 * for (let at = reader.next(); at !== 0; at = reader.next()) handle(at, reader.length(at));
 * reader.release(reader.position);
 *
 * @module
 */
export * from './errors.ts';
export { RECORD_ALIGN, RING_CAPACITY_MAX, RING_CAPACITY_MIN, RING_FULL, RING_HEADER_BYTES, RING_TOO_LARGE, ringBytes } from './layout.ts';
export { RingReader } from './reader.ts';
export { advanceEpoch, attachRing, createRing, ringFlags, setRingFlags, type AttachedRing, type RingBuffer } from './ring.ts';
export { RingWriter } from './writer.ts';
