import { correlation } from '../../quant/index.ts';

/** Returns looked at, trading days. */
const WINDOW_DAYS = 60;
/** Common returns below which a correlation is unknown. */
const COMMON_DAYS_MIN = 30;

interface DailyClose {
  readonly at: number;
  readonly close: number;
}

/** Daily closes by symbol, oldest first, at most one more than the window. */
export type DailyCloses = Map<string, DailyClose[]>;

export function onDailyClose(closes: DailyCloses, symbol: string, at: number, close: number): void {
  const series = closes.get(symbol) ?? [];
  if (at <= (series.at(-1)?.at ?? 0)) return;
  series.push({ at, close });
  if (series.length > WINDOW_DAYS + 1) series.shift();
  closes.set(symbol, series);
}

/**
 * Correlation of two symbols' daily returns over the days that both have, or 1 while unknown: symbols that nobody has
 * told apart are one risk.
 */
export function correlationOf(closes: DailyCloses, left: string, right: string): number {
  const rights = new Map(returnsOf(closes.get(right) ?? []));
  const xs: number[] = [];
  const ys: number[] = [];
  for (const [span, value] of returnsOf(closes.get(left) ?? [])) {
    const other = rights.get(span);
    if (other === undefined) continue;
    xs.push(value);
    ys.push(other);
  }
  if (xs.length < COMMON_DAYS_MIN) return 1;
  return correlation(xs, ys) ?? 1;
}

/** Returns keyed by their two days, so that only returns over the same span are paired. */
function returnsOf(series: readonly DailyClose[]): [span: string, value: number][] {
  const returns: [string, number][] = [];
  for (let i = 1; i < series.length; i++) {
    const from = series[i - 1] as DailyClose;
    const to = series[i] as DailyClose;
    returns.push([`${from.at}-${to.at}`, to.close / from.close - 1]);
  }
  return returns;
}

/**
 * The symbols that share a bucket with `symbol`, itself included: linked, directly or through another, by a
 * correlation above the cutoff.
 *
 * @param others the other symbols with open or reserved exposure
 */
export function bucketOf(closes: DailyCloses, symbol: string, others: readonly string[], cutoff: number): Set<string> {
  const bucket = new Set([symbol]);
  for (const member of bucket) {
    for (const other of others) {
      if (!bucket.has(other) && correlationOf(closes, member, other) > cutoff) bucket.add(other);
    }
  }
  return bucket;
}
