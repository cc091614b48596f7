import { join } from 'node:path';
import { expect, it } from 'vitest';
import { measureJournal, openJournal, openJournalReader, verifyJournal, type MissingCallback } from '../../src/journal/index.ts';
import { Frames, range, readSeqs, temporaryFolder } from './support.ts';

type Gap = Parameters<MissingCallback>;

function gapsOf(directory: string, fromSeq = 1): Gap[] {
  const gaps: Gap[] = [];
  const reader = openJournalReader(directory, { fromSeq, onMissing: (...gap) => gaps.push(gap) });
  reader.readAll(() => {});
  reader.close();
  return gaps;
}

async function withGaps(directory: string): Promise<void> {
  const frames = new Frames();
  const journal = await openJournal(directory, { journalId: 'ab'.repeat(16) });
  journal.types(frames.table.toRecords());
  journal.skip(10, 'removed');
  await frames.appendAll(journal, 3);
  journal.skip(20, 'removed');
  await frames.appendAll(journal, 1);
  journal.skip(25, 'lost');
  journal.skip(30, 'removed');
  await frames.appendAll(journal, 2);
  journal.skip(40, 'removed');
  await journal.close();
}

it('Journal.skip answers for seqs without events, which readers and verify tell apart by their reason', async () => {
  const directory = join(temporaryFolder(), 'journal');

  await withGaps(directory);

  expect(readSeqs(directory)).toEqual([11, 12, 13, 21, 31, 32]);
  expect(gapsOf(directory)).toEqual([
    [1, 10, 'removed'],
    [14, 20, 'removed'],
    [22, 25, 'lost'],
    [26, 30, 'removed'],
    [33, 40, 'removed'],
  ]);
  expect(gapsOf(directory, 24)).toEqual([
    [24, 25, 'lost'],
    [26, 30, 'removed'],
    [33, 40, 'removed'],
  ]);
  expect(verifyJournal(directory)).toMatchObject({ isSound: true, records: 6, lastSeq: 40, removedRecords: 30, lostRecords: 4 });
});

it('a journal that was opened anew has the id it was given and goes on behind a gap at its end', async () => {
  const directory = join(temporaryFolder(), 'journal');
  await withGaps(directory);

  const journal = await openJournal(directory, { journalId: 'cd'.repeat(16) });
  const { journalId, lastSeq } = journal;
  const frames = new Frames();
  journal.types(frames.table.toRecords());
  await frames.appendAll(journal, 2);
  await journal.close();

  expect([journalId, lastSeq]).toEqual(['ab'.repeat(16), 40]);
  expect(readSeqs(directory).slice(-3)).toEqual([32, 41, 42]);
  expect(verifyJournal(directory).isSound).toBe(true);
});

it('Journal.skip refuses to go back, and openJournal an id that is none', async () => {
  const directory = join(temporaryFolder(), 'journal');
  const journal = await openJournal(directory);

  expect(() => journal.skip(0, 'lost')).toThrow('Cannot use seq 0');
  await journal.close();
  expect(() => journal.skip(5, 'lost')).toThrow('closed');
  await expect(openJournal(join(directory, 'other'), { journalId: 'one' })).rejects.toMatchObject({ code: 'QT_OPTION_INVALID' });
});

it('Journal.renewDictionary leaves behind what was declared, from the next event on', async () => {
  const directory = join(temporaryFolder(), 'journal');
  const frames = new Frames();
  const journal = await openJournal(directory);
  journal.types(frames.table.toRecords());
  journal.names({ run: 'a', 'source.7': 'old' });
  await frames.appendAll(journal, 2);
  journal.renewDictionary();
  journal.types(frames.table.toRecords());
  journal.names({ run: 'b' });
  await frames.appendAll(journal, 2);
  await journal.close();

  const names: unknown[] = [];
  const reader = openJournalReader(directory);
  reader.readAll(() => names.push(reader.dictionary.names));
  reader.close();

  expect(names).toEqual([{ run: 'a', 'source.7': 'old' }, { run: 'a', 'source.7': 'old' }, { run: 'b' }, { run: 'b' }]);
  expect(readSeqs(directory)).toEqual(range(1, 4));
  expect(verifyJournal(directory).isSound).toBe(true);
});

it('measureJournal tells the newest seq and the bytes without reading the events', async () => {
  const directory = join(temporaryFolder(), 'journal');
  const frames = new Frames();
  const empty = measureJournal(directory);
  const journal = await openJournal(directory, { segmentBytes: 4096, batchBytes: 1024 });
  journal.types(frames.table.toRecords());
  for (let i = 0; i < 10; i++) await frames.appendAll(journal, 20);

  const open = measureJournal(directory);
  await journal.close();
  const closed = measureJournal(directory);

  expect(empty).toEqual({ segments: 0, lastSeq: 0, bytes: 0 });
  expect(open.lastSeq).toBe(200);
  expect(closed).toMatchObject({ lastSeq: 200, bytes: verifyJournal(directory).bytes });
  expect(closed.segments).toBeGreaterThan(2);
});
