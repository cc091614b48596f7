import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CASES } from '../../bench/catalogue.ts';
import type { RunReport } from '../../bench/report/json.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT = { timeout: 120_000 };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qt-bench-command-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string, ...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(ROOT, script), ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 100_000,
  });
  return { code: status, stdout, stderr };
}

const qtBench = (...args: string[]) => run('src/cli/main.ts', 'bench', ...args);

test('qt bench --list names every case', TIMEOUT, () => {
  const { code, stdout } = qtBench('--list');

  expect(code).toBe(0);
  expect(stdout.trim().split('\n')).toEqual(CASES.map(({ folder: kind, name }) => `${kind}/${name}`));
});

test('qt bench measures a case in a process of its own and writes both reports', TIMEOUT, () => {
  const { code, stdout, stderr } = qtBench('ring', '--quick', '--json', 'report.json', '--html', 'report.html');

  expect(code, stderr).toBe(0);
  expect(stdout).toContain('ring, claim to release');
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as RunReport;
  expect(report.cases.map(({ name, status }) => [name, status])).toEqual([['ring', 'done']]);
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toMatch(/<svg[\s\S]*data-y="/);
});

test.each([
  ['a case that does not exist', ['no-such-case'], 'no-such-case'],
  ['a report in a folder that does not exist', ['ring', '--html', 'nowhere/report.html'], 'nowhere/report.html'],
  ['two modes at once', ['--quick', '--long'], '--long'],
  ['a comparison outside a checkout', ['ring', '--compare', 'HEAD'], 'compare'],
])('%s is refused with exit code 2 and nothing is measured', TIMEOUT, (_what, args, named) => {
  const { code, stderr } = qtBench(...args);

  expect(code).toBe(2);
  expect(stderr).toContain(named);
  expect(stderr).not.toContain('measuring');
  expect(existsSync(join(folder, 'nowhere'))).toBe(false);
});

test('npm run bench takes the flags that qt bench takes', TIMEOUT, () => {
  const flags = (text: string): string[] =>
    [...new Set(text.match(/--[a-z]+/g))].filter((flag) => flag !== '--verbose' && flag !== '--help').sort();
  const ours = run('bench/run.ts', '--help').stdout;
  const theirs = qtBench('--help').stdout.replace(/Examples:[\s\S]*/, '');

  expect(flags(ours)).toEqual(flags(theirs));
});
