import { describe, expect, it } from 'vitest';
import {
  advanceEpoch,
  attachRing,
  createRing,
  RING_FULL,
  RING_HEADER_BYTES,
  RING_TOO_LARGE,
  ringBytes,
  ringFlags,
  RingReader,
  RingWriter,
  setRingFlags,
} from '../../src/ring/index.ts';

const CAPACITY = 1024;
const LENGTH_MAX = CAPACITY / 8;

function ringAt(position = 0, base = 0): { buffer: ArrayBuffer; writer: RingWriter; reader: RingReader; words: Int32Array } {
  const buffer = new ArrayBuffer(base + ringBytes(CAPACITY));
  createRing(buffer, base, CAPACITY, position);
  return { buffer, writer: new RingWriter(buffer, base), reader: new RingReader(buffer, base), words: new Int32Array(buffer) };
}

function write(writer: RingWriter, length: number): number {
  const index = writer.claim(length);
  if (index > 0) writer.commit(index);
  return index;
}

describe('createRing', () => {
  it.each([0, 1000, 512, 3072, 2 ** 29, 1024.5, Number.NaN])('refuses a capacity of %s', (capacity) => {
    expect(() => ringBytes(capacity)).toThrow(expect.objectContaining({ code: 'QT_RING_CAPACITY_INVALID' }));
  });

  it('refuses a ring that does not fit into its buffer', () => {
    const buffer = new ArrayBuffer(ringBytes(CAPACITY));

    expect(() => createRing(buffer, 8, CAPACITY)).toThrow(expect.objectContaining({ code: 'QT_RING_OUT_OF_BOUNDS' }));
    expect(() => createRing(buffer, -8, CAPACITY)).toThrow(expect.objectContaining({ code: 'QT_RING_OUT_OF_BOUNDS' }));
    expect(() => createRing(buffer, 0, CAPACITY, 4)).toThrow(expect.objectContaining({ code: 'QT_RING_OUT_OF_BOUNDS' }));
  });

  it('puts several rings into one buffer without mixing them', () => {
    const buffer = new SharedArrayBuffer(3 * ringBytes(CAPACITY));
    const bases = [0, 1, 2].map((n) => n * ringBytes(CAPACITY));
    for (const base of bases) createRing(buffer, base, CAPACITY);
    const writers = bases.map((base) => new RingWriter(buffer, base));
    const readers = bases.map((base) => new RingReader(buffer, base));
    const words = new Int32Array(buffer);

    for (let round = 0; round < 100; round++) {
      for (const [n, writer] of writers.entries()) {
        const index = writer.claim(12 + n);
        words[(index + 4) >> 2] = round;
        words[(index + 8) >> 2] = n;
        writer.commit(index);
        writer.flush();
      }
      for (const [n, reader] of readers.entries()) {
        const index = reader.next();
        expect([reader.length(index), words[(index + 4) >> 2], words[(index + 8) >> 2]], `round ${round}`).toEqual([12 + n, round, n]);
        reader.release(reader.position);
      }
    }
  });
});

describe('attaching', () => {
  it('refuses memory that holds no ring', () => {
    expect(() => new RingReader(new ArrayBuffer(4096), 0)).toThrow(expect.objectContaining({ code: 'QT_RING_MISSING' }));
  });

  it('refuses a ring of another layout version', () => {
    const { buffer, words } = ringAt();
    words[0]! += 1;

    expect(() => new RingWriter(buffer, 0)).toThrow(expect.objectContaining({ code: 'QT_RING_VERSION_MISMATCH' }));
  });

  it('refuses a damaged capacity', () => {
    const { buffer, words } = ringAt();
    words[1] = 1000;
    expect(() => attachRing(buffer, 0)).toThrow(expect.objectContaining({ code: 'QT_RING_CAPACITY_INVALID' }));
    words[1] = 2048;
    expect(() => attachRing(buffer, 0)).toThrow(expect.objectContaining({ code: 'QT_RING_OUT_OF_BOUNDS' }));
  });

  it('refuses a base beyond the buffer', () => {
    expect(() => attachRing(new ArrayBuffer(1024), 2048)).toThrow(expect.objectContaining({ code: 'QT_RING_OUT_OF_BOUNDS' }));
  });

  it('tells a reader that it was replaced', () => {
    const { buffer, reader } = ringAt();

    const epoch = advanceEpoch(buffer, 0);

    expect(reader.isStale()).toBe(true);
    expect(new RingReader(buffer, 0).epoch).toBe(epoch);
    expect(new RingReader(buffer, 0).isStale()).toBe(false);
  });

  it('keeps the flags of its owner', () => {
    const { buffer } = ringAt();

    setRingFlags(buffer, 0, 5);

    expect(ringFlags(buffer, 0)).toBe(5);
  });
});

