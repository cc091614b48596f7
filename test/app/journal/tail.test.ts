import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tailJournal, type TailQuery } from '../../../src/app/index.ts';
import { createEventBus, type EventBus } from '../../../src/engine/index.ts';
import { openJournal, type Journal } from '../../../src/journal/index.ts';
import { Counted, makeFolder, makeJournal } from './support.ts';

/** Follows a journal and waits for what it should say. */
function follow(directory: string, query: TailQuery = {}) {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const seqs: number[] = [];
  let wake = (): void => {};
  const done = (async () => {
    for await (const group of tailJournal(directory, query, controller.signal)) {
      seqs.push(...group.map(({ seq }) => seq));
      wake();
    }
  })();
  // Whoever waits sees the failure; here it only must not pass for an unhandled one.
  done.catch(() => {});
  const until = async (count: number): Promise<number[]> => {
    const ended = done.then(() => {
      throw new Error(`it ended after ${seqs.length} events`);
    });
    ended.catch(() => {});
    while (seqs.length < count) await Promise.race([new Promise<void>((resolve) => (wake = resolve)), ended]);
    return seqs;
  };
  return { seqs, until, done, stop: () => controller.abort() };
}

async function open(
  directory: string,
  segmentBytes = 131_072,
): Promise<{ journal: Journal; bus: EventBus; publish: (count: number) => Promise<void> }> {
  const journal = await openJournal(directory, {
    segmentBytes,
    batchBytes: 1024,
    retention: { otherTypes: { retentionMs: 'forever', maxLength: 1 } },
  });
  const bus = createEventBus({ mode: 'inline', log: journal });
  await bus.start();
  let n = 0;
  const publish = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await bus.publish(Counted.create({ n: n++, text: 'x'.repeat(500) }));
  };
  return { journal, bus, publish };
}

test('the last events come first and then those that are written, each once', async () => {
  const directory = join(makeFolder(), 'journal');
  const { bus, journal, publish } = await open(directory);
  await publish(20);

  const all = follow(directory, { last: 3 });
  const some = follow(directory, { keys: ['key-0'] });
  expect(await all.until(3)).toEqual([18, 19, 20]);
  await publish(6);

  expect(await all.until(9)).toEqual([18, 19, 20, 21, 22, 23, 24, 25, 26]);
  expect(await some.until(2)).toEqual([22, 25]);
  await bus.stop();
  await journal.close();
});

test('an empty directory is waited at, and the journal may be closed and opened again', async () => {
  const directory = join(makeFolder(), 'journal');
  mkdirSync(directory);

  const tail = follow(directory, { last: 5 });
  for (let life = 1; life <= 2; life++) {
    const { bus, journal, publish } = await open(directory);
    await publish(2);
    await bus.stop();
    await journal.close();
    await tail.until(2 * life);
  }
  tail.stop();
  await tail.done;

  expect(tail.seqs).toEqual([1, 2, 3, 4]);
});

test('new segments and retention behind it take nothing from it', async () => {
  const directory = join(makeFolder(), 'journal');
  const { bus, journal, publish } = await open(directory, 8192);
  const tail = follow(directory);

  for (let i = 0; i < 5; i++) {
    await publish(20);
    await tail.until(20 * (i + 1));
    await journal.retain(Infinity);
  }
  const { recordsRemoved } = await journal.retain(Infinity);
  await publish(1);
  await tail.until(101);
  await bus.stop();
  await journal.close();

  expect(recordsRemoved).toBeGreaterThanOrEqual(0);
  expect(tail.seqs).toEqual(Array.from({ length: 101 }, (_, i) => i + 1));
});

test('a directory that is none, or goes away, ends it with its reason', async () => {
  const directory = await makeJournal(3);
  const tail = follow(directory, { last: 1 });
  await tail.until(1);

  rmSync(directory, { recursive: true });

  await expect(tail.done).rejects.toMatchObject({ code: 'QT_APP_INPUT_UNREADABLE' });
  await expect(follow(join(directory, 'none')).done).rejects.toMatchObject({ code: 'QT_APP_INPUT_UNREADABLE' });
});
