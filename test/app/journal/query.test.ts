import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareRun, queryJournal, toEventLine, toTimeUs } from '../../../src/app/index.ts';
import { createEventBus } from '../../../src/engine/index.ts';
import { openJournal } from '../../../src/journal/index.ts';
import { Counted, makeFolder, makeJournal, SECOND_US, START_US } from './support.ts';

const seqsOf = (directory: string, query: Parameters<typeof queryJournal>[1]) => [...queryJournal(directory, query)].map(({ seq }) => seq);

test('an event is told as its handlers saw it, in every part', async () => {
  const directory = join(makeFolder(), 'journal');
  const eventsFile = join(makeFolder(), 'events.ndjson');
  const settings = { mode: 'backtest', 'feed.kind': 'synthetic', 'feed.bars': 120, 'advisory.candlesMin': 20 };
  const flags = Object.entries(settings).map(([path, value]) => ({ flag: path, path, value }));
  await (await prepareRun({ flags, eventsFile, journal: { directory } })).execute();

  const lines = [...queryJournal(directory)].map(toEventLine);

  const expected = (await readFile(eventsFile, 'utf8')).trimEnd().split('\n');
  expect(lines).toHaveLength(expected.length);
  expect(lines).toEqual(expected);
});

test('types, times and a limit choose events, in log order', async () => {
  const directory = await makeJournal(30);
  const at = (n: number): number => START_US + n * SECOND_US;

  const thirds = [...queryJournal(directory, { patterns: ['journal_app.**', '*.third.seen'] })];
  const between = [...queryJournal(directory, { patterns: [Counted.type], sinceUs: at(10), untilUs: at(20) })];

  expect(thirds.map(({ payload }) => payload)).toEqual(Array.from({ length: 10 }, (_, i) => ({ n: 3 * (i + 1) })));
  expect(thirds[0]).toMatchObject({ source: 'thirds', causeSeq: 3, runId: 'made', causationId: 'made-3', key: null });
  expect(between.map(({ timestamp }) => timestamp)).toEqual(Array.from({ length: 10 }, (_, i) => at(10 + i)));
  expect(between[0]).toMatchObject({ source: 'maker', key: 'key-1', causationId: null });
  expect(seqsOf(directory, { limit: 4 })).toEqual([1, 2, 3, 4]);
  expect(seqsOf(directory, { sinceUs: at(31) })).toEqual([]);
});

test('several types, keys and sources are each one of which is enough', async () => {
  const directory = await makeJournal(30);

  const both = [...queryJournal(directory, { types: ['*.number.*', 'journal_app.third.*'] })];
  const keyed = [...queryJournal(directory, { keys: ['key-1', 'key-2'], limit: 4 })];
  const thirds = [...queryJournal(directory, { sources: ['thirds', 'nobody'] })];

  expect(both).toHaveLength(40);
  expect(keyed.map(({ key }) => key)).toEqual(['key-1', 'key-2', 'key-1', 'key-2']);
  expect(new Set(thirds.map(({ type }) => type))).toEqual(new Set(['journal_app.third.seen']));
});

test('the newest events come in log order, however far back they are', async () => {
  const directory = await makeJournal(1800);

  expect(seqsOf(directory, { last: 3 })).toEqual([2398, 2399, 2400]);
  expect(seqsOf(directory, { last: 2, untilUs: START_US + 4 * SECOND_US })).toEqual(
    seqsOf(directory, { untilUs: START_US + 4 * SECOND_US }).slice(-2),
  );
  expect(seqsOf(directory, { last: 5000 })).toHaveLength(2400);
  expect(seqsOf(directory, { last: 5, fromSeq: 2399 })).toEqual([2399, 2400]);
  expect(seqsOf(directory, { fromSeq: 2395, limit: 2 })).toEqual([2395, 2396]);
});

test('a journal that is being written is told as far as it is written', async () => {
  const directory = join(makeFolder(), 'journal');
  await using journal = await openJournal(directory);
  await using bus = createEventBus({ mode: 'inline', log: journal });
  await bus.start();

  await bus.publish(Counted.create({ n: 1, text: '' }));
  const first = seqsOf(directory, {});
  await bus.publish(Counted.create({ n: 2, text: '' }));

  expect(first).toEqual([1]);
  expect(seqsOf(directory, {})).toEqual([1, 2]);
});

test('a time is ISO 8601 in UTC, a date, or microseconds, and nothing else', () => {
  const day = Date.UTC(2024, 0, 2) * 1000;

  expect(toTimeUs('since', '2024-01-02')).toBe(day);
  expect(toTimeUs('since', '2024-01-02T00:00')).toBe(day);
  expect(toTimeUs('since', '2024-01-02 00:00:01.5Z')).toBe(day + 1_500_000);
  expect(toTimeUs('since', '2024-01-02T02:00:00+02:00')).toBe(day);
  expect(toTimeUs('since', String(day + 7))).toBe(day + 7);
  expect(toTimeUs('since', '2024-01-02T00:00:00.000007')).toBe(day + 7);
  expect(toTimeUs('since', '-1.5h', day)).toBe(day - 5_400_000_000);
  for (const text of ['', 'later', '2024', '2024-13-01', '2024-01-02T25:00', '1.5e15', '-5', '1h', '-1y', '2024-01-02T00:00:00.1234567']) {
    expect(() => toTimeUs('since', text), text).toThrow('since');
  }
});

test('what is no query is refused by name', async () => {
  const directory = await makeJournal(3);

  expect(() => seqsOf(directory, { patterns: ['Trade'] })).toThrow('Cannot subscribe to "Trade"');
  expect(() => seqsOf(directory, { limit: 0 })).toThrow('limit');
  expect(() => seqsOf(directory, { last: 1, limit: 1 })).toThrow('last');
  expect(() => seqsOf(directory, { types: ['Trade'] })).toThrow('Trade');
  expect(() => seqsOf(join(directory, 'none'), {})).toThrow('no such directory');
});
