import type { Regime, SignalType } from '../../model/index.ts';
import { mean, populationStdev } from '../../quant/index.ts';

/** What an edge is made of; each 0..1 except the reward. */
export interface EdgeParts {
  readonly trendAlignment: number;
  readonly momentum: number;
  readonly volume: number;
  readonly regimeFit: number;
  readonly regimeStability: number;
  readonly winRate: number;
  /** Distance to the target over distance to the stop, >= 0. */
  readonly rewardRatio: number;
  readonly consensus: number;
}

/** How well a type of signal fits a regime; a fit below `FIT_MIN` is refused. */
export const REGIME_FIT: Readonly<Record<Regime, Readonly<Record<SignalType, number>>>> = {
  TRENDING: { TREND_FOLLOW: 1, MEAN_REVERSION: 0.5, BREAKOUT: 0.8, GENERIC: 1 },
  RANGING: { TREND_FOLLOW: 0.4, MEAN_REVERSION: 1, BREAKOUT: 0.6, GENERIC: 0.6 },
  CHAOTIC: { TREND_FOLLOW: 0.3, MEAN_REVERSION: 0.4, BREAKOUT: 0.5, GENERIC: 0.5 },
};
export const FIT_MIN = 0.6;

const EDGE_FACTOR: Readonly<Record<Regime, number>> = { TRENDING: 1, RANGING: 0.85, CHAOTIC: 0.6 };
const EDGE_MIN = 40;
const EDGE_MIN_BY_TYPE: Readonly<Record<SignalType, number>> = { TREND_FOLLOW: 55, MEAN_REVERSION: 60, BREAKOUT: 65, GENERIC: EDGE_MIN };
/** Below this a signal without a type is taken in a trend only. */
const EDGE_MODERATE = 55;
const REWARD_RATIO_FULL = 3;

/** Quality of an opportunity, a whole number 0..100. Raising any part never lowers it. */
export function toEdgeScore(parts: EdgeParts, regime: Regime): number {
  const technical = 0.4 * parts.trendAlignment + 0.35 * parts.momentum + 0.25 * parts.volume;
  const surroundings = 0.6 * parts.regimeFit + 0.4 * parts.regimeStability;
  const statistics = 0.5 * parts.winRate + 0.5 * Math.min(parts.rewardRatio / REWARD_RATIO_FULL, 1);
  const base = wholeBelow(40 * technical + 30 * surroundings + 20 * statistics + 10 * parts.consensus);
  return Math.min(Math.max(wholeBelow(base * EDGE_FACTOR[regime]), 0), 100);
}

/** Rounds down, but not because of the last bit: 55 computed as 54.99999999999999 is 55. */
function wholeBelow(value: number): number {
  return Math.floor(value + 1e-9);
}

/** True if the score is enough for the type of signal in this regime. */
export function passesEdge(score: number, type: SignalType, regime: Regime): boolean {
  if (score < EDGE_MIN_BY_TYPE[type]) return false;
  return type !== 'GENERIC' || score >= EDGE_MODERATE || regime === 'TRENDING';
}

export interface ConfidenceParts {
  /** How sure each model is of this direction, 0..1; at least one. */
  readonly votes: readonly number[];
  /** Share of good data, 0..1. */
  readonly dataQuality: number;
  /** Share of the last candles in this regime, 0..1. */
  readonly stability: number;
}

/** The regime as confidence sees it: an unclassified market is worse than a chaotic one. */
export type ConfidenceRegime = Regime | 'UNKNOWN';

const CONFIDENCE_FACTOR: Readonly<Record<ConfidenceRegime, number>> = { TRENDING: 1, RANGING: 0.9, CHAOTIC: 0.7, UNKNOWN: 0.6 };
const DISAGREEMENT_MAX = 0.3;

/** How much we know before regime and age, 0..1. Votes that differ count less than their mean. */
export function toBaseConfidence({ votes, dataQuality, stability }: ConfidenceParts): number {
  const disagreement = Math.min(2 * (populationStdev(votes) ?? 0), DISAGREEMENT_MAX);
  const base = 0.5 * ((mean(votes) ?? 0) - disagreement) + 0.3 * dataQuality + 0.2 * stability;
  return Math.min(Math.max(base, 0), 1);
}

/**
 * Confidence after regime and age, to four decimals.
 *
 * @param ageFactor see `toAgeFactor`
 */
export function toConfidence(base: number, regime: ConfidenceRegime, ageFactor: number): number {
  return Math.round(base * CONFIDENCE_FACTOR[regime] * ageFactor * 1e4 + 1e-9) / 1e4;
}

/** What is left of confidence in each fifth of a signal's life. */
const AGE_FACTORS = [1, 0.9, 0.8, 0.7, 0.6] as const;

/**
 * @param ageUs age of the signal in microseconds, >= 0
 * @param lifetimeUs life of a signal in microseconds, > 0
 * @returns null when it has expired
 */
export function toAgeFactor(ageUs: number, lifetimeUs: number): number | null {
  return AGE_FACTORS[Math.floor((ageUs * AGE_FACTORS.length) / lifetimeUs)] ?? null;
}

/** No signal below this leaves, whatever a policy says. */
const CONSTITUTION_FLOOR = 0.6;

/** The strictest of the constitution, the policy and the orchestrator. */
export function toFloor(policy: number, orchestrator: number): number {
  return Math.max(CONSTITUTION_FLOOR, policy, orchestrator);
}
