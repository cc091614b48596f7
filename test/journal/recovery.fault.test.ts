/** Ends and middles of files that are not as they were written. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJournal, repairJournal, verifyJournal } from '../../src/journal/index.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { Frames, range, readSeqs } from './support.ts';

const FOLDER = '/journal';
const FIRST = join(FOLDER, '0000000000000001.qtj');

interface Written {
  readonly disk: SimulatedDisk;
  readonly segments: string[];
  /** Length of the first segment before each group of events. */
  readonly ends: number[];
}

/** A journal of some groups of events, killed without a close. */
async function written(
  groups: number,
  perGroup: number,
  options: { segmentBytes?: number; level?: 'written' | 'fsynced'; isClosed?: boolean } = {},
): Promise<Written> {
  const disk = new SimulatedDisk();
  const frames = new Frames();
  const journal = await openJournal(FOLDER, {
    fs: disk,
    segmentBytes: options.segmentBytes ?? 1024 * 1024,
    level: options.level ?? 'written',
  });
  journal.types(frames.table.toRecords());
  const ends: number[] = [];
  for (let group = 0; group < groups; group++) {
    ends.push(disk.content(FIRST).length);
    await frames.appendAll(journal, perGroup);
  }
  if (options.isClosed === true) await journal.close();
  const after = disk.kill();
  return { disk: after, segments: after.paths().filter((path) => path.endsWith('.qtj')), ends };
}

async function reopen(disk: SimulatedDisk): Promise<{ lastSeq: number; cutBytes: number; keptAside: string | null }> {
  const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 });
  const { lastSeq, cutBytes, keptAside } = journal.recovery;
  await journal.close();
  return { lastSeq, cutBytes, keptAside };
}

describe('openJournal after a crash', () => {
  it('cuts the last batch wherever it is torn, keeps it aside, and goes on', async () => {
    const { disk, ends } = await written(5, 4);
    const whole = disk.content(FIRST);
    const start = ends[4]!;

    for (let length = start; length < whole.length; length++) {
      disk.setContent(FIRST, whole.subarray(0, length));
      const found = await reopen(disk);
      expect({ length, ...found }).toEqual({
        length,
        lastSeq: 16,
        cutBytes: length - start,
        keptAside: length === start ? null : expect.any(String),
      });
      if (found.keptAside !== null) {
        expect(disk.content(found.keptAside).equals(whole.subarray(start, length)), `kept aside at ${length}`).toBe(true);
        disk.remove(found.keptAside);
      }
    }
    expect(readSeqs(FOLDER, { fs: disk })).toEqual(range(1, 16));
  });

  it('takes zeros for the end, wherever they begin in the last batch', async () => {
    const { disk, ends } = await written(3, 3);
    const whole = disk.content(FIRST);

    for (let from = ends[2]!; from < whole.length; from += 7) {
      const zeroed = Buffer.concat([whole.subarray(0, from), Buffer.alloc(5000)]);
      disk.setContent(FIRST, zeroed);
      const found = await reopen(disk);
      // Zeros may be what was there anyway.
      const isWhole = whole.subarray(from).every((byte) => byte === 0);
      expect({ from, lastSeq: found.lastSeq }).toEqual({ from, lastSeq: isWhole ? 9 : 6 });
    }
  });

  it('removes a last segment that was being made', async () => {
    const { disk } = await written(2, 3);
    const header = disk.content(FIRST).subarray(0, 128);

    for (const length of [0, 1, 64, 127]) {
      const path = join(FOLDER, '0000000000000007.qtj');
      disk.setContent(path, header.subarray(0, length));
      expect(verifyJournal(FOLDER, disk), `header of ${length} bytes`).toMatchObject({ fault: null, unfinishedBytes: length });
      expect({ length, lastSeq: (await reopen(disk)).lastSeq }).toEqual({ length, lastSeq: 6 });
      expect(disk.exists(path)).toBe(false);
    }
  });

  it('refuses a bit that flipped in front of whole batches, in every field, and names the place', async () => {
    const { disk, ends } = await written(3, 2);
    const whole = disk.content(FIRST);
    // The text of the dictionary is one field of a thousand bytes.
    const text = { start: 128 + 144, end: whole.indexOf('QTJB', 128 + 144) };

    for (let at = 0; at < ends[2]!; at += at > text.start && at < text.end - 16 ? 13 : 1) {
      // The zeros of the header have no meaning, but its checksum covers them.
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << (at % 8);
      disk.setContent(FIRST, flipped);
      const code = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 }).then(
        () => 'opened',
        (error: { code: string }) => error.code,
      );
      expect({ at, code }).toEqual({ at, code: at === 4 || at === 5 ? expect.stringMatching(/DAMAGED|VERSION/) : 'QT_JOURNAL_DAMAGED' });
      const report = verifyJournal(FOLDER, disk);
      expect({ at, isSound: report.isSound }).toEqual({ at, isSound: false });
      expect(report.fault!.offset, `flipped at ${at}`).toBeLessThanOrEqual(at);
      expect(disk.content(FIRST).equals(flipped), 'a refused file is not changed').toBe(true);
    }
  });

  it('refuses a bit that flipped in the last batch of a journal that was closed in peace', async () => {
    const { disk, ends } = await written(2, 2, { isClosed: true });
    const whole = disk.content(FIRST);
    const seal = 144;

    for (let at = ends[1]!; at < whole.length - seal; at += 3) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 0x10;
      disk.setContent(FIRST, flipped);
      await expect(openJournal(FOLDER, { fs: disk, ringBytes: 65_536 }), `flipped at ${at}`).rejects.toMatchObject({
        code: 'QT_JOURNAL_DAMAGED',
      });
    }
  });

  it('finds flips in closed segments by verify and by reading, and never skips one', async () => {
    const { disk, segments } = await written(16, 6, { segmentBytes: 4096 });
    expect(segments.length).toBeGreaterThan(2);
    const path = segments[1]!;
    const whole = disk.content(path);

    for (let at = 0; at < whole.length; at += 5) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 0x40;
      disk.setContent(path, flipped);
      expect(verifyJournal(FOLDER, disk).fault?.file, `verify, byte ${at}`).toBe(path.slice(-20));
      expect(() => readSeqs(FOLDER, { fs: disk }), `read, byte ${at}`).toThrow(/Cannot (trust|read)/);
    }
  });
});

