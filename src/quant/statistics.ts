/** Mean, or null for nothing. */
export function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  let total = 0;
  for (const value of values) total += value;
  return total / values.length;
}

/** Standard deviation with divisor n - 1, or null below two values. */
export function sampleStdev(values: readonly number[]): number | null {
  return values.length < 2 ? null : Math.sqrt(squares(values) / (values.length - 1));
}

/** Standard deviation with divisor n, or null for nothing. */
export function populationStdev(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.sqrt(squares(values) / values.length);
}

function squares(values: readonly number[]): number {
  const centre = mean(values) ?? 0;
  let total = 0;
  for (const value of values) total += (value - centre) ** 2;
  return total;
}

/**
 * The value below which a share `q` of the values lies, interpolated linearly; null for nothing.
 *
 * @param q 0..1
 * @see Hyndman and Fan 1996, definition 7
 */
export function quantile(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const position = Math.min(Math.max(q, 0), 1) * (sorted.length - 1);
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

/** Pearson's correlation of pairs, -1..1; null below two pairs or when one side does not vary. Extra values of the longer side are ignored. */
export function correlation(left: readonly number[], right: readonly number[]): number | null {
  const length = Math.min(left.length, right.length);
  const xs = left.slice(0, length);
  const ys = right.slice(0, length);
  const scale = Math.sqrt(squares(xs)) * Math.sqrt(squares(ys));
  if (length < 2 || !(scale > 0)) return null;
  const centreX = mean(xs) ?? 0;
  const centreY = mean(ys) ?? 0;
  let products = 0;
  for (let i = 0; i < length; i++) products += ((xs[i] as number) - centreX) * ((ys[i] as number) - centreY);
  return Math.min(Math.max(products / scale, -1), 1);
}
