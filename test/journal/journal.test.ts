import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ATTEMPT, FLAG_ACK, FLAGS, ROUTE, TARGETS } from '../../src/codec/index.ts';
import { openJournal, openJournalReader, verifyJournal } from '../../src/journal/index.ts';
import { Frames, range, readEvents, readSeqs, temporaryFolder } from './support.ts';

describe('openJournal', () => {
  it('keeps what was appended, in order, across openings', async () => {
    const folder = temporaryFolder();
    const frames = new Frames();

    for (let run = 0; run < 3; run++) {
      const journal = await openJournal(folder);
      expect(journal.lastSeq, `run ${run}`).toBe(run * 500);
      journal.types(frames.table.toRecords());
      await frames.appendAll(journal, 500);
      await journal.close();
    }

    expect(readSeqs(folder)).toEqual(range(1, 1500));
    expect(readEvents(folder)[1233]).toMatchObject({ type: 'journal_test.tick', key: 'key-2', payload: { n: 1234, text: 'event 1234' } });
    expect(verifyJournal(folder)).toMatchObject({ isSound: true, records: 1500, lastSeq: 1500, unfinishedBytes: 0 });
  });

  it.each(['written', 'fsynced'] as const)('resolves whenDurable when the level %s has reached the seq', async (level) => {
    const journal = await openJournal(temporaryFolder(), { level, batchMs: 1000 });
    const frames = new Frames();
    journal.types(frames.table.toRecords());

    const promises = range(1, 300).map(() => journal.whenDurable(frames.append(journal)).then(() => journal.durableSeq));
    const durable = await Promise.all(promises);

    expect(durable.every((seq, i) => seq >= i + 1)).toBe(true);
    expect(level === 'fsynced' ? journal.fsyncedSeq : journal.writtenSeq).toBe(300);
    await journal.close();
    expect(journal.fsyncedSeq).toBe(300);
  });

  it('stores frames without what depends on their delivery', async () => {
    const folder = temporaryFolder();
    const frames = new Frames();
    const journal = await openJournal(folder);
    journal.types(frames.table.toRecords());
    await frames.appendAll(journal, 10);
    await journal.close();

    const reader = openJournalReader(folder);
    reader.readAll(({ u8, u16, u32 }, index) => {
      expect(u32[(index + ROUTE) >> 2]! + u32[(index + TARGETS) >> 2]! + u16[(index + ATTEMPT) >> 1]!).toBe(0);
      expect(u8[index + FLAGS]! & FLAG_ACK).toBe(0);
    });
    reader.close();
  });

  it('goes on in a new segment when one is full, each readable on its own', async () => {
    const folder = temporaryFolder();
    const frames = new Frames();
    const journal = await openJournal(folder, { segmentBytes: 8192, batchBytes: 1024 });
    journal.types(frames.table.toRecords());
    for (let i = 0; i < 20; i++) await frames.appendAll(journal, 20);
    await journal.close();

    const names = readdirSync(folder).filter((name) => name.endsWith('.qtj'));
    expect(names.length).toBeGreaterThan(4);
    expect(readdirSync(folder).filter((name) => name.endsWith('.idx'))).toHaveLength(names.length - 1);
    expect(readSeqs(folder)).toEqual(range(1, 400));
    expect(readSeqs(folder, { fromSeq: 333 })).toEqual(range(333, 400));
    expect(readSeqs(folder, { fromTimeUs: 250_000 })).toEqual(range(250, 400));
    expect(verifyJournal(folder)).toMatchObject({ isSound: true, segments: names.length });
  });

  it('starts a new segment when a type number or a name gets another meaning', async () => {
    const folder = temporaryFolder();
    const frames = new Frames();
    const swapped = frames.table.toRecords().map((record) => ({ ...record, id: 3 - record.id }));
    const first = await openJournal(folder);
    first.types(frames.table.toRecords());
    first.names({ run: 'a' });
    await frames.appendAll(first, 5);
    await first.close();

    const second = await openJournal(folder);
    second.types(swapped.sort((a, b) => a.id - b.id));
    second.names({ run: 'b' });
    await frames.appendAll(second, 5);
    await second.close();

    const events = readEvents(folder);
    expect(events.map(({ type }) => type)).toEqual([...Array(5).fill('journal_test.tick'), ...Array(5).fill('journal_test.audit')]);
    const reader = openJournalReader(folder, { fromSeq: 6 });
    reader.readAll(() => {});
    expect(reader.dictionary.names).toEqual({ run: 'b' });
    reader.close();
  });

  it('keeps order through a ring that is full, and says when there is room', async () => {
    const folder = temporaryFolder();
    const frames = new Frames();
    const journal = await openJournal(folder, { ringBytes: 16_384 });
    journal.types(frames.table.toRecords());
    let refused = 0;
    let told = 0;
    journal.onSpace(() => told++);

    for (let i = 0; i < 2000; i++) {
      if (!journal.accepts(200)) refused++;
      frames.append(journal);
    }
    await journal.whenDurable(2000);
    await journal.close();

    expect(refused).toBeGreaterThan(0);
    expect(told).toBeGreaterThan(0);
    expect(readSeqs(folder)).toEqual(range(1, 2000));
  });

  it('stops when more waits outside the ring than may', async () => {
    const folder = temporaryFolder();
    const frames = new Frames();
    const journal = await openJournal(folder, { ringBytes: 8192, overflowBytesMax: 2000 });
    const failures: string[] = [];
    journal.onFailure((failure) => failures.push(failure.code));
    journal.types(frames.table.toRecords());

    for (let i = 0; i < 500; i++) {
      if (journal.failure === null) frames.append(journal);
    }

    expect(journal.failure?.code).toBe('QT_JOURNAL_OVERFLOW');
    expect(failures).toEqual(['QT_JOURNAL_OVERFLOW']);
    await expect(journal.whenDurable(journal.lastSeq)).rejects.toMatchObject({ code: 'QT_JOURNAL_OVERFLOW' });
    await journal.close();
    const seqs = readSeqs(folder);
    expect(seqs, 'what is there is a beginning of what was appended').toEqual(range(1, seqs.length));
  });

  it('refuses frames that are too long or out of order, and any after close', async () => {
    const journal = await openJournal(temporaryFolder(), { ringBytes: 8192 });
    const frames = new Frames();
    journal.types(frames.table.toRecords());
    const long = frames.make(1, { text: 'x'.repeat(2000) });

    expect(() => journal.accepts(long)).toThrow(expect.objectContaining({ code: 'QT_JOURNAL_FRAME_INVALID' }));
    expect(() => journal.append(frames.views, 0, long, 1)).toThrow(expect.objectContaining({ code: 'QT_JOURNAL_FRAME_INVALID' }));
    expect(() => journal.append(frames.views, 0, 100, 2)).toThrow(expect.objectContaining({ code: 'QT_JOURNAL_FRAME_INVALID' }));
    await expect(journal.whenDurable(1)).rejects.toMatchObject({ code: 'QT_JOURNAL_FRAME_INVALID' });
    await journal.close();
    await journal.close();
    expect(() => frames.append(journal)).toThrow(expect.objectContaining({ code: 'QT_JOURNAL_CLOSED' }));
    expect(journal.accepts(100)).toBe(false);
  });

  it('makes the directory and begins with seq 1', async () => {
    const folder = join(temporaryFolder(), 'a', 'b');
    const journal = await openJournal(folder);

    expect(journal.recovery).toMatchObject({ lastSeq: 0, cut: null });
    expect(journal.lastSeq).toBe(0);
    await journal.close();
    expect(readSeqs(folder)).toEqual([]);
  });

  it.each([
    ['segmentBytes', { segmentBytes: 100 }],
    ['ringBytes', { ringBytes: 10_000 }],
    ['level', { level: 'memory' as never }],
  ])('refuses a wrong option by its name: %s', async (field, options) => {
    await expect(openJournal(temporaryFolder(), options)).rejects.toMatchObject({ code: 'QT_OPTION_INVALID', details: { field } });
  });
});
