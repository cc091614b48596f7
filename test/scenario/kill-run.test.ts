import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { describeJournal, type RunResult } from '../../src/app/index.ts';
import { damage, segmentsOf } from '../app/journal/support.ts';

// The command itself and not its launcher, so that the process that is killed is the one that writes.
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const RUN = ['run', '--feed', 'synthetic', '--symbols', 'AAA,BBB,CCC', '--bars', '300', '--workers', '2', '--json', '--quiet'];

function qt(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}

/** What a report says about the market and the decisions; the engine's figures depend on the machine. */
function decided(stdout: string): Partial<RunResult> {
  const { engine: _engine, journal: _journal, ...rest } = JSON.parse(stdout) as RunResult;
  return rest;
}

test(
  'a run that is killed half way and made again ends like one that was not, and a changed byte is found',
  { timeout: 60_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'qt-kill-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const whole = qt(...RUN);

    const child = spawn(process.execPath, [MAIN, ...RUN, '--journal', directory], { stdio: 'ignore' });
    const exit = once(child, 'exit');
    await reached(directory, 600);
    child.kill('SIGKILL');
    await exit;
    const torn = describeJournal(directory);
    const again = qt(...RUN, '--journal', directory);
    const sound = qt('journal', 'verify', directory);
    const replayed = qt('replay', directory, '--verify');
    damage(segmentsOf(directory).at(-1)!);
    const damaged = qt('journal', 'verify', directory);

    const { journal } = JSON.parse(again.stdout) as RunResult;
    const { engine } = JSON.parse(whole.stdout) as RunResult;
    expect(torn.runs).toMatchObject([{ outcome: null }]);
    expect(torn.records).toBeLessThan(engine.events);
    expect(journal).toMatchObject({ state: 'resumed', comparedEvents: torn.records, appendedEvents: engine.events - torn.records });
    expect(decided(again.stdout)).toEqual(decided(whole.stdout));
    expect(replayed.stdout).toMatch(/^equal: /);
    expect([again.status, sound.status, replayed.status, damaged.status]).toEqual([0, 0, 0, 1]);
  },
);

/** Looks at the growing journal until it holds so many events. */
async function reached(directory: string, records: number): Promise<void> {
  await expect
    .poll(
      () => {
        try {
          return describeJournal(directory).records;
        } catch {
          // It has not begun.
          return 0;
        }
      },
      { timeout: 20_000, interval: 100 },
    )
    .toBeGreaterThanOrEqual(records);
}
