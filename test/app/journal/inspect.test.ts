import { closeSync, openSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkJournal, describeJournal, mendJournal } from '../../../src/app/index.ts';
import { damage, makeFolder, makeJournal, SECOND_US, segmentsOf, START_US } from './support.ts';

test('a journal tells its size, types, times and who wrote it', async () => {
  const directory = await makeJournal(900);

  const found = describeJournal(directory);

  expect(found).toMatchObject({
    records: 1200,
    firstSeq: 1,
    lastSeq: 1200,
    fromUs: START_US + SECOND_US,
    toUs: START_US + 900 * SECOND_US,
    types: { 'journal_app.number.counted': 900, 'journal_app.third.seen': 300 },
    runIds: ['made'],
    runs: [],
    fault: null,
    unfinishedBytes: 0,
  });
  expect(found.segments).toBe(segmentsOf(directory).length);
  expect(found.segments).toBeGreaterThan(1);
  expect(found.bytes).toBe(segmentsOf(directory).reduce((sum, path) => sum + statSync(path).size, 0));
});

test('a changed byte is found at its place, and what lies before is still told', async () => {
  const directory = await makeJournal(900);
  const [first = ''] = segmentsOf(directory);
  damage(first);

  const report = checkJournal(directory);
  const found = describeJournal(directory);

  expect(report.isSound).toBe(false);
  expect(join(directory, report.fault!.file)).toBe(first);
  expect(found.fault).toEqual(report.fault);
  expect(found.lastSeq).toBe(report.lastSeq);
  expect(found.records).toBeGreaterThan(0);
});

test('what is damaged has its size all the same', async () => {
  const directory = await makeJournal(30);
  const [first = ''] = segmentsOf(directory);
  const { size } = statSync(first);
  const fd = openSync(first, 'r+');
  writeSync(fd, Buffer.from([0xff]), 0, 1, 40);
  closeSync(fd);

  expect(describeJournal(directory)).toMatchObject({ segments: 1, bytes: size, records: 0, fault: { offset: 0 } });
});

test('a repair gives up what is damaged, says what it was, and leaves a sound journal', async () => {
  const directory = await makeJournal(900);
  damage(segmentsOf(directory)[0]!);

  const outcome = mendJournal(directory);

  const given = outcome.lost.reduce((sum, { firstSeq, lastSeq }) => sum + lastSeq - firstSeq + 1, 0);
  expect(outcome.fault).not.toBeNull();
  expect(outcome.keptAside).not.toEqual([]);
  expect(given).toBeGreaterThan(0);
  expect(checkJournal(directory)).toMatchObject({ isSound: true, records: 1200 - given, lostRecords: given });
});

test('a repair cuts an unfinished end and touches nothing that is sound', async () => {
  const directory = await makeJournal(60);
  const sound = mendJournal(directory);
  const last = segmentsOf(directory).at(-1)!;
  truncateSync(last, statSync(last).size - 10);

  const cut = mendJournal(directory);

  expect(sound).toMatchObject({ fault: null, unfinishedBytes: 0, lost: [], keptAside: [], lastSeq: 80 });
  expect(cut).toMatchObject({ fault: null, lost: [] });
  expect(cut.unfinishedBytes).toBeGreaterThan(0);
  expect(checkJournal(directory)).toMatchObject({ isSound: true, unfinishedBytes: 0, lastSeq: cut.lastSeq });
});

test('what is no journal is refused by name', () => {
  const folder = makeFolder();
  const file = join(folder, 'file');
  writeFileSync(file, '');

  for (const [directory, reason] of [
    [folder, 'there is none in it'],
    [file, 'it is a file'],
    [join(folder, 'none'), 'no such directory'],
    [join(file, 'inside'), 'no such directory'],
  ] as const) {
    for (const look of [describeJournal, checkJournal, mendJournal]) {
      expect(() => look(directory), directory).toThrow(reason);
    }
  }
});
