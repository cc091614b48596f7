/** A disk that fills up, fails, or loses its power while the journal writes. */
import { describe, expect, it } from 'vitest';
import { createPrng } from '../../src/base/index.ts';
import { CursorStore, openJournal, verifyJournal, type Journal } from '../../src/journal/index.ts';
import { SimulatedDisk, type DiskFault } from './simulated-disk.ts';
import { Frames, range, readSeqs } from './support.ts';

const FOLDER = '/journal';
const CUTS = Number(process.env['QT_TEST_POWER_CUTS'] ?? 150);

/** Appends events one by one, waiting for some, until the journal has failed; returns the newest that was durable. */
async function appendUntilFailure(journal: Journal, frames: Frames): Promise<number> {
  let durable = 0;
  for (let i = 0; i < 5000 && journal.failure === null; i++) {
    const seq = frames.append(journal, { text: 'x'.repeat(i % 90) });
    if (i % 3 !== 0) continue;
    await journal.whenDurable(seq).then(
      () => (durable = seq),
      () => {},
    );
  }
  return durable;
}

describe('a full disk', () => {
  it('stops the journal with its code, rejects who waits, and is fine once there is space', async () => {
    const disk = new SimulatedDisk();
    const frames = new Frames();
    disk.capacity = 20_000;
    const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 });
    const failures: string[] = [];
    journal.onFailure(({ code }) => failures.push(code));
    journal.types(frames.table.toRecords());

    const durable = await appendUntilFailure(journal, frames);

    expect(durable).toBeGreaterThan(50);
    expect(failures).toEqual(['QT_JOURNAL_DISK_FULL']);
    expect(journal.accepts(100), 'it takes nothing any more').toBe(false);
    await expect(journal.whenDurable(journal.lastSeq)).rejects.toMatchObject({ code: 'QT_JOURNAL_DISK_FULL' });
    disk.capacity = Infinity;
    const lengths = disk.paths().map((path) => disk.content(path).length);
    frames.append(journal);
    await new Promise(setImmediate);
    expect(
      disk.paths().map((path) => disk.content(path).length),
      'space alone does not bring it back',
    ).toEqual(lengths);
    expect(journal.discarded).toBe(1);
    await journal.close();
    expect(disk.openFiles).toBe(0);

    const again = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 });
    expect(again.lastSeq).toBeGreaterThanOrEqual(durable);
    again.types(frames.table.toRecords());
    await frames.appendAll(again, 10);
    await again.close();
    expect(readSeqs(FOLDER, { fs: disk })).toEqual(range(1, again.lastSeq));
  });

  it('is found at opening too', async () => {
    const disk = new SimulatedDisk();
    disk.capacity = 60;

    await expect(openJournal(FOLDER, { fs: disk, ringBytes: 65_536 })).rejects.toMatchObject({ code: 'QT_JOURNAL_DISK_FULL' });
    disk.capacity = Infinity;
    await (await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 })).close();
  });
});

describe('a failing disk', () => {
  const faults: [string, DiskFault, string][] = [
    ['a write fails', { call: 'write', code: 'EIO' }, 'QT_JOURNAL_WRITE_FAILED'],
    ['a write fails half way', { call: 'write', code: 'EIO', partialBytes: 100 }, 'QT_JOURNAL_WRITE_FAILED'],
    ['a flush fails', { call: 'sync', code: 'EIO' }, 'QT_JOURNAL_SYNC_FAILED'],
    ['a new segment cannot be opened', { call: 'create', code: 'EMFILE' }, 'QT_JOURNAL_WRITE_FAILED'],
    ['the folder cannot be flushed', { call: 'syncDirectory', code: 'EIO' }, 'QT_JOURNAL_SYNC_FAILED'],
  ];

  it.each(faults)('stops the journal at once when %s, and never tries again', async (_name, fault, code) => {
    for (const level of ['written', 'fsynced'] as const) {
      const disk = new SimulatedDisk();
      const frames = new Frames();
      const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536, level, segmentBytes: 8192 });
      journal.types(frames.table.toRecords());
      let failed = 0;
      let left = 12;
      disk.onCall = (call, path) => {
        if (!path.endsWith('.qtj') && call !== 'syncDirectory') return null;
        if (failed > 0) failed++;
        const isDue = call === fault.call && --left <= (fault.call === 'write' || fault.call === 'sync' ? 0 : 11);
        if (!isDue || failed > 0) return null;
        failed = 1;
        return fault;
      };

      const durable = await appendUntilFailure(journal, frames);

      expect(journal.failure?.code, level).toBe(code);
      expect(failed, 'calls to the log after the failure').toBe(1);
      disk.onCall = () => null;
      await journal.close();
      expect(disk.openFiles).toBe(0);
      const again = await openJournal(FOLDER, { fs: disk.kill(), level });
      expect(again.lastSeq).toBeGreaterThanOrEqual(durable);
      await again.close();
    }
  });
});

