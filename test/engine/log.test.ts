import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SEQ } from '../../src/codec/index.ts';
import { createEventBus, defineEvent, hasCode, Type } from '../../src/index.ts';
import { openJournal, openJournalReader, verifyJournal } from '../../src/journal/index.ts';

const Noted = defineEvent('log.noted', { payload: Type.Object({ n: Type.Integer() }), key: () => 'k' });

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qt-log-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

test.each(['written', 'fsynced'] as const)('a receipt says %s once the journal has the event at that level', async (level) => {
  const journal = await openJournal(directory, { level });
  const bus = createEventBus({ mode: 'inline', log: journal });
  await bus.start();

  const receipt = await bus.publish(Noted.create({ n: 1 }));

  expect(receipt).toEqual({ seq: 1, level });
  expect(level === 'written' ? journal.writtenSeq : journal.fsyncedSeq).toBeGreaterThanOrEqual(1);
  await bus.stop();
  await journal.close();
});

test('a journal holds every event, derived ones too, in commit order, and a later bus goes on after them', async () => {
  for (const first of [1, 4]) {
    const journal = await openJournal(directory);
    const bus = createEventBus({ mode: 'inline', log: journal });
    bus.subscribe(Noted, (event, ctx) => {
      if (event.payload.n === 1) ctx.publish({ type: 'log.derived', payload: { from: event.seq } });
    });
    await bus.start();
    const batch = await bus.publishBatch([Noted.create({ n: 1 }), Noted.create({ n: 2 })]);
    await bus.drain();
    await bus.stop();
    await journal.close();

    expect(batch.firstSeq).toBe(first);
  }
  using reader = openJournalReader(directory);
  const seqs: number[] = [];
  reader.readAll((views, index) => {
    seqs.push(views.f64[(index + SEQ) >> 3]!);
  });

  expect(seqs).toEqual([1, 2, 3, 4, 5, 6]);
  expect(verifyJournal(directory)).toMatchObject({ isSound: true, lastSeq: 6 });
});

test('a bus whose journal is closed takes nothing more', async () => {
  const journal = await openJournal(directory);
  const bus = createEventBus({ mode: 'inline', log: journal });
  await bus.start();
  await journal.close();

  await expect(bus.publish(Noted.create({ n: 1 }))).rejects.toSatisfy((error) => hasCode(error, 'QT_JOURNAL_CLOSED'));
  await bus.stop();
});
