import { describe, expect, it } from 'vitest';
import type { Sample } from './messages.ts';
import { createPlan, FAULTS, type Fault } from './plan.ts';
import { torture, type TortureReport } from './torture.ts';
import { findTrends } from './trend.ts';

function run(faults: readonly Fault[], lie: 'hide' | 'double' | null, runMs: number): Promise<TortureReport> {
  return torture({ seed: 7, runMs, ratePerSecond: 1000, faults, isOneCore: false, lie });
}

describe('torture', () => {
  it('finds every promise kept while handlers throw, hang and end their threads', async () => {
    const report = await run(
      ['throw', 'odd-throw', 'reject', 'exit', 'throw-exit', 'async-throw', 'async-exit', 'never', 'churn'],
      null,
      4000,
    );

    expect(report.faults).toEqual([]);
    expect(report.injected.get('throw')).toBeGreaterThan(0);
    expect(report.injected.get('exit')! + report.injected.get('async-exit')!).toBeGreaterThan(0);
    expect(report.stats!.retried).toBeGreaterThan(0);
  }, 60_000);

  it.each([
    ['an event that its handler hides', 'hide', /^I1: event \d+ has no outcome in fast/],
    ['a run that is written down twice', 'double', /^I6: event \d+ was started in \w+ while it was running there/],
  ] as const)(
    'rings the alarm for %s',
    async (_what, lie, alarm) => {
      const report = await run([], lie, 700);

      expect(report.faults[0]).toMatch(alarm);
    },
    60_000,
  );

  it('makes the same events and faults of the same seed', () => {
    const first = createPlan(3, 1000, new Set(FAULTS));
    const second = createPlan(3, 1000, new Set(FAULTS));

    const events = Array.from({ length: 2000 }, () => first());

    expect(events).toEqual(Array.from({ length: 2000 }, () => second()));
    expect(events.some(({ payload }) => payload.fault !== '')).toBe(true);
  });
});

describe('findTrends', () => {
  const sample = (more: Partial<Sample>): Sample => ({ heapMb: 20, externalMb: 8, rssMb: 200, resources: 4, listeners: 7, ...more });
  const grown = (figures: readonly Partial<Sample>[]): string[] =>
    findTrends(figures.map(sample))
      .filter(({ isFlat }) => !isFlat)
      .map(({ figure }) => figure);

  it('finds memory, resources and listeners that grow', () => {
    const samples = Array.from({ length: 12 }, (_, i) => ({ heapMb: 20 + 2 * i, rssMb: 200 + 40 * i, resources: 4 + i, listeners: 7 + i }));

    expect(grown(samples)).toEqual(['heapMb', 'rssMb', 'resources', 'listeners']);
  });

  it('is content with figures that go up and down', () => {
    const samples = Array.from({ length: 12 }, (_, i) => ({ heapMb: 20 + (i % 3), rssMb: 200 + 10 * (i % 4), resources: 4 + (i % 2) }));

    expect(grown(samples)).toEqual([]);
  });

  it('says nothing about a run that is too short', () => {
    expect(findTrends(Array.from({ length: 7 }, (_, i) => sample({ heapMb: 20 + 10 * i })))).toEqual([]);
  });
});
