import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPrng } from '../../src/base/index.ts';
import {
  openJournal,
  openJournalReader,
  planRetention,
  verifyJournal,
  type ClosedSegment,
  type RetentionReport,
  type RetentionRules,
} from '../../src/journal/index.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { Frames, range, readEvents, readSeqs } from './support.ts';

const FOLDER = '/journal';
const HOUR_US = 3_600_000_000;

/** A segment that holds so many records of each type; segment i covers seqs 100 i + 1 to 100 i + 100 and hour i. */
function segment(i: number, counts: Record<string, number>, isRewritten = false): ClosedSegment {
  const types = Object.fromEntries(
    Object.entries(counts).map(([type, records]) => [type, { records, bytes: records * 100, chained: 0, newestUs: i * HOUR_US }]),
  );
  const records = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { firstSeq: i * 100 + 1, lastSeq: i * 100 + 100, bytes: 200 + records * 100, records, timeMin: 0, timeMax: 0, types, isRewritten };
}

const situation = { neededFromSeq: Infinity, newestUs: 10 * HOUR_US, segmentBytes: 1_000_000 };

function plan(segments: ClosedSegment[], rules: RetentionRules, change: Partial<typeof situation> = {}): (readonly [number, string])[][] {
  return planRetention(segments, rules, { ...situation, ...change }).map((step) =>
    step.segments.map(({ firstSeq, drop }) => [firstSeq, drop === 'all' ? 'all' : [...drop].join()] as const),
  );
}

describe('planRetention', () => {
  it('lets nothing go without rules', () => {
    expect(plan([segment(0, { a: 100 }), segment(1, { a: 100 })], {})).toEqual([]);
  });

  it('lets a type go when its newest event in a segment is past its age, counted from the newest of the journal', () => {
    const rules: RetentionRules = { otherTypes: { retentionMs: 8.5 * 3_600_000 } };

    expect(plan([segment(0, { a: 100 }), segment(1, { a: 100 }), segment(2, { a: 100 })], rules)).toEqual([
      [
        [1, 'all'],
        [101, 'all'],
      ],
    ]);
  });

  it('lets go what more and newer events of the type have replaced, by number and by bytes', () => {
    const segments = [segment(0, { a: 100 }), segment(1, { a: 100 }), segment(2, { a: 100 })];

    expect(plan(segments, { types: { a: { retentionMs: 'forever', maxLength: 150 } } })).toEqual([[[1, 'all']]]);
    expect(plan(segments, { types: { a: { retentionMs: 'forever', bytesMax: 10_000 } } })).toEqual([
      [
        [1, 'all'],
        [101, 'all'],
      ],
    ]);
  });

  it('keeps what a group has yet to see, whatever its age', () => {
    const segments = [segment(0, { a: 100 }), segment(1, { a: 100 })];

    expect(plan(segments, { otherTypes: { retentionMs: 1 } }, { neededFromSeq: 150 })).toEqual([[[1, 'all']]]);
    expect(plan(segments, { otherTypes: { retentionMs: 1 } }, { neededFromSeq: 100 })).toEqual([]);
  });

  it('never lets an audit type go, and rewrites its segment when enough of the rest goes', () => {
    const rules: RetentionRules = { otherTypes: { retentionMs: 1 }, types: { audit: { retentionMs: 1 } }, auditTypes: ['audit'] };

    expect(plan([segment(0, { a: 90, audit: 10 })], rules)).toEqual([[[1, 'a']]]);
    expect(plan([segment(0, { a: 10, audit: 90 })], rules), 'a tenth is not worth a rewrite').toEqual([]);
    expect(plan([segment(0, { a: 10, audit: 90 })], { ...rules, rewriteRatio: 0.05 })).toEqual([[[1, 'a']]]);
  });

  it('joins what has shrunk, up to the size of a segment, and leaves what is done alone', () => {
    const rules: RetentionRules = { otherTypes: { retentionMs: 1 }, auditTypes: ['audit'] };
    const mixed = range(0, 3).map((i) => segment(i, { a: 90, audit: 10 }));

    expect(plan(mixed, rules)).toEqual([
      [
        [1, 'a'],
        [101, 'a'],
        [201, 'a'],
        [301, 'a'],
      ],
    ]);
    expect(plan(mixed, rules, { segmentBytes: 2600 })).toEqual([
      [
        [1, 'a'],
        [101, 'a'],
      ],
      [
        [201, 'a'],
        [301, 'a'],
      ],
    ]);
    expect(plan([segment(0, {}, true)], rules), 'an empty rest stays as it is').toEqual([]);
    expect(plan([segment(0, { audit: 10 }, true), segment(1, { audit: 10 }, true)], rules)).toEqual([]);
  });
});

