import { readdirSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { binary, decisionHashOf, emptyFolder, files } from './_qt.ts';

let expected: string;

beforeAll(() => {
  using folder = emptyFolder();
  expected = decisionHashOf(files(['run', '--mode', 'backtest', '--json', '--quiet'], folder.path));
});

test('qt run in an empty environment reports on the packaged data and leaves no file behind', () => {
  using folder = emptyFolder();

  const { status, stderr, stdout } = binary(['run'], folder.path);

  expect(stderr).toContain('2 worker threads');
  expect(status, stderr).toBe(0);
  expect(stdout).toContain('S&P 500');
  expect(stdout).toContain('lost 0');
  expect(stdout).toContain(expected);
  expect(readdirSync(folder.path)).toEqual([]);
});

test.each([
  ['backtest', ['--mode', 'backtest']],
  ['paper on two threads', ['--lockstep', '--workers', '2']],
  ['paper on four threads', ['--lockstep', '--workers', '4']],
])('%s makes the decisions that the files make', (_, args) => {
  using folder = emptyFolder();

  expect(decisionHashOf(binary(['run', '--json', '--quiet', ...args], folder.path))).toBe(expected);
});
