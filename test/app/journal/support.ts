/** Journals to look at, made as an embedded bus makes them, and folders for them. */
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createEventBus } from '../../../src/engine/index.ts';
import { defineEvent, Type } from '../../../src/event/index.ts';
import { openJournal } from '../../../src/journal/index.ts';

export const START_US = Date.UTC(2024, 0, 2) * 1000;
export const SECOND_US = 1_000_000;

export const Counted = defineEvent('journal_app.number.counted', {
  payload: Type.Object({ n: Type.Integer(), text: Type.String() }),
  key: ({ n }) => `key-${n % 3}`,
});

/** A folder that is gone after the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'qt-app-journal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A journal of `count` events a second apart; each third one causes another. */
export async function makeJournal(count: number): Promise<string> {
  const directory = join(makeFolder(), 'journal');
  const journal = await openJournal(directory, { segmentBytes: 131_072, batchBytes: 1024 });
  const bus = createEventBus({ mode: 'inline', lockstep: true, log: journal, runId: 'made', source: 'maker' });
  bus.subscribe(
    Counted,
    ({ payload: { n } }, ctx) => {
      if (n % 3 === 0) ctx.publish({ type: 'journal_app.third.seen', payload: { n } });
    },
    { group: 'thirds' },
  );
  await bus.start();
  for (let first = 1; first <= count; first += 10) {
    const group = Array.from({ length: Math.min(10, count - first + 1) }, (_, i) => first + i);
    await bus.publishBatch(group.map((n) => Counted.create({ n, text: 'x'.repeat(100) }, { timestamp: START_US + n * SECOND_US })));
  }
  await bus.drain();
  await bus.stop();
  await journal.close();
  return directory;
}

export function segmentsOf(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.qtj'))
    .toSorted()
    .map((name) => join(directory, name));
}

/** Changes one byte near the end of a file, behind the dictionary at its start and in front of the last batch. */
export function damage(path: string): void {
  const fd = openSync(path, 'r+');
  try {
    const at = Math.floor(statSync(path).size * 0.9);
    const byte = Buffer.alloc(1);
    readSync(fd, byte, 0, 1, at);
    byte[0]! ^= 0xff;
    writeSync(fd, byte, 0, 1, at);
  } finally {
    closeSync(fd);
  }
}
