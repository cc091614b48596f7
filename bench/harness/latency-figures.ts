import type { RatioReport } from '../case.ts';
import { percentileOf, ratioOf, spreadOf, type Spread } from './statistics.ts';

/** Microseconds, ascending, one array per round, by subject. */
export type LatencyRounds = Map<string, Float64Array[]>;

/** By name, the share of samples that lie at or below it. */
const PERCENTILES = { 'p50 us': 0.5, 'p99 us': 0.99, 'p99.9 us': 0.999, 'max us': 1 } as const;
const FIGURES = Object.keys(PERCENTILES) as (keyof typeof PERCENTILES)[];

/** Each percentile of each round, over the rounds. */
export function latencyFigures(rounds: readonly Float64Array[]): Record<string, Spread> {
  return Object.fromEntries(FIGURES.map((figure) => [figure, spreadOf(percentiles(rounds, figure))]));
}

/** How many times the latency of the reference the subject has: below one is faster. */
export function latencyRatios(rounds: LatencyRounds, subject: string, reference: string): RatioReport[] {
  return FIGURES.filter((figure) => figure !== 'max us').map((figure) => ({
    subject,
    reference,
    figure,
    ratio: ratioOf(percentiles(rounds.get(subject)!, figure), percentiles(rounds.get(reference)!, figure)),
  }));
}

function percentiles(rounds: readonly Float64Array[], figure: keyof typeof PERCENTILES): number[] {
  return rounds.map((sorted) => percentileOf(sorted, PERCENTILES[figure]));
}
