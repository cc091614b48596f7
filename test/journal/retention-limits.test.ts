/** What `Journal.retain` removes by which limit, and what it never removes. */
import { describe, expect, it } from 'vitest';
import { CursorStore, openJournal, verifyJournal, type Journal, type JournalOptions } from '../../src/journal/index.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { Frames, range, readEvents, readSeqs } from './support.ts';

const FOLDER = '/journal';
const TICK = 'journal_test.tick';
const EVENTS = 400;

/** Event n was accepted at second n; each tenth is of the audited type. */
async function filled(disk: SimulatedDisk, options: JournalOptions): Promise<Journal> {
  const frames = new Frames();
  const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536, segmentBytes: 8192, batchBytes: 1024, ...options });
  journal.types(frames.table.toRecords());
  for (let i = 1; i <= EVENTS; i++) {
    frames.append(journal, { type: i % 10 === 0 ? 'audit' : 'tick', acceptedUs: i * 1_000_000 });
    if (i % 5 === 0) await journal.whenDurable(i);
  }
  return journal;
}

function ticksLeft(disk: SimulatedDisk): number[] {
  return readEvents(FOLDER, { fs: disk })
    .filter(({ type }) => type === TICK)
    .map(({ seq }) => seq);
}

const all = range(1, EVENTS).filter((seq) => seq % 10 !== 0);
/** Everything goes by these rules. */
const nothing: JournalOptions = { retention: { otherTypes: { retentionMs: 'forever', maxLength: 1 }, rewriteRatio: 0.01 } };

describe('Journal.retain', () => {
  it.each([
    ['age', { retentionMs: 100_000 }, all.filter((seq) => seq >= EVENTS - 100)],
    ['length', { retentionMs: 'forever', maxLength: 120 }, all.slice(-120)],
    ['bytes', { retentionMs: 'forever', bytesMax: 10_000 }, all.slice(-60)],
    ['whatever limit is reached first', { retentionMs: 300_000, maxLength: 120, bytesMax: 1_000_000 }, all.slice(-120)],
  ] as const)('removes by %s, and never more than the limit says', async (_name, rule, least) => {
    const disk = new SimulatedDisk();
    const journal = await filled(disk, { retention: { types: { [TICK]: rule }, rewriteRatio: 0.01 } });

    const report = await journal.retain(Infinity);
    await journal.close();

    const left = ticksLeft(disk);
    expect(left).toEqual(expect.arrayContaining(least));
    expect(left, 'they go from the oldest on').toEqual(all.slice(-left.length));
    expect(report.recordsRemoved).toBe(all.length - left.length);
    expect(report.recordsRemoved).toBeGreaterThan(100);
    expect(report.removedNeeded).toBe(0);
    expect(verifyJournal(FOLDER, disk)).toMatchObject({ isSound: true, removedRecords: report.recordsRemoved });
  });

  it('never removes what a group has yet to see, wherever the group is', async () => {
    for (let needed = 1; needed <= EVENTS + 1; needed += 25) {
      const disk = new SimulatedDisk();
      const journal = await filled(disk, nothing);

      const report = await journal.retain(() => needed);
      await journal.close();

      const seqs = readSeqs(FOLDER, { fs: disk });
      expect(seqs.slice(-(EVENTS - needed + 1)), `needed from ${needed}`).toEqual(needed > EVENTS ? seqs : range(needed, EVENTS));
      expect(report.removedNeeded, `needed from ${needed}`).toBe(0);
    }
  });

  it('asks the positions beside the journal, also those of groups that have not come back', async () => {
    const disk = new SimulatedDisk();
    const first = await filled(disk, nothing);
    first.durable.positions.set('slow', 100);
    first.durable.positions.set('fast', 390);
    await first.close();
    const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536, segmentBytes: 8192, ...nothing });

    const report = await journal.retain();

    expect(readSeqs(FOLDER, { fs: disk })).toEqual(expect.arrayContaining(range(101, EVENTS)));
    expect(report.recordsRemoved).toBeGreaterThan(0);
    journal.durable.positions.set('slow', 390);
    expect((await journal.retain()).recordsRemoved).toBeGreaterThan(100);
    await journal.close();
  });

  it('removes what a group needs only when told to, and counts exactly what it loses', async () => {
    const disk = new SimulatedDisk();
    const journal = await filled(disk, nothing);
    const needed = 123;
    const before = readSeqs(FOLDER, { fs: disk });

    const kept = await journal.retain(needed);
    const told = await journal.retain(needed, { removesNeeded: true });
    await journal.close();

    const left = new Set(readSeqs(FOLDER, { fs: disk }));
    const gone = before.filter((seq) => !left.has(seq));
    expect(kept.removedNeeded).toBe(0);
    expect(told.removedNeeded).toBe(gone.filter((seq) => seq >= needed).length);
    expect(told.removedNeeded).toBeGreaterThan(100);
    expect(kept.recordsRemoved + told.recordsRemoved).toBe(gone.length);
    expect(verifyJournal(FOLDER, disk)).toMatchObject({ isSound: true, removedRecords: gone.length });
  });

  it('never removes audited events, by their chain or by their names, even when told to remove what is needed', async () => {
    for (const options of [{ audit: ['journal_test.audit'] }, { retention: { ...nothing.retention, auditTypes: ['*.audit'] } }]) {
      const disk = new SimulatedDisk();
      const journal = await filled(disk, { ...nothing, ...options });

      const report = await journal.retain(1, { removesNeeded: true });
      await journal.close();

      expect(readSeqs(FOLDER, { fs: disk })).toEqual(expect.arrayContaining(range(1, EVENTS).filter((seq) => seq % 10 === 0)));
      expect(report.removedNeeded).toBe(report.recordsRemoved);
      expect(report.recordsRemoved).toBeGreaterThan(200);
    }
  });

  it('refuses what is no seq, and answers when the journal is closed or closing', async () => {
    const disk = new SimulatedDisk();
    const journal = await filled(disk, nothing);

    await expect(journal.retain(Number.NaN)).rejects.toMatchObject({ code: 'QT_OPTION_INVALID' });
    await expect(journal.retain(0)).rejects.toMatchObject({ code: 'QT_OPTION_INVALID' });
    const asked = journal.retain(Infinity);
    await journal.close();
    expect((await asked).recordsRemoved).toBeGreaterThan(0);
    await expect(journal.retain(Infinity)).rejects.toMatchObject({ code: 'QT_JOURNAL_CLOSED' });
    const cursors = new CursorStore(FOLDER, { lastSeq: EVENTS, fs: disk });
    expect(cursors.neededFromSeq).toBe(Infinity);
    cursors.close();
  });
});