describe('a set of segment files', () => {
  async function segmented(): Promise<Written> {
    const found = await written(16, 6, { segmentBytes: 4096 });
    expect(found.segments.length).toBeGreaterThan(2);
    return found;
  }

  it.each(['first', 'middle'])('shows that the %s one is missing', async (which) => {
    const { disk, segments } = await segmented();
    disk.remove(segments[which === 'first' ? 0 : 1]!);

    await expect(openJournal(FOLDER, { fs: disk, ringBytes: 65_536 })).rejects.toMatchObject({ code: 'QT_JOURNAL_DAMAGED' });
    expect(verifyJournal(FOLDER, disk).fault?.reason).toMatch(/is missing in front of it/);
    expect(() => readSeqs(FOLDER, { fs: disk })).toThrow(/is missing in front of it/);
  });

  it('shows that one is there twice', async () => {
    const { disk, segments } = await segmented();
    disk.setContent(join(FOLDER, '0000000000000005.qtj'), disk.content(segments[1]!));

    await expect(openJournal(FOLDER, { fs: disk, ringBytes: 65_536 })).rejects.toMatchObject({ code: 'QT_JOURNAL_DAMAGED' });
    expect(verifyJournal(FOLDER, disk).isSound).toBe(false);
    expect(readSeqs(FOLDER, { fs: disk }), 'a reader takes each event once').toEqual(range(1, 96));
  });

  it('shows that two were exchanged', async () => {
    const { disk, segments } = await segmented();
    const [first, second] = segments.map((path) => disk.content(path));
    disk.setContent(segments[0]!, second!);
    disk.setContent(segments[1]!, first!);

    await expect(openJournal(FOLDER, { fs: disk, ringBytes: 65_536 })).rejects.toMatchObject({ code: 'QT_JOURNAL_DAMAGED' });
    expect(verifyJournal(FOLDER, disk).fault?.reason).toMatch(/under another name/);
  });

  it('shows that one is of another journal', async () => {
    const { disk, segments } = await segmented();
    const other = await segmented();
    disk.setContent(segments[1]!, other.disk.content(other.segments[1]!));

    await expect(openJournal(FOLDER, { fs: disk, ringBytes: 65_536 })).rejects.toMatchObject({ code: 'QT_JOURNAL_DAMAGED' });
    expect(verifyJournal(FOLDER, disk).fault?.reason).toMatch(/belongs to another journal/);
  });

  it('rebuilds an index that is missing or wrong, and loses no event by it', async () => {
    const { disk, segments } = await segmented();
    const index = segments[0]!.replace('.qtj', '.idx');
    const right = disk.content(index);
    const seqs = readSeqs(FOLDER, { fs: disk });

    disk.remove(index);
    let journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 });
    expect(journal.recovery.indexesRebuilt).toBe(1);
    await journal.close();
    expect(disk.content(index).equals(right)).toBe(true);

    for (let at = 0; at < right.length; at += 11) {
      const flipped = Buffer.from(right);
      flipped[at]! ^= 2;
      disk.setContent(index, flipped);
      expect(readSeqs(FOLDER, { fs: disk, fromSeq: 3 }), `read past byte ${at}`).toEqual(seqs.slice(2));
      journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 });
      expect(journal.recovery.indexesRebuilt, `byte ${at}`).toBe(1);
      await journal.close();
    }
  });
});