describe('RingWriter', () => {
  it('claim returns FULL when the reader has not moved', () => {
    const { writer, reader } = ringAt();
    for (let n = 0; n < CAPACITY / 64; n++) expect(write(writer, 64), `record ${n}`).toBeGreaterThan(0);

    expect(writer.claim(4)).toBe(RING_FULL);
    expect(writer.fits(4)).toBe(false);

    writer.flush();
    reader.next();
    reader.release(reader.position);
    expect(writer.fits(64)).toBe(true);
    expect(write(writer, 64)).toBeGreaterThan(0);
    expect(writer.claim(4)).toBe(RING_FULL);
  });

  it('claim returns TOO_LARGE above an eighth of the capacity', () => {
    const { writer } = ringAt();

    expect(writer.recordLengthMax).toBe(LENGTH_MAX);
    expect(writer.claim(LENGTH_MAX + 1)).toBe(RING_TOO_LARGE);
    expect(writer.fits(LENGTH_MAX + 1)).toBe(false);
    expect(writer.claim(LENGTH_MAX)).toBe(RING_HEADER_BYTES);
  });

  it.each([3, 0, -8, 5.5, Number.NaN])('claim refuses a length of %s', (length) => {
    const { writer } = ringAt();

    expect(() => writer.claim(length)).toThrow(expect.objectContaining({ code: 'QT_RING_LENGTH_INVALID' }));
  });

  it('marks a claim with its negative length until it is committed', () => {
    const { writer, words } = ringAt();

    const index = writer.claim(20);
    expect(words[index >> 2]).toBe(-20);

    writer.commit(index);
    expect(words[index >> 2]).toBe(20);
  });

  it('commits its own length, whatever the caller wrote over the length word', () => {
    const { writer, reader, words } = ringAt();

    const index = writer.claim(20);
    words[index >> 2] = 99;
    writer.commit(index);
    writer.flush();

    expect(reader.length(reader.next())).toBe(20);
  });

  it('shows nothing before the flush', () => {
    const { writer, reader } = ringAt();
    write(writer, 16);

    expect(reader.next()).toBe(0);
    writer.flush();
    expect(reader.next()).toBe(RING_HEADER_BYTES);
  });

  it('refuses claims, commits and aborts out of turn', () => {
    const { writer } = ringAt();
    const misuse = expect.objectContaining({ code: 'QT_RING_CLAIM_MISUSED' });

    expect(() => writer.commit(0)).toThrow(misuse);
    expect(() => writer.abort(RING_HEADER_BYTES)).toThrow(misuse);
    const index = writer.claim(16);
    expect(() => writer.claim(16)).toThrow(misuse);
    expect(() => writer.commit(index + 8)).toThrow(misuse);
    writer.commit(index);
    expect(() => writer.commit(index)).toThrow(misuse);
  });

  it('abort leaves padding that the reader never sees', () => {
    const { writer, reader } = ringAt();
    writer.abort(writer.claim(40));
    const second = write(writer, 16);
    writer.flush();

    expect(reader.next()).toBe(second);
    expect(reader.next()).toBe(0);
  });

  it('never splits a record at the end of the data area', () => {
    const { writer, reader } = ringAt();
    for (let n = 0; n < 8; n++) write(writer, 120);
    writer.flush();
    while (reader.next() !== 0) reader.release(reader.position);

    const index = write(writer, 100);
    writer.flush();

    expect(index).toBe(RING_HEADER_BYTES);
    expect(writer.usedBytes()).toBe(64 + 104);
    expect(reader.next()).toBe(index);
    expect(writer.usedBytes(), 'the padding before it is free once skipped').toBe(104);
  });

  it('starts over at the published tail after its predecessor died in mid-claim', () => {
    const { buffer, writer, reader } = ringAt();
    write(writer, 16);
    writer.flush();
    write(writer, 24);
    writer.claim(32);

    const successor = new RingWriter(buffer, 0);
    const index = write(successor, 48);
    successor.flush();

    expect(reader.length(reader.next())).toBe(16);
    expect(reader.next()).toBe(index);
    expect(reader.length(index)).toBe(48);
    expect(reader.next()).toBe(0);
  });

  it('raises and lowers the waiting word for both sides to see', () => {
    const { writer, reader } = ringAt();

    writer.setWaiting(true);
    expect([writer.isWriterWaiting(), reader.isWriterWaiting()]).toEqual([true, true]);
    writer.setWaiting(false);
    expect([writer.isWriterWaiting(), reader.isWriterWaiting()]).toEqual([false, false]);
  });

  it('refuses to write when the head cannot be true', () => {
    const { buffer, writer, words } = ringAt();
    words[attachRing(buffer, 0).headWord] = 4096;

    expect(() => writer.usedBytes()).toThrow(expect.objectContaining({ code: 'QT_RING_DAMAGED' }));
    expect(() => new RingWriter(buffer, 0)).toThrow(expect.objectContaining({ code: 'QT_RING_DAMAGED' }));
  });
});