const rules: RetentionRules = {
  types: { 'journal_test.tick': { retentionMs: 1000 } },
  auditTypes: ['journal_test.audit'],
  rewriteRatio: 0.1,
};

/** Mostly ticks, and an audit event in every ten; event n was accepted at second n. */
async function filled(disk: SimulatedDisk, count = 400): Promise<Awaited<ReturnType<typeof openJournal>>> {
  const frames = new Frames();
  const journal = await openJournal(FOLDER, {
    fs: disk,
    ringBytes: 65_536,
    level: 'fsynced',
    segmentBytes: 4096,
    batchBytes: 1024,
    retention: rules,
  });
  journal.types(frames.table.toRecords());
  for (let i = 1; i <= count; i++) {
    frames.append(journal, { type: i % 10 === 0 ? 'audit' : 'tick', acceptedUs: i * 1_000_000 });
    if (i % 5 === 0) await journal.whenDurable(i);
  }
  return journal;
}

function audits(last: number): number[] {
  return range(1, last).filter((seq) => seq % 10 === 0);
}

describe('Journal.retain', () => {
  it('removes what may go, keeps the rest readable, and counts', async () => {
    const disk = new SimulatedDisk();
    const journal = await filled(disk);
    const before = readEvents(FOLDER, { fs: disk });

    const report = await journal.retain(301);

    const after = readEvents(FOLDER, { fs: disk });
    const seqs = after.map(({ seq }) => seq);
    expect(after).toEqual(before.filter(({ seq }) => seqs.includes(seq)));
    expect(
      audits(400).every((seq) => seqs.includes(seq)),
      'no audit event is gone',
    ).toBe(true);
    expect(
      range(301, 400).every((seq) => seqs.includes(seq)),
      'nothing that is needed is gone',
    ).toBe(true);
    expect(report.recordsRemoved).toBe(400 - after.length);
    expect(report.recordsRemoved).toBeGreaterThan(200);
    expect(report).toMatchObject({ failures: [] });
    expect(report.segmentsRemoved).toBeGreaterThan(3);
    expect(await journal.retain(301), 'a second time there is nothing to do').toMatchObject({ recordsRemoved: 0, segmentsRewritten: 0 });
    await journal.close();
    expect(verifyJournal(FOLDER, disk)).toMatchObject({ isSound: true, removedRecords: report.recordsRemoved, records: after.length });
    expect(disk.openFiles).toBe(0);
  });

  it('comes to its end while the writer is never idle', async () => {
    const disk = new SimulatedDisk();
    const journal = await filled(disk);
    const frames = new Frames();
    journal.types(frames.table.toRecords());
    const reports: RetentionReport[] = [];
    void journal.retain(301).then((done) => reports.push(done));

    let turns = 0;
    for (; reports.length === 0 && turns < 5000; turns++) {
      while (journal.accepts(1000)) frames.append(journal, { text: 'busy'.repeat(20) });
      journal.flush();
      await new Promise(setImmediate);
    }

    expect(reports, `after ${turns} batches`).toMatchObject([{ failures: [] }]);
    expect(reports[0]!.recordsRemoved).toBeGreaterThan(200);
    await journal.close();
    expect(verifyJournal(FOLDER, disk).isSound).toBe(true);
  });

  it('goes on appending meanwhile, and after the next opening', async () => {
    const disk = new SimulatedDisk();
    const journal = await filled(disk);
    const frames = new Frames();
    const retained = journal.retain(Infinity);
    for (let i = 0; i < 100; i++) frames.append(journal, { type: 'audit' });
    await Promise.all([retained, journal.whenDurable(500)]);
    await journal.close();

    const again = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536, segmentBytes: 4096, retention: rules });
    expect(again.recovery).toMatchObject({ lastSeq: 500, indexesRebuilt: 0, leftoversRemoved: 0 });
    again.types(frames.table.toRecords());
    await frames.appendAll(again, 5, { type: 'audit' });
    await again.retain(Infinity);
    await again.close();
    expect(readSeqs(FOLDER, { fs: disk })).toEqual(expect.arrayContaining([...audits(400), ...range(401, 505)]));
    expect(verifyJournal(FOLDER, disk).isSound).toBe(true);
  });

  it('leaves a whole journal behind, wherever the power goes or the process dies', async () => {
    const counted = new SimulatedDisk();
    const journal = await filled(counted, 200);
    const start = counted.calls;
    await journal.retain(Infinity);
    const calls = counted.calls - start;
    await journal.close();
    expect(calls).toBeGreaterThan(10);

    for (let at = 0; at < calls; at++) {
      const disk = new SimulatedDisk();
      const one = await filled(disk, 200);
      const images: SimulatedDisk[] = [];
      let left = at;
      disk.onCall = () => {
        if (left-- === 0) images.push(disk.kill(), disk.cutPower(createPrng(`retention/${at}`)));
        return null;
      };
      await one.retain(Infinity);
      disk.onCall = () => null;
      await one.close();
      for (const image of images) {
        expect(verifyJournal(FOLDER, image), `call ${at}, before it is opened`).toMatchObject({ isSound: true });
        const again = await openJournal(FOLDER, { fs: image, ringBytes: 65_536, segmentBytes: 4096 });
        await again.close();
        const seqs = readSeqs(FOLDER, { fs: image });
        expect(
          audits(again.lastSeq).filter((seq) => !seqs.includes(seq)),
          `call ${at}`,
        ).toEqual([]);
        expect(verifyJournal(FOLDER, image), `call ${at}`).toMatchObject({ isSound: true, lostRecords: 0 });
      }
    }
  });

  it('changes nothing by a step that fails, says why, and the journal goes on', async () => {
    const disk = new SimulatedDisk();
    const journal = await filled(disk);
    const before = readSeqs(FOLDER, { fs: disk });
    disk.onCall = (call) => (call === 'rename' ? { call, code: 'EBUSY' } : null);

    const report = await journal.retain(Infinity);

    expect(report.failures.length).toBeGreaterThan(0);
    expect(report.failures.filter((reason) => !reason.includes('EBUSY'))).toEqual([]);
    expect(report.recordsRemoved).toBe(0);
    expect(readSeqs(FOLDER, { fs: disk })).toEqual(before);
    disk.onCall = () => null;
    expect((await journal.retain(Infinity)).recordsRemoved).toBeGreaterThan(200);
    expect(journal.failure).toBeNull();
    await journal.close();
    expect(disk.paths().filter((path) => path.endsWith('.new'))).toEqual([]);
  });

  it('shows a reader whole records while files go under it, each at most once, and says what it did not see', async () => {
    for (let pace = 1; pace <= 12; pace++) {
      const disk = new SimulatedDisk();
      const journal = await filled(disk);
      const reader = openJournalReader(FOLDER, { fs: disk });
      const seqs: number[] = [];
      // The reader takes its batches between the calls that retention makes to the disk.
      let calls = 0;
      disk.onCall = () => {
        if (calls++ % pace === 0) reader.readBatch((_views, _index, _length, seq) => seqs.push(seq));
        return null;
      };
      await journal.retain(Infinity);
      disk.onCall = () => null;
      reader.readAll((_views, _index, _length, seq) => seqs.push(seq));

      expect(seqs, `pace ${pace}`).toEqual([...new Set(seqs)].sort((a, b) => a - b));
      expect(
        audits(400).filter((seq) => !seqs.includes(seq)),
        `pace ${pace}`,
      ).toEqual([]);
      expect(seqs.length + reader.removedRecords, `pace ${pace}`).toBe(400);
      reader.close();
      await journal.close();
    }
  });

  it('finds its way by seq and time over what is gone', async () => {
    const disk = new SimulatedDisk();
    const journal = await filled(disk);
    await journal.retain(Infinity);
    await journal.close();
    const all = readEvents(FOLDER, { fs: disk });

    for (let from = 1; from <= 401; from += 13) {
      expect(readSeqs(FOLDER, { fs: disk, fromSeq: from }), `from ${from}`).toEqual(
        all.filter(({ seq }) => seq >= from).map(({ seq }) => seq),
      );
      expect(readSeqs(FOLDER, { fs: disk, fromTimeUs: from * 1000 }), `from time ${from}`).toEqual(
        all.filter(({ seq }) => seq >= from).map(({ seq }) => seq),
      );
    }
    expect(join(FOLDER, '0000000000000001.qtj')).toBe(disk.paths().find((path) => path.endsWith('.qtj')));
  });
});
