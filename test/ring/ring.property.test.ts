import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRing, RING_FULL, ringBytes, RingReader, RingWriter } from '../../src/ring/index.ts';

const CAPACITY = 1024;
const BASE = 64;

/** What a ring has to be: a list of records, of which some are published, some read, some released. */
class Model {
  /** Committed records that are not released, oldest first. */
  records: { id: number; length: number; end: number }[] = [];
  published = 0;
  read = 0;
}

class Bench {
  readonly buffer = new ArrayBuffer(BASE + ringBytes(CAPACITY));
  readonly bytes = new Uint8Array(this.buffer);
  readonly model = new Model();
  readonly writer: RingWriter;
  reader: RingReader;
  nextId = 1;
  /** Records that went through, to prove that the run did something. */
  passed = 0;

  constructor(position: number) {
    createRing(this.buffer, BASE, CAPACITY, position);
    this.writer = new RingWriter(this.buffer, BASE);
    this.reader = new RingReader(this.buffer, BASE);
  }
}

type Action =
  | { kind: 'write'; length: number; isAborted: boolean }
  | { kind: 'flush' }
  | { kind: 'read'; count: number }
  | { kind: 'release'; share: number }
  | { kind: 'releaseRead' }
  | { kind: 'rewind' }
  | { kind: 'replaceReader' };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      length: fc.integer({ min: 4, max: CAPACITY / 8 }),
      isAborted: fc.nat(3).map((n) => n === 0),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ kind: 'flush' as const }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('read' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('release' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'releaseRead' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'rewind' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'replaceReader' as const }) },
);

function fill(bench: Bench, index: number, length: number, id: number): void {
  for (let i = 4; i < length; i++) bench.bytes[index + i] = (id * 31 + i) & 0xff;
}

function isIntact(bench: Bench, index: number, length: number, id: number): boolean {
  for (let i = 4; i < length; i++) if (bench.bytes[index + i] !== ((id * 31 + i) & 0xff)) return false;
  return true;
}

function run(bench: Bench, step: Action): void {
  const { model, writer } = bench;
  switch (step.kind) {
    case 'write': {
      const index = writer.claim(step.length);
      if (index === RING_FULL) {
        // At most one padding to the end, shorter than a record, can be lost; more free space than that must be usable.
        expect(writer.usedBytes() + 2 * (CAPACITY / 8)).toBeGreaterThan(CAPACITY);
        return;
      }
      fill(bench, index, step.length, bench.nextId);
      if (step.isAborted) {
        writer.abort(index);
      } else {
        writer.commit(index);
        model.records.push({ id: bench.nextId, length: step.length, end: 0 });
      }
      bench.nextId++;
      return;
    }
    case 'flush':
      writer.flush();
      model.published = model.records.length;
      return;
    case 'read':
      for (let n = 0; n < step.count; n++) {
        const expected = model.read < model.published;
        expect(bench.reader.hasNext()).toBe(expected);
        const index = bench.reader.next();
        expect(index !== 0).toBe(expected);
        if (index === 0) return;
        const record = model.records[model.read]!;
        expect(bench.reader.length(index)).toBe(record.length);
        expect(isIntact(bench, index, record.length, record.id), `record ${record.id} is torn`).toBe(true);
        record.end = bench.reader.position;
        model.read++;
      }
      return;
    case 'release': {
      const count = Math.round(model.read * step.share);
      if (count === 0) return;
      bench.reader.release(model.records[count - 1]!.end);
      model.records.splice(0, count);
      model.read -= count;
      model.published -= count;
      bench.passed += count;
      return;
    }
    case 'releaseRead':
      bench.reader.release(bench.reader.position);
      bench.passed += model.read;
      model.records.splice(0, model.read);
      model.published -= model.read;
      model.read = 0;
      return;
    case 'rewind':
      bench.reader.rewind();
      model.read = 0;
      return;
    case 'replaceReader':
      bench.reader = new RingReader(bench.buffer, BASE);
      model.read = 0;
  }
}

describe('a ring behaves like a list', () => {
  const positions = [0, 0x7fff_ffff - 1023, -1024, 0x7fff_fff8 - 2048, 0x1234_5678 & -8];

  it.each(positions)('for any order of writes, aborts, flushes, reads and late releases, from position %i', (position) => {
    let passed = 0;
    fc.assert(
      fc.property(fc.array(action, { minLength: 1, maxLength: 300, size: 'max' }), (steps) => {
        const bench = new Bench(position & -8);
        for (const step of steps) run(bench, step);
        run(bench, { kind: 'flush' });
        run(bench, { kind: 'read', count: 1000 });
        run(bench, { kind: 'release', share: 1 });
        bench.reader.next();
        expect(bench.reader.isDrained()).toBe(true);
        expect(bench.writer.usedBytes()).toBe(0);
        passed += bench.passed;
      }),
      { numRuns: 60 },
    );
    expect(passed).toBeGreaterThan(500);
  });

  it('for every record length on every offset', () => {
    const bench = new Bench(-4096);
    for (let length = 4; length <= CAPACITY / 8; length++) {
      for (let n = 0; n < 40; n++) {
        run(bench, { kind: 'write', length, isAborted: false });
        run(bench, { kind: 'flush' });
        run(bench, { kind: 'read', count: 1 });
        run(bench, { kind: 'release', share: 1 });
      }
    }

    expect(bench.passed).toBe(40 * (CAPACITY / 8 - 3));
  });

  it('for any single damaged word: a coded error or the right records, never a hang', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 4, max: CAPACITY / 8 }), { minLength: 1, maxLength: 7 }),
        fc.nat(6),
        fc.integer(),
        (lengths, which, word) => {
          const bench = new Bench(0);
          const indexes = lengths.map((length) => {
            const index = bench.writer.claim(length);
            bench.writer.commit(index);
            return index;
          });
          bench.writer.flush();
          new Int32Array(bench.buffer)[indexes[which % indexes.length]! >> 2] = word;

          let code = '';
          let count = 0;
          try {
            while (bench.reader.next() !== 0) count++;
          } catch (error) {
            ({ code } = error as { code: string });
          }

          // Words of a record's inside may be taken for lengths, but at most one per 8 bytes.
          expect(count).toBeLessThanOrEqual(CAPACITY / 8);
          expect(['', 'QT_RING_DAMAGED']).toContain(code);
        },
      ),
    );
  });
});
