import type { Sample } from './messages.ts';

/** How much a figure may grow from the second quarter of a run to its last: a share, and what is always allowed. */
const TOLERANCES: Readonly<Record<keyof Sample, { readonly ratio: number; readonly slack: number }>> = {
  heapMb: { ratio: 0.15, slack: 5 },
  externalMb: { ratio: 0.15, slack: 5 },
  // Dead threads give their memory back late, and the allocator keeps some of it.
  rssMb: { ratio: 0.25, slack: 60 },
  resources: { ratio: 0, slack: 3 },
  listeners: { ratio: 0, slack: 0 },
};
/** Below that, a quarter is too short to say anything. */
export const SAMPLES_MIN = 8;

export interface Trend {
  readonly figure: keyof Sample;
  readonly early: number;
  readonly late: number;
  readonly isFlat: boolean;
}

/** Compares the second quarter with the last one, by median; empty when there are too few samples. */
export function findTrends(samples: readonly Sample[]): Trend[] {
  if (samples.length < SAMPLES_MIN) return [];
  const quarter = Math.floor(samples.length / 4);
  return (Object.keys(TOLERANCES) as (keyof Sample)[]).map((figure) => {
    const early = median(samples.slice(quarter, 2 * quarter).map((sample) => sample[figure]));
    const late = median(samples.slice(-quarter).map((sample) => sample[figure]));
    const { ratio, slack } = TOLERANCES[figure];
    return { figure, early, late, isFlat: late <= early * (1 + ratio) + slack };
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