describe('repairJournal', () => {
  it('gives up what cannot be read and nothing else, marks it, and keeps the file', async () => {
    const { disk, ends } = await written(6, 4);
    const flipped = Buffer.from(disk.content(FIRST));
    flipped[ends[2]! + 100]! ^= 1;
    disk.setContent(FIRST, flipped);

    const report = repairJournal(FOLDER, disk);

    expect(report).toMatchObject({ lost: [{ firstSeq: 9, lastSeq: 12 }], lastSeq: 24 });
    expect(disk.content(report.keptAside[0]!).equals(flipped)).toBe(true);
    expect(verifyJournal(FOLDER, disk)).toMatchObject({ isSound: true, lostRecords: 4, records: 20 });
    expect(readSeqs(FOLDER, { fs: disk })).toEqual([...range(1, 8), ...range(13, 24)]);
    expect((await reopen(disk)).lastSeq).toBe(24);
    expect(disk.openFiles).toBe(0);
  });

  it.each([
    ['a missing segment', (disk: SimulatedDisk, segments: string[]) => disk.remove(segments[1]!)],
    [
      'a renamed segment',
      (disk: SimulatedDisk, segments: string[]) => {
        disk.setContent(join(FOLDER, '0000000000000003.qtj'), disk.content(segments[1]!));
        disk.remove(segments[1]!);
      },
    ],
    [
      'a doubled segment',
      (disk: SimulatedDisk, segments: string[]) => disk.setContent(join(FOLDER, '0000000000000005.qtj'), disk.content(segments[1]!)),
    ],
    [
      'a damaged segment header',
      (disk: SimulatedDisk, segments: string[]) => {
        const bytes = Buffer.from(disk.content(segments[0]!));
        bytes[20]! ^= 1;
        disk.setContent(segments[0]!, bytes);
      },
    ],
    ['a segment of zeros', (disk: SimulatedDisk, segments: string[]) => disk.setContent(segments[1]!, Buffer.alloc(4096))],
  ])('makes a journal with %s sound again', async (name, harm) => {
    const { disk, segments } = await written(16, 6, { segmentBytes: 4096 });
    harm(disk, segments);

    const { lost } = repairJournal(FOLDER, disk);

    const gone = lost.flatMap(({ firstSeq, lastSeq }) => range(firstSeq, lastSeq));
    expect(gone.length > 0).toBe(name === 'a missing segment' || name === 'a segment of zeros');
    expect(verifyJournal(FOLDER, disk)).toMatchObject({ isSound: true, lostRecords: gone.length });
    expect(readSeqs(FOLDER, { fs: disk })).toEqual(range(1, 96).filter((seq) => !gone.includes(seq)));
    expect((await reopen(disk)).lastSeq).toBe(96);
  });

  it('changes nothing in a sound journal', async () => {
    const { disk } = await written(16, 6, { segmentBytes: 4096, isClosed: true });
    const before = disk
      .paths()
      .filter((path) => path.endsWith('.qtj'))
      .map((path) => disk.content(path).toString('hex'));

    expect(repairJournal(FOLDER, disk)).toEqual({ lost: [], keptAside: [], lastSeq: 96 });
    expect(
      disk
        .paths()
        .filter((path) => path.endsWith('.qtj'))
        .map((path) => disk.content(path).toString('hex')),
    ).toEqual(before);
  });
});
