import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { damage, makeFolder, makeJournal, segmentsOf } from '../app/journal/support.ts';

const QT = fileURLToPath(new URL('../../src/cli/qt.mjs', import.meta.url));

function qt(...args: string[]) {
  const { status, stderr, stdout } = spawnSync(process.execPath, [QT, ...args], { encoding: 'utf8' });
  return { status, stderr, stdout };
}

test('qt journal tells, checks and repairs; the exit code says sound, damaged or unreadable', { timeout: 30_000 }, async () => {
  const directory = await makeJournal(90);
  const none = join(makeFolder(), 'none');

  const sound = qt('journal', 'verify', directory);
  const info = qt('journal', 'info', directory);
  const unreadable = qt('journal', 'verify', none);
  damage(segmentsOf(directory)[0]!);
  const damaged = qt('journal', 'verify', directory);
  const damagedJson = qt('journal', 'verify', '--json', directory);
  const repaired = qt('journal', 'repair', directory);
  const after = qt('journal', 'verify', directory);

  expect(sound).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^sound\n.* 120 events up to seq 120/) });
  expect(info.stdout).toMatch(/^events +120, seq 1 to 120$/m);
  expect(info.stdout).toMatch(/^ +90 {2}journal_app\.number\.counted$/m);
  expect(unreadable).toMatchObject({ status: 2, stdout: '' });
  expect(unreadable.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(damaged).toMatchObject({ status: 1, stdout: expect.stringMatching(/^damaged: 0+1\.qtj at byte \d+: /) });
  expect(JSON.parse(damagedJson.stdout)).toMatchObject({ isSound: false, fault: { file: expect.stringMatching(/\.qtj$/) } });
  expect(repaired).toMatchObject({ status: 0, stdout: expect.stringContaining('gave up seq') });
  expect(after.status).toBe(0);
});

test(
  'qt replay --verify ends with 0 if all is equal, with 1 and both sides if not, with 2 if there is nothing',
  { timeout: 30_000 },
  () => {
    const directory = join(makeFolder(), 'journal');
    const file = join(makeFolder(), 'other.yaml');
    writeFileSync(file, 'regime: { period: 50 }\n');
    qt('run', '--feed', 'synthetic', '--bars', '80', '--mode', 'backtest', '--journal', directory, '--quiet');

    const equal = qt('replay', '--verify', directory);
    const different = qt('replay', '--verify', directory, '--config', file);
    const nothing = qt('replay', '--verify', makeFolder());

    expect(equal).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^equal: .*\ndecision hash [0-9a-f]{64}, the same that/),
    });
    expect(different).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^different: .*\nrecorded .*\nrecomputed [^]*\nbecause of /),
    });
    expect(nothing).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^qt: Cannot replay /) });
  },
);

test(
  'qt events --from prints recorded events as a table, as ndjson or as csv, and refuses what is wrong with 2',
  { timeout: 30_000 },
  async () => {
    const directory = await makeJournal(30);

    const table = qt('events', 'journal_app.third.*', '--from', directory, '--limit', '2');
    const ndjson = qt('events', '--from', directory, '--type', '*.third.seen', '--since', '2024-01-02T00:00:20Z', '--json');
    const csv = qt('events', '--from', directory, '--limit', '3', '--format', 'csv');
    const homeless = qt('events', '--limit', '3');
    const wrong = qt('events', '--from', directory, '--since', 'later');

    expect(table.stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^ +\d+ {2}2024-01-02T00:00:03\.000Z {2}journal_app\.third\.seen +- +\{"n":3\}$/),
      expect.stringContaining('{"n":6}'),
      '2 events',
    ]);
    const numbers = ndjson.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { payload: { n: number } }).payload.n);
    expect(numbers).toEqual([21, 24, 27, 30]);
    expect(csv.stdout.split('\n')).toHaveLength(5);
    expect(csv.stdout).toMatch(
      /^seq,timestamp,.*\n1,1704153601000000,2024-01-02T00:00:01\.000Z,journal_app\.number\.counted,key-1,NORMAL,maker,0,"\{""n"":1,/,
    );
    expect([table.status, ndjson.status, csv.status, homeless.status, wrong.status]).toEqual([0, 0, 0, 2, 2]);
    expect(homeless.stderr).toMatch(/^qt: .*--limit.*\n$/);
  },
);
