import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { binary, emptyFolder, files, type Ended, type Qt } from './_qt.ts';

const SHORT = ['run', '--feed', 'synthetic', '--symbols', 'A,B', '--bars', '300', '--quiet'];

test.each([[['--version']], [['--help']], [['run', '--help']], [['events']], [['journal', '--help']]])(
  'qt %j prints what the files print',
  (args) => {
    using folder = emptyFolder();

    const { status, stderr, stdout } = binary(args, folder.path);

    expect({ status, stderr, stdout }).toEqual({ ...only(files(args, folder.path)) });
    expect(stdout).not.toBe('');
  },
);

test('qt init writes the configuration that the files write, and qt run takes it', () => {
  using folder = emptyFolder();
  const paths = ['of-binary.yaml', 'of-files.yaml'] as const;

  const outcomes = [binary(['init', paths[0]], folder.path), files(['init', paths[1]], folder.path)];
  const [mine, theirs] = paths.map((path) => readFileSync(join(folder.path, path), 'utf8'));

  expect(outcomes.map(({ status }) => status)).toEqual([0, 0]);
  expect(mine).toBe(theirs);
  expect(binary([...SHORT, '--config', paths[0]], folder.path).status).toBe(0);
});

const both: Record<string, Qt> = { executable: binary, files };

test.each([
  ['executable', 'files'],
  ['files', 'executable'],
  ['executable', 'executable'],
])('a journal made by the %s is read, verified and replayed by the %s', (writer, reader) => {
  const [writes, reads] = [both[writer]!, both[reader]!];
  using folder = emptyFolder();

  const made = writes([...SHORT, '--journal', 'day'], folder.path);
  const [info, verify, replay, events, again] = [
    reads(['journal', 'info', 'day'], folder.path),
    reads(['journal', 'verify', 'day'], folder.path),
    reads(['replay', 'day', '--verify'], folder.path),
    reads(['events', 'market.**', '--from', 'day', '--limit', '5'], folder.path),
    reads([...SHORT, '--journal', 'day'], folder.path),
  ];

  expect(made.status, made.stderr).toBe(0);
  for (const { status, stderr } of [info, verify, replay, events, again]) expect(status, stderr).toBe(0);
  expect(replay.stdout).toMatch(/^equal: /);
  expect(events.stdout.match(/market\./g)).toHaveLength(5);
});

test('the SQL tables that a thread keeps during a run are those that qt sql makes of its journal', () => {
  using folder = emptyFolder();

  const made = binary([...SHORT, '--journal', 'day', '--sql', 'during.sqlite'], folder.path);
  const after = binary(['sql', 'day', '--to', 'after.sqlite'], folder.path);

  expect(made.status, made.stderr).toBe(0);
  expect(after.status, after.stderr).toBe(0);
  expect(countEvents(join(folder.path, 'during.sqlite'))).toBeGreaterThan(500);
  expect(countEvents(join(folder.path, 'during.sqlite'))).toBe(countEvents(join(folder.path, 'after.sqlite')));
});

test.each([
  [['frob'], 2],
  [['run', '--mode', 'live'], 2],
  [['run', '--config', 'nowhere.yaml'], 2],
  [['run', '--feed', 'nowhere.csv'], 2],
  [['run', '--set', 'risk.nothing=1'], 2],
  [['run', '--workers', '0'], 2],
  [['run', '--handlers', 'nowhere.ts'], 2],
  [['run', '--handlers', 'broken.ts'], 2],
  [['run', '--handlers', 'throws.mjs'], 2],
  [['run', '--handlers', 'empty.cjs'], 2],
  [['run', '--set', 'strategies=[{"kind":"mine","module":"./nowhere.mjs"}]'], 2],
  [['events', '--from', 'nowhere'], 2],
  [['replay', 'nowhere', '--verify'], 2],
  [['journal', 'verify', 'nowhere'], 2],
])('qt %j is refused in one line, as by the files', (args, expected) => {
  using folder = emptyFolder();
  writeFileSync(join(folder.path, 'broken.ts'), 'export const subscriptions = [\n');
  writeFileSync(join(folder.path, 'throws.mjs'), 'throw new Error("no luck");\n');
  writeFileSync(join(folder.path, 'empty.cjs'), 'exports.onTrade = () => {};\n');

  const { status, stderr, stdout } = binary([...args, ...(args[0] === 'run' ? ['--quiet'] : [])], folder.path);
  const other = files([...args, ...(args[0] === 'run' ? ['--quiet'] : [])], folder.path);

  expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
  expect(stderr).toMatch(/^qt: [^\n]+\n$/);
  expect(other.status).toBe(expected);
  expect(codeOf(stderr)).toBe(codeOf(other.stderr));
});

function countEvents(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return (database.prepare('SELECT count(*) AS count FROM events').get() as { count: number }).count;
  } finally {
    database.close();
  }
}

function only({ status, stderr, stdout }: Ended): Ended {
  return { status, stderr, stdout };
}

function codeOf(stderr: string): string | undefined {
  return /\((QT_\w+)\)/.exec(stderr)?.[1];
}