describe('RingReader', () => {
  it('holds records until they are released', () => {
    const { writer, reader } = ringAt();
    const indexes = [write(writer, 100), write(writer, 100), write(writer, 100)];
    writer.flush();

    expect([reader.next(), reader.next(), reader.next()]).toEqual(indexes);
    expect(writer.usedBytes()).toBe(3 * 104);
    expect(reader.lagBytes()).toBe(3 * 104);
    expect(reader.isDrained()).toBe(false);

    reader.release(reader.position);
    expect(writer.usedBytes()).toBe(0);
    expect(reader.isDrained()).toBe(true);
  });

  it('gives unreleased records again to the reader that replaces it', () => {
    const { buffer, writer, reader } = ringAt();
    write(writer, 16);
    const second = write(writer, 24);
    const third = write(writer, 32);
    writer.flush();
    reader.next();
    reader.release(reader.position);
    reader.next();

    const successor = new RingReader(buffer, 0);

    expect([successor.next(), successor.next(), successor.next()]).toEqual([second, third, 0]);
  });

  it('rewind reads again from the released position', () => {
    const { writer, reader } = ringAt();
    const first = write(writer, 16);
    const second = write(writer, 24);
    writer.flush();
    reader.next();
    reader.next();

    reader.rewind();

    expect([reader.next(), reader.next(), reader.next()]).toEqual([first, second, 0]);
  });

  it('frees trailing padding that belongs to no record', () => {
    const { writer, reader } = ringAt();
    write(writer, 16);
    writer.abort(writer.claim(64));
    writer.flush();
    reader.next();
    reader.release(reader.position);

    expect(reader.next()).toBe(0);

    expect(reader.isDrained()).toBe(true);
    expect(writer.usedBytes()).toBe(0);
  });

  it('sees at a glance that nothing came, and everything that came', () => {
    const { writer, reader } = ringAt();
    expect(reader.mayHaveNext()).toBe(false);

    write(writer, 16);
    write(writer, 16);
    expect(reader.mayHaveNext(), 'not flushed').toBe(false);
    writer.flush();
    expect(reader.mayHaveNext()).toBe(true);
    reader.next();
    expect(reader.mayHaveNext()).toBe(true);
    reader.next();
    expect(reader.mayHaveNext()).toBe(false);

    writer.abort(writer.claim(64));
    writer.flush();
    expect(reader.mayHaveNext(), 'padding may turn out to be nothing').toBe(true);
    expect(reader.hasNext()).toBe(false);
    expect(reader.mayHaveNext()).toBe(false);
  });

  it('keeps trailing padding while a record before it is unreleased', () => {
    const { writer, reader } = ringAt();
    write(writer, 16);
    writer.abort(writer.claim(64));
    writer.flush();
    reader.next();

    expect(reader.hasNext()).toBe(false);
    expect(reader.lagBytes()).toBe(16 + 64);

    reader.release(reader.position);
    expect(reader.isDrained()).toBe(true);
  });

  it('refuses to release what was not read', () => {
    const { writer, reader } = ringAt();
    write(writer, 16);
    write(writer, 16);
    writer.flush();
    reader.next();

    expect(() => reader.release(reader.position + 16)).toThrow(expect.objectContaining({ code: 'QT_RING_RELEASE_MISUSED' }));
  });

  it('release of what is released already moves nothing back', () => {
    const { writer, reader } = ringAt();
    write(writer, 16);
    const second = write(writer, 16);
    writer.flush();
    reader.next();
    const first = reader.position;
    reader.next();
    reader.release(reader.position);

    reader.release(first);

    expect(writer.usedBytes()).toBe(0);
    expect(second).toBeGreaterThan(0);
    expect(reader.next()).toBe(0);
  });

  it('release again after padding was skipped is harmless', () => {
    const { writer, reader } = ringAt();
    write(writer, 16);
    writer.abort(writer.claim(64));
    writer.flush();
    reader.next();
    reader.hasNext();

    reader.release(reader.position);
    reader.release(reader.position);

    expect(reader.isDrained()).toBe(true);
  });

  it('tells full from empty across the 32-bit wrap', () => {
    const { writer, reader } = ringAt(-512);
    for (let n = 0; n < CAPACITY / 64; n++) write(writer, 64);
    writer.flush();

    expect(writer.claim(64)).toBe(RING_FULL);
    expect(writer.usedBytes()).toBe(CAPACITY);

    while (reader.next() !== 0) reader.release(reader.position);
    expect(writer.usedBytes()).toBe(0);
    expect(reader.isDrained()).toBe(true);
    expect(write(writer, 64)).toBeGreaterThan(0);
  });
});

