import type { PlotPoint, RatioReport } from '../case.ts';
import { percentileOf, ratioOf, spreadOf, type Spread } from './statistics.ts';

/** Microseconds, ascending, one array per round, by subject. */
export type LatencyRounds = Map<string, Float64Array[]>;

/** By name, the share of samples that lie at or below it. */
const PERCENTILES = { 'p50 us': 0.5, 'p90 us': 0.9, 'p99 us': 0.99, 'p99.9 us': 0.999, 'p99.99 us': 0.9999, 'max us': 1 } as const;

export type LatencyFigure = keyof typeof PERCENTILES;
const FIGURES = Object.keys(PERCENTILES) as LatencyFigure[];

/** Each percentile of each round, over the rounds. One that fewer samples than a whole one lie above is left out. */
export function latencyFigures(rounds: readonly Float64Array[]): Record<string, Spread> {
  const shown = FIGURES.filter((figure) => isKnown(rounds, figure));
  return Object.fromEntries(shown.map((figure) => [figure, spreadOf(percentiles(rounds, figure))]));
}

/** How many times the latency of the reference the subject has: below one is faster. */
export function latencyRatios(rounds: LatencyRounds, subject: string, reference: string): RatioReport[] {
  const [ours, theirs] = [rounds.get(subject)!, rounds.get(reference)!];
  return FIGURES.filter((figure) => figure !== 'max us' && isKnown(ours, figure) && isKnown(theirs, figure)).map((figure) => ({
    subject,
    reference,
    figure,
    ratio: ratioOf(percentiles(ours, figure), percentiles(theirs, figure)),
  }));
}

/** Each round's percentile. */
export function percentiles(rounds: readonly Float64Array[], figure: LatencyFigure): number[] {
  return rounds.map((sorted) => percentileOf(sorted, PERCENTILES[figure]));
}

export function pointAt(x: number, { max, median, min }: Spread): PlotPoint {
  return { x, y: median, low: min, high: max };
}

function isKnown(rounds: readonly Float64Array[], figure: LatencyFigure): boolean {
  const share = PERCENTILES[figure];
  return share === 1 || rounds.every((sorted) => sorted.length * (1 - share) >= 1 - 1e-9);
}
