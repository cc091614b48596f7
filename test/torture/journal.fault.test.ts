import { describe, expect, it } from 'vitest';
import { tortureJournal, type KillingReport } from './journal/killing.ts';
import type { Lie } from './journal/orders.ts';

function run(kills: number, lie: Lie | null): Promise<KillingReport> {
  return tortureJournal({ seed: 11, kills, runMs: Infinity, lie });
}

describe('torture of the journal', () => {
  it('finds every promise kept over kills under full load', async () => {
    const { faults, kills, figures } = await run(Number(process.env['QT_TEST_TORTURE_KILLS'] ?? 6), null);

    expect(faults).toEqual([]);
    expect(kills).toBeGreaterThan(0);
    expect(figures['events acknowledged']).toBeGreaterThan(0);
    expect(figures['compared with the bytes committed']).toBeGreaterThan(0);
    // More than once for the seq of an event that a kill took from the journal: another came in its place.
    expect(figures['finished by the durable group on worker']).toBeGreaterThanOrEqual(figures['newest seq in the journal']!);
  }, 120_000);

  it.each([
    ['events that are acknowledged before they are written', 'early', /seq \d+ was acknowledged, but the journal ends at \d+/],
    ['an event that is not the one of its seq', 'other', /seq \d+ is not the event that was published/],
  ] as const)(
    'rings the alarm for %s',
    async (_what, lie, alarm) => {
      const { faults } = await run(20, lie);

      expect(faults[0]).toMatch(alarm);
    },
    120_000,
  );
});
