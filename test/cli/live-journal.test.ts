import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const QT = fileURLToPath(new URL('../../src/cli/qt.mjs', import.meta.url));
const TIMEOUT = { timeout: 120_000 };

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'qt-cli-live-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: string[]) {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [QT, ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const ended = once(child, 'close').then(([status]): Ended => ({ status: status as number | null, stdout, stderr }));
  /** Waits for so many lines on stdout. */
  const lines = async (count: number): Promise<string[]> => {
    while (stdout.split('\n').length <= count)
      await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error(stderr)))]);
    return stdout.split('\n');
  };
  return { child, ended, lines };
}

const qt = (...args: string[]): Promise<Ended> => start(...args).ended;

/** A run that writes its journal until it is interrupted, and has written some of it. */
async function startRun(directory: string) {
  const run = start('run', '--feed', 'synthetic', '--rate', '200', '--duration', '10m', '--journal', directory, '--json', '--quiet');
  while (!existsSync(directory) || !readdirSync(directory).some((name) => name.endsWith('.qtj')))
    await new Promise((resolve) => setTimeout(resolve, 50));
  const tail = start('tail', directory, '-n', '1000', '--json');
  await tail.lines(200);
  return { run, tail };
}

test('what reads works on the directory of a running process, agrees, and does not disturb it', TIMEOUT, async () => {
  const directory = join(makeFolder(), 'journal');
  const file = join(makeFolder(), 'journal.jsonl');
  const copy = join(makeFolder(), 'copy');
  const { run, tail } = await startRun(directory);

  const verified = await qt('journal', 'verify', directory, '--json');
  const exported = await qt('journal', 'export', directory, '--to', file, '--json');
  const imported = await qt('journal', 'import', file, '--to', copy, '--json');
  const last = await qt('events', '--from', directory, '--last', '50', '--json');
  const letters = await qt('dlq', 'list', '--journal', directory);
  const purge = await qt('dlq', 'purge', '--all', '--journal', directory);
  run.child.kill('SIGINT');
  const { status, stdout } = await run.ended;
  const { engine, journal } = JSON.parse(stdout) as { engine: { events: number; lost: number }; journal: { appendedEvents: number } };
  const events = await qt('events', '--from', directory, '--json');
  const whole = events.stdout.trimEnd().split('\n');
  await tail.lines(whole.length);
  tail.child.kill('SIGINT');
  const followed = await tail.ended;

  expect([verified.status, exported.status, imported.status, last.status, letters.status, events.status]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(purge).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/^qt: Cannot purge .*process \d+ .*bus\.deadLetters\.purge\(\).*\(QT_JOURNAL_LOCKED\)\n$/),
  });
  expect(letters.stdout).toBe('0 dead letters\n');
  expect({ status, lost: engine.lost, appended: journal.appendedEvents }).toEqual({ status: 0, lost: 0, appended: engine.events });
  expect(whole).toHaveLength(engine.events);
  // Followed from its start to its end, each event once and the same as read afterwards.
  expect(followed).toMatchObject({ status: 0, stderr: '' });
  expect(followed.stdout.trimEnd().split('\n')).toEqual(whole);
  const lines = last.stdout.trimEnd().split('\n');
  const { seq } = JSON.parse(lines[0]!) as { seq: number };
  expect(lines).toEqual(whole.slice(seq - 1, seq + 49));
  const { events: copied, lastSeq } = JSON.parse(exported.stdout) as { events: number; lastSeq: number };
  expect(copied).toBe(lastSeq);
  const again = await qt('events', '--from', copy, '--json');
  expect(again.stdout.trimEnd().split('\n')).toEqual(whole.slice(0, copied));
});

test('an export from stdin to stdout is byte for byte what it was', TIMEOUT, async () => {
  const directory = join(makeFolder(), 'journal');
  const folder = makeFolder();
  await qt('run', '--feed', 'synthetic', '--bars', '60', '--mode', 'backtest', '--journal', directory, '--quiet');

  const first = await qt('journal', 'export', directory, '--to', '-');
  const reading = start('journal', 'import', '-', '--to', join(folder, 'copy'));
  reading.child.stdin.end(first.stdout);
  const imported = await reading.ended;
  const second = await qt('journal', 'export', join(folder, 'copy'), '--to', '-');
  const cut = start('journal', 'import', '-', '--to', join(folder, 'cut'));
  cut.child.stdin.end(first.stdout.slice(0, -200));
  const damaged = await cut.ended;
  const replayed = await qt('replay', '--verify', join(folder, 'copy'));

  expect([first.status, imported.status, second.status, replayed.status]).toEqual([0, 0, 0, 0]);
  expect(second.stdout === first.stdout).toBe(true);
  expect(first.stderr).toMatch(/^\d+ events up to seq \d+ of journal [0-9a-f]{32} in the output\nSHA-256 of the content [0-9a-f]{64}\n$/);
  expect(imported.stdout).toContain(/[0-9a-f]{64}/.exec(first.stderr)![0]);
  expect(damaged).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^qt: Cannot import the standard input: line \d+ at byte \d+: .*\n$/),
  });
  expect(readdirSync(folder)).toEqual(['copy']);
});

test('columns, several types and a reader that goes away', TIMEOUT, async () => {
  const directory = join(makeFolder(), 'journal');
  const file = join(makeFolder(), 'file');
  await qt('run', '--feed', 'synthetic', '--bars', '60', '--mode', 'backtest', '--journal', directory, '--quiet');

  const csv = await qt(
    'events',
    '--from',
    directory,
    '--type',
    'market.candle.new',
    '--columns',
    'seq,time,payload.symbol',
    '--format',
    'csv',
    '--limit',
    '2',
  );
  const wrong = await qt('events', '--from', directory, '--columns', 'seq,price');
  const both = await qt('events', '--from', directory, '--limit', '1', '--last', '1');
  const tail = await qt('tail', join(directory, 'none'));
  const taken = await qt('journal', 'export', directory, '--to', directory);
  const impatient = start('events', '--from', directory);
  impatient.child.stdout.destroy();
  const gone = await impatient.ended;
  await qt('journal', 'export', directory, '--to', file, '--quiet');

  expect(csv.stdout).toMatch(/^seq,time,payload\.symbol\n\d+,2024-[^,]+Z,[A-Z]+\n\d+,2024-[^,]+Z,[A-Z]+\n$/);
  for (const refused of [wrong, both, tail, taken]) {
    expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^qt: [^\n]* \(QT_[A-Z_]+\)\n$/) });
  }
  expect(gone).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(file, 'utf8').split('\n').length).toBeGreaterThan(100);
});
