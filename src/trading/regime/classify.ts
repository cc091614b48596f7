import type { Regime, RegimeDetail, VolatilityState } from '../../model/index.ts';
import type { ResolvedRegimeOptions } from './options.ts';

/** What a class is decided from; all of it known. */
export interface Measures {
  /** 0..100. */
  readonly adx: number;
  /** -1..1, positive upward. */
  readonly trendStrength: number;
  /** Percent of the close. */
  readonly atrPct: number;
  /** How many of volume, depth and spread are known and too thin, 0..3. */
  readonly thinCount: number;
}

/**
 * The class that one candle speaks for, before confirmation. A trend that is on stays on while ADX is not below its
 * leaving limit, unless a trend the other way has begun.
 */
export function classify(measures: Measures, current: RegimeDetail, options: ResolvedRegimeOptions): RegimeDetail {
  const { adx, trendStrength, atrPct, thinCount } = measures;
  if (thinCount >= 2) return 'ILLIQUID';
  if (atrPct >= options.atrPctExtreme) return 'HIGH_VOLATILITY';
  const isDirected = Math.abs(trendStrength) >= options.trendStrengthMin;
  if (adx >= options.adxEnter && isDirected) return trendStrength > 0 ? 'TREND_UP' : 'TREND_DOWN';
  if (toRegime(current) === 'TRENDING' && adx >= options.adxLeave) return current;
  if (adx < options.adxEnter && !isDirected) return atrPct >= options.atrPctHigh ? 'RANGE_HIGH_VOL' : 'RANGE_LOW_VOL';
  return 'UNKNOWN';
}

/** How sure we are of a class, 0..1. */
export function toConfidence(detail: RegimeDetail, adx: number, trendStrength: number): number {
  const strength = Math.abs(trendStrength);
  switch (detail) {
    case 'ILLIQUID':
      return 0.95;
    case 'HIGH_VOLATILITY':
      return 0.9;
    case 'TREND_UP':
    case 'TREND_DOWN':
      return Math.min(0.95, 0.6 + (0.2 * adx) / 100 + 0.15 * strength);
    case 'RANGE_LOW_VOL':
    case 'RANGE_HIGH_VOL':
      return Math.min(0.9, 0.65 + 0.25 * (1 - strength));
    case 'UNKNOWN':
      return 0.5;
  }
}

/** The word on the wire: what is neither trend nor range is CHAOTIC. */
export function toRegime(detail: RegimeDetail): Regime {
  if (detail === 'TREND_UP' || detail === 'TREND_DOWN') return 'TRENDING';
  return detail === 'RANGE_LOW_VOL' || detail === 'RANGE_HIGH_VOL' ? 'RANGING' : 'CHAOTIC';
}

/** @param atrPct percent of the close; null while unknown, which counts as NORMAL */
export function toVolatilityState(atrPct: number | null, options: ResolvedRegimeOptions): VolatilityState {
  if (atrPct === null) return 'NORMAL';
  if (atrPct < options.atrPctLow) return 'LOW';
  if (atrPct < options.atrPctHigh) return 'NORMAL';
  return atrPct < options.atrPctExtreme ? 'HIGH' : 'EXTREME';
}
