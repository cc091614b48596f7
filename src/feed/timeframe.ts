import type { Timeframe } from '../model/index.ts';

const MINUTE_US = 60_000_000;

export const TIMEFRAMES: readonly Timeframe[] = ['1m', '5m', '15m', '1h', '1d'];

const LENGTHS_US: Readonly<Record<Timeframe, number>> = {
  '1m': MINUTE_US,
  '5m': 5 * MINUTE_US,
  '15m': 15 * MINUTE_US,
  '1h': 60 * MINUTE_US,
  '1d': 1440 * MINUTE_US,
};

/** Nominal length of a bar. A daily bar of a session market is shorter, and a local day may have 23 or 25 hours. */
export function timeframeUs(timeframe: Timeframe): number {
  return LENGTHS_US[timeframe];
}

/** The timeframe whose bars lie this far apart, if there is one. */
export function timeframeOfSpacing(us: number): Timeframe | null {
  return TIMEFRAMES.find((timeframe) => LENGTHS_US[timeframe] === us) ?? null;
}
