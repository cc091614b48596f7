import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Trimming } from '../../../src/app/journal/trimming.ts';
import { silentLogger } from '../../../src/base/index.ts';
import { openJournal, verifyJournal, type Journal } from '../../../src/journal/index.ts';
import { createEventBus } from '../../../src/engine/index.ts';
import { Counted, makeFolder } from './support.ts';

async function filled(count: number): Promise<Journal> {
  const directory = join(makeFolder(), 'journal');
  const retention = { types: { [Counted.type]: { retentionMs: 'forever', maxLength: 100 } } } as const;
  const journal = await openJournal(directory, { segmentBytes: 16_384, batchBytes: 1024, retention });
  const bus = createEventBus({ mode: 'inline', log: journal, runId: 'trimmed' });
  await bus.start();
  for (let first = 1; first <= count; first += 10) {
    await bus.publishBatch(Array.from({ length: 10 }, (_, i) => Counted.create({ n: first + i, text: 'x'.repeat(100) })));
  }
  await bus.stop();
  return journal;
}

test('a journal is trimmed from time to time, and what was removed is counted', { timeout: 30_000 }, async () => {
  const journal = await filled(400);

  const trimming = new Trimming(journal, silentLogger, 1);
  await expect.poll(() => trimming.removedEvents, { timeout: 20_000 }).toBeGreaterThan(100);
  trimming.end();
  await journal.close();

  expect(verifyJournal(journal.directory)).toMatchObject({ isSound: true, removedRecords: trimming.removedEvents, lastSeq: 400 });
});

test('trimming keeps what a group of the journal has yet to see, and says when it cannot be done', async () => {
  const journal = await filled(400);
  journal.durable.positions.set('late', 0);
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, message: string) => void warnings.push(message) };
  const trimming = new Trimming(journal, logger as typeof silentLogger);

  await trimming.trim();
  expect(trimming.removedEvents).toBe(0);
  journal.durable.positions.set('late', 400);
  await trimming.trim();
  expect(trimming.removedEvents).toBeGreaterThan(100);
  await journal.close();
  await trimming.trim();
  trimming.end();

  expect(warnings).toEqual(['The journal could not be trimmed']);
});
