import { createPrng } from '../../src/base/index.ts';
import { spreadOf } from '../harness/statistics.ts';

const RESAMPLES = 4000;
const CONFIDENCE = 0.95;

/** A ratio with what is known about it. */
export interface Interval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The median ratio and its 95 % confidence interval, by the percentile bootstrap: as many ratios are drawn with
 * replacement as there are, again and again, and the medians of the draws show how far the median may be off.
 * The draws are seeded: the same ratios give the same interval.
 *
 * @throws RangeError for no ratios
 * @see Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13
 */
export function bootstrapInterval(ratios: readonly number[]): Interval {
  const { median } = spreadOf(ratios);
  const prng = createPrng('bench/compare');
  const medians = Array.from({ length: RESAMPLES }, () => {
    const draw = ratios.map(() => ratios[Math.floor(prng.next() * ratios.length)]!);
    return spreadOf(draw).median;
  }).sort((a, b) => a - b);
  const at = (share: number): number => medians[Math.min(RESAMPLES - 1, Math.floor(share * RESAMPLES))]!;
  return { median, low: at((1 - CONFIDENCE) / 2), high: at((1 + CONFIDENCE) / 2) };
}

/** Whether the interval leaves the possibility that nothing has changed. */
export function mayBeEqual({ high, low }: Interval): boolean {
  return low <= 1 && high >= 1;
}
