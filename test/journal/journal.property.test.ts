import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openJournal, openJournalReader, verifyJournal } from '../../src/journal/index.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { Frames, range, readEvents, readSeqs, type ReadEvent } from './support.ts';

const FOLDER = '/journal';
const FIRST = join(FOLDER, '0000000000000001.qtj');

const events = fc.array(
  fc.record({
    type: fc.constantFrom('tick' as const, 'audit' as const),
    text: fc.string({ maxLength: 400 }).filter((text) => text.isWellFormed()),
    timeUs: fc.integer({ min: 1, max: 1_000_000 }),
    /** Waits here until all of it is durable, which ends a batch. */
    waits: fc.boolean(),
  }),
  { maxLength: 60 },
);
const settings = fc.record({
  segmentBytes: fc.integer({ min: 4096, max: 20_000 }),
  batchBytes: fc.integer({ min: 1024, max: 8192 }),
  level: fc.constantFrom('written' as const, 'fsynced' as const),
  runs: fc.integer({ min: 1, max: 3 }),
});

type Events = typeof events extends fc.Arbitrary<infer T> ? T : never;
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never;

/** Appends the events in some runs of the journal; each run declares its types anew. */
async function write(list: Events, { runs, ...options }: Settings): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const perRun = Math.ceil(list.length / runs);
  for (let run = 0; run < runs; run++) {
    const frames = new Frames();
    const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536, ...options });
    journal.names({ run: String(run) });
    for (const one of list.slice(run * perRun, (run + 1) * perRun)) {
      // Types come when they are needed, some in the middle of a segment.
      journal.types(frames.table.toRecords().filter(({ type }) => type.endsWith(one.type)));
      frames.append(journal, one);
      if (one.waits) await journal.whenDurable(journal.lastSeq);
    }
    await journal.close();
  }
  return disk;
}

function expected(list: Events): Omit<ReadEvent, 'bytes'>[] {
  return list.map(({ type, text }, i) => ({
    seq: i + 1,
    type: `journal_test.${type}`,
    payload: { n: i + 1, text },
    key: `key-${(i + 1) % 7}`,
  }));
}

function withoutBytes(found: readonly ReadEvent[]): Omit<ReadEvent, 'bytes'>[] {
  return found.map(({ seq, type, payload, key }) => ({ seq, type, payload, key }));
}

describe('a journal', () => {
  it('gives back any events, with any sizes of batches and segments, from any seq and time', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        settings,
        fc.integer({ min: 1, max: 61 }),
        fc.integer({ min: 0, max: 1_000_001 }),
        async (list, options, fromSeq, fromTimeUs) => {
          const disk = await write(list, options);

          expect(withoutBytes(readEvents(FOLDER, { fs: disk }))).toEqual(expected(list));
          expect(readSeqs(FOLDER, { fs: disk, fromSeq })).toEqual(range(fromSeq, list.length));
          const first = list.findIndex(({ timeUs }) => timeUs >= fromTimeUs);
          expect(readSeqs(FOLDER, { fs: disk, fromTimeUs })).toEqual(first < 0 ? [] : range(first + 1, list.length));
          expect(verifyJournal(FOLDER, disk)).toMatchObject({ isSound: true, records: list.length, unfinishedBytes: 0 });
          expect(disk.openFiles).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has equal bytes for equal events, however they were delivered and grouped', async () => {
    await fc.assert(
      fc.asyncProperty(events, settings, settings, async (list, one, other) => {
        const first = await write(list, one);
        const second = await write(
          list.map((event) => ({ ...event, waits: !event.waits })),
          other,
        );

        expect(readEvents(FOLDER, { fs: first })).toEqual(readEvents(FOLDER, { fs: second }));
      }),
      { numRuns: 25 },
    );
  });

  it('answers any bytes with a beginning of what was written or a coded error', async () => {
    const list = range(1, 30).map((i) => ({ type: 'tick' as const, text: 'x'.repeat(i), timeUs: i, waits: i % 4 === 0 }));
    const whole = (await write(list, { segmentBytes: 100_000, batchBytes: 1024, level: 'written', runs: 1 })).content(FIRST);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length }),
        fc.uint8Array({ maxLength: 300 }),
        fc.boolean(),
        async (at, bytes, isCut) => {
          const disk = new SimulatedDisk();
          const harmed = Buffer.concat([
            whole.subarray(0, at),
            bytes,
            whole.subarray(isCut ? whole.length : Math.min(whole.length, at + bytes.length)),
          ]);
          disk.setContent(FIRST, harmed);

          const read = attempt(() => readSeqs(FOLDER, { fs: disk }));
          const opened = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 }).then(
            async (journal) => {
              await journal.close();
              return journal.lastSeq;
            },
            (error: { code: string }) => error.code,
          );

          if (typeof opened === 'string') expect(opened).toMatch(/^QT_JOURNAL_(DAMAGED|VERSION_UNSUPPORTED)$/);
          else expect(readSeqs(FOLDER, { fs: disk })).toEqual(range(1, opened));
          if (typeof read === 'string') expect(read).toMatch(/^QT_JOURNAL_(DAMAGED|VERSION_UNSUPPORTED)$/);
          else expect(read).toEqual(range(1, read.length));
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('JournalReader', () => {
  it('delivers from its own thread what another part of the process appends, as it comes', async () => {
    const disk = new SimulatedDisk();
    const frames = new Frames();
    const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536, segmentBytes: 4096, batchBytes: 1024 });
    journal.types(frames.table.toRecords());
    const reader = openJournalReader(FOLDER, { fs: disk });
    const seqs: number[] = [];

    for (let i = 0; i < 300; i++) {
      frames.append(journal);
      if (i % 7 !== 0) continue;
      await journal.whenDurable(journal.lastSeq);
      reader.readAll((_views, _index, _length, seq) => seqs.push(seq));
      expect(seqs.length).toBe(i + 1);
    }
    await journal.close();
    reader.readAll((_views, _index, _length, seq) => seqs.push(seq));

    expect(seqs).toEqual(range(1, 300));
    reader.close();
    expect(disk.openFiles).toBe(0);
  });

  it('waits for a journal that does not exist yet, and stops when told', async () => {
    const disk = new SimulatedDisk();
    const reader = openJournalReader(FOLDER, { fs: disk });
    const stop = new AbortController();
    const seqs: number[] = [];
    const following = (async () => {
      for await (const count of reader.follow((_views, _index, _length, seq) => seqs.push(seq), { signal: stop.signal, pollMs: 1 })) {
        if (count > 0 && seqs.length === 20) stop.abort();
      }
    })();

    const frames = new Frames();
    const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 });
    journal.types(frames.table.toRecords());
    await frames.appendAll(journal, 20);
    await following;

    expect(seqs).toEqual(range(1, 20));
    reader.close();
    await journal.close();
  });
});

function attempt(read: () => number[]): number[] | string {
  try {
    return read();
  } catch (error) {
    return (error as { code: string }).code;
  }
}
