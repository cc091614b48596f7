/** The power goes at any call to the disk; what was not synced gets there in any order, in part, or not at all. */
import { describe, expect, it } from 'vitest';
import { cutPowerEverywhere } from './power-cuts.ts';

const seed = process.env['SEED'] ?? 'fixed';
const waysPerMoment = Number(process.env['QT_TEST_POWER_WAYS'] ?? 3);

describe('a power cut before any call to the disk', () => {
  it('loses nothing that was fsynced, leaves a beginning of what was appended, and no group ahead of it', async () => {
    const report = await cutPowerEverywhere({ seed, waysPerMoment });

    expect(report.violations).toEqual([]);
    expect(report.cuts).toBeGreaterThan(500);
    expect(report.torn, 'no cut left an unfinished end').toBeGreaterThan(10);
    expect(report.pulledBack, 'no cut left a group ahead of the log').toBeGreaterThan(10);
    expect(Object.keys(report.moments)).toEqual(
      expect.arrayContaining([
        'sync *.qtj',
        'syncDirectory journal',
        'create *.qtj',
        'rename rewrite.new',
        'unlink *.qtj',
        'rename cursors.new',
      ]),
    );
  }, 120_000);

  it.each([
    ['of a segment', (call: string, path: string) => call === 'sync' && path.endsWith('.qtj')],
    ['of a segment that retention has made', (_: string, path: string) => path.endsWith('rewrite.new')],
    ['of the cursors', (_: string, path: string) => path.endsWith('cursors.new')],
    ['of the folder', (call: string, path: string) => call === 'syncDirectory' && path === '/journal'],
    ['of the folder around it', (call: string, path: string) => call === 'syncDirectory' && path === '/'],
  ])(
    'shows when a disk forgets the flush %s',
    async (_what, isIgnored) => {
      const report = await cutPowerEverywhere({ seed, waysPerMoment, isIgnored, isFirstEnough: true });

      expect(report.violations).toHaveLength(1);
    },
    120_000,
  );
});
