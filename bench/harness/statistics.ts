/** What several rounds say about one figure. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** One per round, in the order of the rounds. */
  readonly samples: readonly number[];
}

/** @throws RangeError for no samples, or one that is not a number */
export function spreadOf(samples: readonly number[]): Spread {
  if (samples.some((sample) => !Number.isFinite(sample)))
    throw new RangeError(`Cannot summarise ${samples.join(', ')}: not all are numbers`);
  const sorted = samples.toSorted((a, b) => a - b);
  return { median: medianOf(sorted), min: sorted[0]!, max: sorted.at(-1)!, samples: [...samples] };
}

/**
 * Ratios of two series, round by round, because noise of the machine lasts longer than a round and hits both alike.
 *
 * @throws RangeError when the rounds do not pair up
 */
export function ratioOf(subject: readonly number[], reference: readonly number[]): Spread {
  if (subject.length !== reference.length) {
    throw new RangeError(`Cannot compare ${subject.length} rounds with ${reference.length}: ratios are taken round by round`);
  }
  return spreadOf(subject.map((value, round) => value / reference[round]!));
}

/**
 * The smallest sample that at least this share of all samples does not exceed (nearest rank): always a value that happened.
 *
 * @param sorted ascending
 * @param share 0 < share <= 1; 0.999 for p99.9
 * @throws RangeError for no samples, or a share out of range
 */
export function percentileOf(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0 || !(share > 0 && share <= 1)) {
    throw new RangeError(`Cannot take percentile ${share} of ${sorted.length} samples`);
  }
  // 0.999 * 1000 is a little more than 999 in binary; the rank must not move up because of that.
  return sorted[Math.ceil(share * sorted.length - 1e-9) - 1]!;
}

function medianOf(sorted: readonly number[]): number {
  if (sorted.length === 0) throw new RangeError('Cannot take the median of no samples');
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