describe('damage', () => {
  const damaged = expect.objectContaining({ code: 'QT_RING_DAMAGED' });

  it.each([
    ['zero', 0],
    ['shorter than itself', 3],
    ['claimed and never committed', -16],
    ['longer than the largest record', LENGTH_MAX + 8],
    ['longer than what was published', 64],
    ['padding of no length', 0x4000_0000],
    ['padding that is not aligned', 0x4000_0000 + 12],
    ['padding beyond what was published', 0x4000_0000 + 512],
    ['the smallest number', -0x8000_0000],
    ['the largest number', 0x7fff_ffff],
  ])('refuses a length word that is %s, each time', (_what, word) => {
    const { writer, reader, words } = ringAt();
    const index = write(writer, 16);
    writer.flush();
    words[index >> 2] = word;

    expect(() => reader.next()).toThrow(damaged);
    expect(() => reader.next()).toThrow(damaged);
  });

  it('refuses a record that would cross the end of the data area', () => {
    const { writer, reader, words } = ringAt(CAPACITY - 32);
    const index = write(writer, 32);
    write(writer, 64);
    writer.flush();
    words[index >> 2] = 40;

    expect(() => reader.next()).toThrow(damaged);
  });

  it.each([-8, CAPACITY + 8, 20])('refuses a tail %i bytes after the head', (distance) => {
    const { buffer, reader, words } = ringAt();
    words[attachRing(buffer, 0).tailWord] = distance;

    expect(() => reader.next()).toThrow(damaged);
  });
});
