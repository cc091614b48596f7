import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bootstrapInterval, mayBeEqual } from '../../bench/compare/bootstrap.ts';
import { compareRuns, type RunPair } from '../../bench/compare/compare.ts';
import { openWorktree } from '../../bench/compare/worktree.ts';

describe('bootstrapInterval', () => {
  test('holds the median, is the same each time, and narrows with the spread', () => {
    const wide = bootstrapInterval([0.8, 1.3, 1, 0.9, 1.2, 1.1, 0.7]);
    const narrow = bootstrapInterval([1.19, 1.21, 1.2, 1.2, 1.22, 1.18, 1.2]);

    expect(bootstrapInterval([0.8, 1.3, 1, 0.9, 1.2, 1.1, 0.7])).toEqual(wide);
    expect(wide.low).toBeLessThanOrEqual(wide.median);
    expect(wide.high).toBeGreaterThanOrEqual(wide.median);
    expect(narrow.high - narrow.low).toBeLessThan(wide.high - wide.low);
    expect([mayBeEqual(wide), mayBeEqual(narrow)]).toEqual([true, false]);
  });

  test('of one ratio is that ratio', () => {
    expect(bootstrapInterval([1.5])).toEqual({ median: 1.5, low: 1.5, high: 1.5 });
  });
});

test('runs are compared pair by pair, and only what both sides have', () => {
  const side = (value: number, more: [string, number][] = []) => new Map([['bus\nevents/s', value], ...more]);
  const runs: RunPair[] = [
    [side(200, [['new\nevents/s', 1]]), side(100)],
    [side(330, [['new\nevents/s', 1]]), side(110)],
  ];

  expect(compareRuns('ring', runs)).toMatchObject([{ case: 'ring', subject: 'bus', figure: 'events/s', ratios: [2, 3] }]);
});

describe('a worktree', () => {
  test('is the other commit with our packages and our bench, and leaves nothing behind', () => {
    const worktree = openWorktree('HEAD');

    const { ownRoot, root } = worktree;
    expect(readlinkSync(join(root, 'node_modules'))).toBe(join(ownRoot, 'node_modules'));
    expect(readFileSync(join(root, 'bench/run.ts'), 'utf8')).toBe(readFileSync(join(ownRoot, 'bench/run.ts'), 'utf8'));
    expect(existsSync(join(root, 'src/index.ts'))).toBe(true);
    worktree.remove();
    worktree.remove();
    expect(existsSync(root)).toBe(false);
    expect(execFileSync('git', ['worktree', 'list'], { encoding: 'utf8' })).not.toContain(root);
  });

  test('of a revision that does not exist is refused by name', () => {
    expect(() => openWorktree('no-such-revision')).toThrow('Option compare is "no-such-revision"');
  });
});
