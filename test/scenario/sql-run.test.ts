import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { prepareRun, type RunResult } from '../../src/app/index.ts';
import { hashesOf, query, temporaryFolder } from '../observe/sql-support.ts';

vi.setConfig({ testTimeout: 90_000 });

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const README = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
/** Blocks fenced as `sql`. */
const EXAMPLES = [...README.matchAll(/^```sql\n(.*?)^```$/gms)].map((match) => match[1] ?? '');

function qt(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}

test('qt run --sql leaves tables that say what its report says, qt sql builds the same, and the queries of the README answer', () => {
  const folder = temporaryFolder();
  const [journal, path, built] = [join(folder, 'journal'), join(folder, 'run.db'), join(folder, 'built.db')];

  const run = qt(
    'run',
    '--feed',
    'synthetic',
    '--bars',
    '700',
    '--mode',
    'backtest',
    '--json',
    '--quiet',
    '--journal',
    journal,
    '--sql',
    path,
  );
  const build = qt('sql', journal, '--to', built);
  const again = qt('sql', journal, '--to', path, '--json');

  const result = JSON.parse(run.stdout) as RunResult;
  expect([run.status, build.status, again.status], run.stderr + build.stderr + again.stderr).toEqual([0, 0, 0]);
  expect(result.trades.length, 'a run without a trade shows nothing').toBeGreaterThan(0);
  expect(result.sql).toMatchObject({ path, position: result.engine.events, addedEvents: result.engine.events, failure: null });
  expect(JSON.parse(again.stdout)).toMatchObject({ position: result.engine.events, addedEvents: 0 });
  expect(build.stdout).toMatch(/^added \d+ events; .*built\.db holds the journal up to seq \d+, schema 1\n$/);
  expect(hashesOf(built)).toEqual(hashesOf(path));
  expect(query(path, 'SELECT type, events FROM event_counts ORDER BY type')).toEqual(
    Object.entries(result.eventsByType)
      .map(([type, events]) => ({ type, events }))
      .toSorted((a, b) => (a.type < b.type ? -1 : 1)),
  );
  expect(query(path, 'SELECT reason, vetoes FROM vetoes_by_reason ORDER BY 1')).toEqual(
    Object.entries(result.vetoes)
      .map(([reason, vetoes]) => ({ reason, vetoes }))
      .toSorted((a, b) => (a.reason < b.reason ? -1 : 1)),
  );
  const pnl = result.trades.reduce((sum, { pnlUsd }) => sum + pnlUsd, 0);
  expect(query(path, 'SELECT sum(trades) AS trades, sum(pnl) AS pnl FROM pnl_per_day')).toEqual([
    { trades: result.trades.length, pnl: expect.closeTo(pnl, 6) },
  ]);
  expect(query(path, 'SELECT run_id, outcome, decision_hash FROM runs')).toEqual([
    { run_id: result.runId, outcome: 'complete', decision_hash: result.decisionHash },
  ]);
  expect(query(path, 'SELECT count(*) AS open FROM open_positions')).toEqual([{ open: result.positionsOpened - result.trades.length }]);
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(2);
  for (const example of EXAMPLES) expect(query(path, example), example).not.toEqual([]);
});

test('a database that can no longer be kept is a warning and part of the report; the run ends well and qt sql says what is wrong', async () => {
  const folder = temporaryFolder();
  const [directory, path] = [join(folder, 'journal'), join(folder, 'run.db')];
  const warnings: string[] = [];
  const flags = Object.entries({ mode: 'backtest', 'feed.kind': 'synthetic', 'feed.bars': 300 }).map(([field, value]) => ({
    flag: field,
    path: field,
    value,
  }));
  const run = await prepareRun({ flags, journal: { directory }, sqlFile: path, onWarning: (message) => warnings.push(message) });
  const saboteur = new DatabaseSync(path);
  saboteur.exec('DROP TABLE signals');
  saboteur.close();

  const result = await run.execute();
  const catchUp = qt('sql', directory, '--to', path);

  expect(result).toMatchObject({ outcome: 'complete', journal: { appendedEvents: result.engine.events } });
  expect(result.sql).toMatchObject({ failure: { code: 'QT_SQL_WRITE_FAILED', message: expect.stringContaining('no such table') } });
  expect(warnings).toEqual([expect.stringContaining('the run goes on')]);
  expect(catchUp).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/^qt: Cannot write the database .*\n$/) });
});

test('what cannot become a database is refused with 2, one line, and before a run begins', () => {
  const folder = temporaryFolder();
  const [journal, text] = [join(folder, 'journal'), join(folder, 'text.db')];
  writeFileSync(text, 'these are not the bytes of a database\n'.repeat(50));
  const common = ['run', '--feed', 'synthetic', '--bars', '10', '--mode', 'backtest', '--quiet'];

  const refused = [
    qt(...common, '--sql', join(folder, 'run.db')),
    qt(...common, '--journal', journal, '--sql', text),
    qt('sql', join(folder, 'none'), '--to', join(folder, 'run.db')),
  ];

  for (const { status, stderr, stdout } of refused) {
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^qt: Cannot .*\(QT_\w+\)\n$/);
    expect(status).toBe(2);
  }
});
