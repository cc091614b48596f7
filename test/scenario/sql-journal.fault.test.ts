/** What may happen to a journal while a database of it lies somewhere else. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { catchUpSql, startEventLogger } from '../../src/app/index.ts';
import { createEventBus } from '../../src/engine/index.ts';
import { openJournal, type JournalOptions } from '../../src/journal/index.ts';
import { MarketTickPrice } from '../../src/model/index.ts';
import { hashesOf, lifeOf, query, temporaryFolder } from '../observe/sql-support.ts';
import { damage, segmentsOf } from '../app/journal/support.ts';

// Each catching up starts a thread, which takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** Publishes the lives of these trades, `first` to `last`, to the journal; gives its last seq. */
async function record(directory: string, first: number, last: number, options: JournalOptions = {}): Promise<number> {
  const journal = await openJournal(directory, { batchBytes: 1024, segmentBytes: 1 << 20, ...options });
  const bus = createEventBus({ mode: 'inline', log: journal, runId: 'r' });
  await bus.start();
  for (let n = first; n <= last; n++) await bus.publishBatch(lifeOf(n));
  await bus.drain();
  await bus.stop();
  if (options.retention !== undefined) await journal.retain(journal.lastSeq + 1);
  await journal.close();
  return journal.lastSeq;
}

function makePaths(): { directory: string; earlier: string; path: string; fresh: string } {
  const folder = temporaryFolder();
  return {
    directory: join(folder, 'journal'),
    earlier: join(folder, 'earlier'),
    path: join(folder, 'events.db'),
    fresh: join(folder, 'fresh.db'),
  };
}

test('what the database has and the journal has lost with the power is taken back', async () => {
  const { directory, earlier, fresh, path } = makePaths();
  const kept = await record(directory, 1, 20);
  cpSync(directory, earlier, { recursive: true });
  const lastSeq = await record(directory, 21, 30);
  await catchUpSql(directory, path);

  const report = await catchUpSql(earlier, path);
  await catchUpSql(earlier, fresh);

  expect(report).toMatchObject({ position: kept, removedEvents: lastSeq - kept, addedEvents: 0 });
  expect(hashesOf(path)).toEqual(hashesOf(fresh));
});

test('what the database has is replaced where the journal went on with other events of the same seqs', async () => {
  const { directory, earlier, fresh, path } = makePaths();
  const kept = await record(directory, 1, 20);
  cpSync(directory, earlier, { recursive: true });
  const lostSeq = await record(directory, 21, 40);
  await catchUpSql(directory, path);
  const lastSeq = await record(earlier, 100, 130);

  const report = await catchUpSql(earlier, path);
  await catchUpSql(earlier, fresh);

  expect(lastSeq).toBeGreaterThan(lostSeq);
  expect(report).toMatchObject({ position: lastSeq, removedEvents: lostSeq - kept, addedEvents: lastSeq - kept });
  expect(hashesOf(path)).toEqual(hashesOf(fresh));
});

test('what retention removes from the journal stays in the database, which goes on behind it', async () => {
  const { directory, path } = makePaths();
  const retention = {
    types: { [MarketTickPrice.type]: { retentionMs: 'forever', maxLength: 1 } },
    otherTypes: { retentionMs: 'forever', maxLength: 10 },
  } as const;
  await record(directory, 1, 30, { segmentBytes: 16_384 });
  const { position } = await catchUpSql(directory, path);
  await record(directory, 31, 60, { segmentBytes: 16_384, retention });

  const report = await catchUpSql(directory, path);

  const [found] = query(path, 'SELECT count(*) AS events, max(seq) AS last FROM events');
  expect(report).toMatchObject({ removedEvents: 0, failure: null });
  expect(report.position).toBeGreaterThan(position);
  expect(found).toEqual({ events: position + report.addedEvents, last: report.position });
  expect(report.addedEvents, 'retention removed nothing').toBeLessThan(report.position - position);
});

test('the database of one journal is not for another', async () => {
  const { directory, earlier: other, path } = makePaths();
  await record(directory, 1, 3);
  await record(other, 1, 30);
  await catchUpSql(directory, path);
  const before = hashesOf(path);

  await expect(catchUpSql(other, path)).rejects.toMatchObject({ code: 'QT_SQL_FILE_OTHER_JOURNAL' });

  expect(hashesOf(path)).toEqual(before);
});

test('a damaged journal fills the database up to the damage and says where it is', async () => {
  const { directory, path } = makePaths();
  await record(directory, 1, 100);
  damage(segmentsOf(directory)[0]!);

  await expect(catchUpSql(directory, path)).rejects.toMatchObject({ code: 'QT_JOURNAL_DAMAGED' });

  const [{ events, last }] = query(path, 'SELECT count(*) AS events, max(seq) AS last FROM events') as [{ events: number; last: number }];
  expect(events).toBeGreaterThan(0);
  expect(events).toBe(last);
});

test('a logger waits while another program holds a transaction, and catches up', async () => {
  const { directory, path } = makePaths();
  await record(directory, 1, 2);
  const logger = await startEventLogger(directory, path, { busyMs: 0, pollMs: 1 });
  const other = new DatabaseSync(path, { timeout: 5000 });
  other.exec('BEGIN IMMEDIATE');
  const lastSeq = await record(directory, 3, 20);

  other.exec('ROLLBACK');
  other.close();
  await logger.close();

  expect(logger.report()).toMatchObject({ position: lastSeq, failure: null });
});

test('a logger that may not go on says so once and leaves the journal alone', async () => {
  const { directory, path } = makePaths();
  await record(directory, 1, 2);
  const failures: string[] = [];
  const logger = await startEventLogger(directory, path, { pollMs: 1, bytesMax: 1 << 20, onFailure: ({ code }) => failures.push(code) });
  const lastSeq = await record(directory, 3, 400);

  await logger.close();
  const later = await catchUpSql(directory, path);

  expect(failures).toEqual(['QT_SQL_DISK_FULL']);
  expect(logger.report()).toMatchObject({ failure: { code: 'QT_SQL_DISK_FULL' } });
  expect(logger.position).toBeLessThan(lastSeq);
  expect(later).toMatchObject({ position: lastSeq, failure: null });
});
