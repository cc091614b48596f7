import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { catalogueRows } from '../../src/app/index.ts';

const QT = fileURLToPath(new URL('../../src/cli/qt.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'qt-cli-'));
const SHORT = ['run', '--feed', 'synthetic', '--bars', '60', '--mode', 'backtest'];

function qt(...args: string[]) {
  return spawnSync(process.execPath, [QT, ...args], { cwd: folder, encoding: 'utf8' });
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('what is wrong is said in one line on stderr, with exit code 2', () => {
  const bars = 'date,open,high,low,close\n2020-01-01,1,2,1,2\n';
  test.each([
    ['an unknown command', ['fly'], "unknown command 'fly'"],
    ['an unknown flag', ['run', '--fly'], "unknown option '--fly'"],
    ['an argument too many', ['run', 'now'], 'too many arguments'],
    ['a configuration that is not there', ['run', '--config', 'none.yaml'], 'Cannot read the configuration none.yaml'],
    ['a configuration that is a directory', ['run', '--config', folder], 'it is a directory'],
    ['a configuration key', ['run', '--config', file('key.yaml', 'engine: { wrokers: 1 }')], 'engine.wrokers is not known'],
    ['a flag out of range', ['run', '--workers', '0'], '--workers: engine.workers is 0: expected an integer from 1 to 31'],
    ['a setting without a value', ['run', '--set', 'risk'], '--set is "risk": expected path=value'],
    ['hours that are none', ['run', '--session', 'all day'], '--session is "all day"'],
    ['columns that are none', ['run', '--columns', 'time'], '--columns is "time"'],
    ['the live mode', ['run', '--mode', 'live'], 'there is no live venue'],
    ['a data file that is not there', ['run', '--feed', 'none.csv'], 'none.csv'],
    ['a data file that is a directory', ['run', '--feed', folder], 'it is a directory'],
    ['a missing column', ['run', '--feed', file('column.csv', bars.replace('close', 'fin')), '--zone', 'UTC'], 'close column'],
    ['a missing zone', ['run', '--feed', file('zone.csv', bars), '--timeframe', '1d'], 'zone'],
    [
      'a bad row',
      ['run', '--quiet', '--feed', file('row.csv', `${bars}2020-01-02,1,2,1,x\n`), '--zone', 'UTC', '--timeframe', '1d'],
      'line 3',
    ],
    ['an events file in no folder', [...SHORT, '--events', join(folder, 'none', 'e.ndjson')], 'e.ndjson'],
    ['an events file that is a directory', [...SHORT, '--events', folder], folder],
    ['a pattern that is none', ['events', 'Trade'], 'Cannot subscribe to "Trade"'],
    ['a pattern without a match', ['events', 'no.*'], 'no event type matches no.*'],
    ['a folder that is not there', ['init', join(folder, 'none', 'a.yaml')], 'there is no such folder'],
    ['a profile that is none', ['init', '--profile', 'weekly'], "'weekly' is invalid"],
  ])('%s', (_kind, args, message) => {
    const { status, stderr, stdout } = qt(...args);

    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/^qt: /);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

test('--verbose shows where an error came from', () => {
  const { stderr } = qt('run', '--feed', 'none.csv', '--verbose');

  expect(stderr).toMatch(/^qt: .*\n.*QtError[^]*\n\s+at /);
});

test('qt --version prints the version and loads neither engine nor trading code', () => {
  const trace = spawnSync(process.execPath, ['--trace-event-categories', 'node.module_timer', QT, '--version'], {
    cwd: mkdtempSync(join(tmpdir(), 'qt-trace-')),
    encoding: 'utf8',
  });
  const loaded = spawnSync(process.execPath, ['--import', file('loaded.mjs', LOADED), QT, '--help'], { cwd: folder, encoding: 'utf8' });

  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(trace.stdout.trim()).toBe(version);
  expect(loaded.stderr).toContain('src/cli/main.ts');
  expect(loaded.stderr).not.toMatch(/src\/(engine|trading|app|feed|model)\//);
});

/** Prints every module that is resolved. */
const LOADED = `import { registerHooks } from 'node:module';
registerHooks({ resolve(specifier, context, next) { const found = next(specifier, context); process.stderr.write(found.url + '\\n'); return found; } });
`;

test('every flag of every command prints its default', () => {
  for (const command of ['run', 'init', 'events', 'replay', 'journal info', 'journal verify', 'journal repair']) {
    const help = qt(...command.split(' '), '--help').stdout.replaceAll(/\n {10,}/g, ' ');
    const flags = help
      .split('\n')
      .filter((line) => /^ {2}(-\w, )?--/.test(line) && !line.includes('--help') && !line.includes('--no-lockstep'));
    expect(flags.length, command).toBeGreaterThan(0);
    for (const line of flags) expect(line, command).toMatch(/\(.*default: .+\)/);
  }
});

test('qt run --help documents the exit codes', () => {
  expect(qt('run', '--help').stdout).toMatch(/Exit codes:[^]*0 [^]*1 [^]*2 [^]*3 [^]*130 /);
});

test('qt events prints the catalogue, as text and as JSON', () => {
  const rows = catalogueRows('trades.**');

  const text = qt('events', 'trades.**').stdout;
  const json = JSON.parse(qt('events', 'trades.**', '--json').stdout);

  expect(json).toEqual(rows);
  for (const { type } of rows) expect(text).toContain(type);
});

test('qt init writes a file that qt run accepts and gives the run without one', () => {
  const init = qt('init', 'mine.yaml', '--profile', 'minute');
  const args = ['run', '--feed', 'synthetic', '--bars', '60', '--mode', 'backtest', '--json', '--quiet'];
  const plain = JSON.parse(qt(...args).stdout);

  const configured = JSON.parse(qt(...args, '--config', 'mine.yaml').stdout);
  const again = qt('init', 'mine.yaml');

  expect(init).toMatchObject({ status: 0, stdout: '' });
  expect([configured.runId, configured.decisionHash]).toEqual([plain.runId, plain.decisionHash]);
  expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('--force') });
  expect(qt('init', 'mine.yaml', '--force').status).toBe(0);
});

test('qt run --json prints one object, and the report of the same run has its hash', () => {
  const { status, stderr, stdout } = qt(...SHORT, '--json', '--quiet');
  const result = JSON.parse(stdout);
  const text = qt(...SHORT, '--quiet').stdout;

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(result).toMatchObject({ decisionHash: expect.stringMatching(/^[0-9a-f]{64}$/), engine: { lost: 0, marketEvents: 360 } });
  expect(text).toContain(result.decisionHash);
});

test('qt run --events writes every event as a line, in commit order', () => {
  const path = join(folder, 'events.ndjson');

  const result = JSON.parse(qt(...SHORT, '--json', '--quiet', '--events', path).stdout);
  const lines = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

  expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: result.engine.events }, (_, index) => index + 1));
  expect(lines[0]).toMatchObject({ type: 'system.run.started', runId: result.runId });
  expect(lines.at(-1)).toMatchObject({ type: 'system.run.ended', payload: { final_hash: result.decisionHash } });
});

test('a reader that goes away is no failure', async () => {
  const child = spawn(process.execPath, [QT, 'events', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  child.stdout.once('data', () => child.stdout.destroy());

  const code = await new Promise((resolve) => child.on('close', resolve));

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

describe('an interrupt', () => {
  /** Starts an endless run and calls back once it has said that it runs. */
  function endless(onStarted: (child: ReturnType<typeof spawn>) => void, ...more: string[]) {
    const child = spawn(process.execPath, [QT, 'run', '--feed', 'synthetic', '--rate', '500', '--duration', '10m', ...more], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let isStarted = false;
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
      if (!isStarted && /\d+ events/.test(stderr)) {
        isStarted = true;
        onStarted(child);
      }
    });
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  test('ends the feed, finishes what was sent and reports', { timeout: 30_000 }, async () => {
    const { code, stderr, stdout } = await endless((child) => child.kill('SIGINT'));

    expect(stderr).toContain('interrupt again to stop at once');
    expect(stdout).toContain('interrupted');
    expect(stdout).toContain('lost 0');
    expect(code).toBe(0);
  });

  test('that is passed on to us as well counts once', { timeout: 30_000 }, async () => {
    const { code, stdout } = await endless((child) => {
      child.kill('SIGINT');
      child.kill('SIGINT');
    });

    expect(stdout).toContain('interrupted');
    expect(code).toBe(0);
  });

  test('that comes twice ends the process at once', { timeout: 30_000 }, async () => {
    const path = join(folder, 'twice.ndjson');
    const { code, stdout } = await endless(
      (child) => {
        child.kill('SIGINT');
        child.kill('SIGTERM');
      },
      '--events',
      path,
    );

    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(existsSync(path)).toBe(true);
  });
});
