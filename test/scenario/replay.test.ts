import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { describeJournal, prepareRun, queryJournal, replayRun, verifyReplay, type VerifyReplayReport } from '../../src/app/index.ts';
import { rewriteText } from '../app/journal/rewrite.ts';
import { damage, makeFolder, segmentsOf } from '../app/journal/support.ts';

// Several paced runs of a few seconds, each with threads of its own.
vi.setConfig({ testTimeout: 120_000 });

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE'];

function qt(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}

/** A paper run that is paced and therefore free running, in which a move that is not rare kills. */
async function recorded(workers: number, rate: number, seed = 1): Promise<string> {
  const directory = join(makeFolder(), 'journal');
  const settings = {
    mode: 'paper',
    'engine.workers': workers,
    'feed.kind': 'synthetic',
    'feed.symbols': SYMBOLS,
    'feed.rate': rate,
    'feed.duration': '1500ms',
    'advisory.candlesMin': 20,
    'risk.flashCrash': 0.002,
    seed,
  };
  const flags = Object.entries(settings).map(([path, value]) => ({ flag: path, path, value }));
  const run = await prepareRun({ flags, journal: { directory } });
  const { engine } = await run.execute();
  expect(engine).toMatchObject({ lockstep: false, workers, lost: 0, deadLettered: 0 });
  return directory;
}

/** A decision with a text that can be changed. */
function vetoIn(directory: string) {
  const vetoes = [...queryJournal(directory, { patterns: ['risk.evaluation.complete'] })];
  return vetoes.at(Math.floor(vetoes.length / 2))!;
}

test('a free-running paper run verifies equal, with any number of threads, again and again', async () => {
  for (const workers of [1, 2, 4]) {
    const directory = await recorded(workers, 8000, workers);

    const reports = [await verifyReplay({ directory }), await verifyReplay({ directory })];

    for (const report of reports) {
      expect(report, `${workers} workers`).toMatchObject({ engine: 'free-running', isEqual: true, given: 0, difference: null });
      expect(report.events).toBe(describeJournal(directory).records);
      expect(report.decisions).toBeGreaterThan(500);
      expect(report.recordedHash).toBe(report.decisionHash);
    }
  }
});

test('one changed byte of a decision is found, with both sides and the chain down to the input, as text and for programs', async () => {
  const directory = await recorded(2, 4000);
  const veto = vetoIn(directory);
  rewriteText(directory, veto.seq, 'risk', 'rusk');

  const text = qt('replay', directory, '--verify');
  const json = qt('replay', directory, '--verify', '--json');

  const { difference, isEqual } = JSON.parse(json.stdout) as VerifyReplayReport;
  const { causes, recomputed, recorded: before } = difference!;
  expect(isEqual).toBe(false);
  expect([before!.seq, before!.type, recomputed!.type]).toEqual([veto.seq, veto.type, veto.type]);
  expect(before!.payload).not.toEqual(recomputed!.payload);
  expect(causes.map(({ seq }) => seq)).toEqual([before!.causeSeq, ...causes.slice(0, -1).map(({ causeSeq }) => causeSeq)]);
  expect(causes.at(-1)).toMatchObject({ type: 'market.candle.new', causeSeq: 0 });
  expect(text.stdout).toMatch(new RegExp(`^different: free-running run \\S+ at event ${veto.seq};`));
  expect(text.stdout).toMatch(/\nbecause of {2}seq \d+ market\.candle\.new \w+ at 2024-\S+Z, an input\n$/);
  expect([text.status, json.status]).toEqual([1, 1]);
});

test('a changed candle is found in the first decision that follows from it', async () => {
  const directory = await recorded(2, 4000);
  const events = [...queryJournal(directory, { patterns: ['market.candle.new'] })];
  const candle = events[200]!;
  const { symbol } = candle.payload as { symbol: string };
  rewriteText(directory, candle.seq, symbol, 'ZZZ');

  const { difference } = await verifyReplay({ directory });

  expect(difference!.causes.map(({ seq }) => seq)).toContain(candle.seq);
});

test('a free-running recording whose process was killed verifies as far as it goes', async () => {
  const directory = join(makeFolder(), 'journal');
  const run = [
    'run',
    '--feed',
    'synthetic',
    '--symbols',
    SYMBOLS.join(),
    '--rate',
    '4000',
    '--duration',
    '60s',
    '--workers',
    '2',
    '--quiet',
  ];
  const child = spawn(process.execPath, [MAIN, ...run, '--journal', directory], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  await expect.poll(() => recordsIn(directory), { timeout: 60_000 }).toBeGreaterThan(8000);
  child.kill('SIGKILL');
  await exit;
  const torn = describeJournal(directory);

  const report = await verifyReplay({ directory });
  rewriteText(directory, vetoIn(directory).seq, 'risk', 'rusk');
  const changed = await verifyReplay({ directory });

  expect(torn.runs).toMatchObject([{ outcome: null }]);
  expect(report).toMatchObject({ isEqual: true, events: torn.records, recordedHash: null, given: 0 });
  expect(changed.isEqual).toBe(false);
});

test('qt replay plays a recording again, whole, in part and at a speed, and says when it cannot', async () => {
  const directory = join(makeFolder(), 'journal');
  const damaged = join(makeFolder(), 'journal');
  const run = qt('run', '--mode', 'backtest', '--feed', 'synthetic', '--bars', '200', '--journal', directory, '--json', '--quiet');
  const { decisionHash } = JSON.parse(run.stdout) as { decisionHash: string };
  cpSync(directory, damaged, { recursive: true });
  damage(segmentsOf(damaged)[0]!);

  const whole = qt('replay', directory, '--json');
  const part = qt('replay', directory, '--json', '--from-seq', '100', '--to-seq', '300', '--type', 'market.**', '--speed', '1000');

  expect(JSON.parse(whole.stdout)).toMatchObject({
    replay: { firstSeq: 1, isComplete: true },
    result: { decisionHash, outcome: 'complete' },
  });
  expect(JSON.parse(part.stdout).replay.firstSeq).toBeGreaterThanOrEqual(100);
  expect(JSON.parse(part.stdout).replay.lastSeq).toBeLessThanOrEqual(300);
  expect(whole.stderr).toMatch(/^qt: \d+ inputs of \S+ were played, seq 1 to \d+\n$/);
  expect(qt('replay', directory).stdout).toContain(decisionHash);
  expect([whole.status, part.status]).toEqual([0, 0]);
  expect([qt('replay', damaged).status, qt('replay', damaged, '--verify').status, qt('replay', makeFolder()).status]).toEqual([2, 2, 2]);
  expect(qt('replay', directory, '--cursor', 'nobody').status).toBe(2);
});

test('a part of a recording is played to a system that knows nothing of what was before', async () => {
  const directory = await recorded(1, 2000);
  const all = [...queryJournal(directory, { patterns: ['market.candle.new'] })];
  const fromTimeUs = all.at(-6)!.timestamp;

  const { replay, result } = await replayRun({ directory, fromTimeUs, types: ['market.candle.new'] });

  expect(replay.events).toBe(all.filter(({ timestamp }) => timestamp >= fromTimeUs).length);
  expect(result.engine).toMatchObject({ mode: 'inline', marketEvents: replay.events, lost: 0 });
});

function recordsIn(directory: string): number {
  try {
    return describeJournal(directory).records;
  } catch {
    return 0;
  }
}
