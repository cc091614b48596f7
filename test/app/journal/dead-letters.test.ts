import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listDeadLetters, purgeDeadLetters, readDeadLetter, requestRedrive } from '../../../src/app/index.ts';
import { createEventBus, type DeadLetter, type EventBus } from '../../../src/engine/index.ts';
import { RejectEvent } from '../../../src/event/index.ts';
import { openJournal, verifyJournal } from '../../../src/journal/index.ts';
import { Counted, makeFolder } from './support.ts';

/** One life of a process on a journal: its group takes what `accepts` says and gives the rest up. */
async function live(
  directory: string,
  accepts: (n: number) => boolean,
  work: (bus: EventBus, handled: number[]) => Promise<void> = async () => {},
): Promise<number[]> {
  const journal = await openJournal(directory, { audit: ['system.deadletter.*'] });
  const bus = createEventBus({ mode: 'inline', log: journal, runId: 'shop' });
  const handled: number[] = [];
  bus.subscribe(
    Counted,
    ({ payload: { n } }) => {
      if (!accepts(n)) throw new RejectEvent(`no ${n}`);
      handled.push(n);
    },
    { group: 'billing', durable: true },
  );
  await bus.start();
  await work(bus, handled);
  await bus.drain();
  await bus.stop();
  await journal.close();
  return handled;
}

async function withLetters(count: number): Promise<string> {
  const directory = join(makeFolder(), 'journal');
  await live(
    directory,
    () => false,
    async (bus) => {
      for (let n = 1; n <= count; n++) await bus.publish(Counted.create({ n, text: '' }));
    },
  );
  return directory;
}

test('dead letters are told from the journal as the bus tells them', async () => {
  const directory = join(makeFolder(), 'journal');
  let inside: DeadLetter[] = [];
  await live(
    directory,
    (n) => n !== 2,
    async (bus) => {
      for (const n of [1, 2, 3]) await bus.publish(Counted.create({ n, text: 'x' }));
      await bus.drain();
      inside = bus.deadLetters.list();
    },
  );

  const letters = listDeadLetters(directory);
  const [own] = inside;
  const letter = readDeadLetter(directory, own!.id);

  expect(letters).toHaveLength(1);
  expect(letter).toMatchObject({
    id: own!.id,
    type: Counted.type,
    group: 'billing',
    reason: 'REJECTED',
    attempts: 1,
    deadAtUs: own!.deadAtUs,
  });
  expect(letter).toMatchObject({ code: own!.error.code, message: 'no 2', failures: own!.failures, isRedriveRequested: false });
  expect(letter.event).toMatchObject({ payload: { n: 2, text: 'x' }, key: 'key-2', seq: letter.eventSeq, id: letter.eventId });
});

test('groups, types, reasons, ages and ids choose letters', async () => {
  const directory = await withLetters(3);
  const [first, , third] = listDeadLetters(directory);

  expect(listDeadLetters(directory, { group: 'billing', type: 'journal_app.**', reason: 'REJECTED' })).toHaveLength(3);
  expect(listDeadLetters(directory, { group: 'other' })).toEqual([]);
  expect(listDeadLetters(directory, { type: 'other.**' })).toEqual([]);
  expect(listDeadLetters(directory, { reason: 'POISON' })).toEqual([]);
  expect(listDeadLetters(directory, { beforeUs: first!.deadAtUs })).toEqual([]);
  expect(listDeadLetters(directory, { ids: [third!.id] })).toEqual([third]);
  expect(listDeadLetters(directory, { limit: 1 })).toEqual([first]);
  expect(() => listDeadLetters(directory, { ids: ['none'] })).toThrow(expect.objectContaining({ code: 'QT_DEAD_LETTER_UNKNOWN' }));
});

test('a purge of a stopped process is an event in its journal, and its bus has the letter no more', async () => {
  const directory = await withLetters(3);
  const [first, second, third] = listDeadLetters(directory).map(({ id }) => id);

  const purged = await purgeDeadLetters(directory, { ids: [second!] });

  let left: string[] = [];
  await live(
    directory,
    () => true,
    async (bus) => {
      left = bus.deadLetters.list().map(({ id }) => id);
    },
  );
  expect(purged).toEqual([second]);
  expect(left).toEqual([first, third]);
  expect(await purgeDeadLetters(directory, {})).toEqual([first, third]);
  expect(listDeadLetters(directory)).toEqual([]);
  expect(await purgeDeadLetters(directory, {})).toEqual([]);
});

test('what is asked to be redriven is handled at the next start, once', async () => {
  const directory = await withLetters(3);
  const [first] = listDeadLetters(directory).map(({ id }) => id);

  const asked = await requestRedrive(directory, { ids: [first!] });
  const again = await requestRedrive(directory, { ids: [first!] });
  const waiting = listDeadLetters(directory).map(({ isRedriveRequested }) => isRedriveRequested);
  const handled = await live(
    directory,
    () => true,
    async (_, seen) => {
      await expect.poll(() => seen).toEqual([1]);
    },
  );

  expect([asked, again]).toEqual([[first], []]);
  expect(waiting).toEqual([true, false, false]);
  expect(handled).toEqual([1]);
  expect(listDeadLetters(directory)).toHaveLength(2);
  expect(await live(directory, () => true)).toEqual([]);
});

test('a process that has the journal open is named, and nothing is written', async () => {
  const directory = await withLetters(1);
  const { lastSeq } = verifyJournal(directory);

  await live(
    directory,
    () => true,
    async () => {
      for (const action of [purgeDeadLetters, requestRedrive]) {
        await expect(action(directory, {})).rejects.toMatchObject({
          code: 'QT_JOURNAL_LOCKED',
          message: expect.stringMatching(
            /^Cannot (purge|redrive) dead letters from outside: this process has .*bus\.deadLetters\.(purge|redrive)\(\)/,
          ),
        });
      }
      expect(listDeadLetters(directory)).toHaveLength(1);
    },
  );

  expect(verifyJournal(directory)).toMatchObject({ isSound: true, lastSeq });
});

test('events of a purge carry the audit chain on', async () => {
  const directory = await withLetters(2);

  await purgeDeadLetters(directory, {});

  expect(verifyJournal(directory)).toMatchObject({ isSound: true, audit: { fault: null, records: 4, unchained: null } });
});