describe('a name that the disk refuses', () => {
  it('stops the journal when a finished segment cannot get its index; the next opening builds it', async () => {
    const disk = new SimulatedDisk();
    const frames = new Frames();
    const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536, segmentBytes: 4096 });
    journal.types(frames.table.toRecords());
    disk.onCall = (call, path) => (call === 'rename' && path.endsWith('.idx.new') ? { call, code: 'EIO' } : null);

    const durable = await appendUntilFailure(journal, frames);
    await journal.close();

    expect(journal.failure?.code).toBe('QT_JOURNAL_WRITE_FAILED');
    disk.onCall = () => null;
    const again = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 });
    expect(again.lastSeq).toBeGreaterThanOrEqual(durable);
    again.types(frames.table.toRecords());
    await frames.appendAll(again, 200, { text: 'x'.repeat(90) });
    await again.close();
    expect(verifyJournal(FOLDER, disk)).toMatchObject({ isSound: true, lastSeq: again.lastSeq });
    expect(disk.openFiles).toBe(0);
  });

  it('costs the cursors nothing but time', () => {
    const disk = new SimulatedDisk();
    const cursors = new CursorStore(FOLDER, { fs: disk, lastSeq: 100, flushMs: 0, rewriteBytes: 1024 });
    disk.onCall = (call) => (call === 'rename' ? { call, code: 'EIO' } : null);
    let failed = 0;
    for (let seq = 1; seq <= 100; seq++) {
      cursors.set('group', seq);
      try {
        cursors.flush();
      } catch (error) {
        expect(error).toMatchObject({ code: 'QT_JOURNAL_WRITE_FAILED' });
        failed++;
      }
    }
    disk.onCall = () => null;
    expect(failed).toBeGreaterThan(0);

    cursors.flush();

    expect(new CursorStore(FOLDER, { fs: disk.kill(), lastSeq: 100, flushMs: 0 }).get('group')).toBe(100);
  });
});

describe('a power cut', () => {
  it(`loses nothing that was fsynced, and leaves a beginning of what was appended, ${CUTS} times`, async () => {
    let torn = 0;
    for (let cut = 0; cut < CUTS; cut++) {
      const prng = createPrng(`power-cut/${process.env['SEED'] ?? 'fixed'}/${cut}`);
      const disk = new SimulatedDisk();
      const frames = new Frames();
      const journal = await openJournal(FOLDER, {
        fs: disk,
        ringBytes: 65_536,
        level: 'fsynced',
        segmentBytes: 8192,
        batchBytes: 1024,
        batchMs: 0,
      });
      const cursors = new CursorStore(FOLDER, { fs: disk, lastSeq: 0, flushMs: 0 });
      journal.types(frames.table.toRecords());
      // The power goes at some call to the disk, before it has any effect.
      const cutAt = disk.calls + prng.integer(60);
      let durable = 0;
      let acknowledged = 0;
      let after: SimulatedDisk | null = null;
      disk.onCall = () => {
        if (after === null && disk.calls >= cutAt) {
          after = disk.cutPower(prng);
          // What was resolved by now was promised.
          durable = acknowledged;
        }
        return after === null ? null : { call: 'write', code: 'EIO' };
      };
      const texts: string[] = [];
      for (;;) {
        if (after !== null || journal.failure !== null) break;
        const group = 1 + prng.integer(20);
        for (let i = 0; i < group; i++) {
          texts.push('y'.repeat(prng.integer(300)));
          frames.append(journal, { text: texts.at(-1)! });
        }
        const { lastSeq } = journal;
        await journal.whenDurable(lastSeq).then(
          () => (acknowledged = lastSeq),
          () => {},
        );
        cursors.set('group', acknowledged);
        if (after === null) {
          try {
            cursors.flush();
          } catch {
            // The cut came in the middle of it.
          }
        }
      }
      await journal.close().catch(() => {});

      const found = after ?? disk.cutPower(prng);
      const again = await openJournal(FOLDER, { fs: found, ringBytes: 65_536, level: 'fsynced' });
      expect(again.lastSeq, `cut ${cut}`).toBeGreaterThanOrEqual(durable);
      expect(again.lastSeq, `cut ${cut}`).toBeLessThanOrEqual(texts.length);
      if (again.recovery.cut !== null) torn++;
      await again.close();
      const position = new CursorStore(FOLDER, { fs: found, lastSeq: again.lastSeq, flushMs: 0 });
      expect(position.get('group'), `cut ${cut}: no group is ahead of the log`).toBeLessThanOrEqual(again.lastSeq);
      position.close();
      expect(readSeqs(FOLDER, { fs: found }), `cut ${cut}`).toEqual(range(1, again.lastSeq));
      expect(verifyJournal(FOLDER, found).isSound, `cut ${cut}`).toBe(true);
    }
    expect(torn, 'no cut left an unfinished end, so nothing was tested').toBeGreaterThan(CUTS / 20);
  });
});
