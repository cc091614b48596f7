import { describe, expect, test } from 'vitest';
import {
  passesEdge,
  REGIME_FIT,
  toAgeFactor,
  toBaseConfidence,
  toConfidence,
  toEdgeScore,
  toFloor,
  type EdgeParts,
} from '../../../src/trading/advisory/score.ts';

const LIFETIME_US = 300_000_000;

describe('edge score', () => {
  const w10: EdgeParts = {
    trendAlignment: 0.88,
    momentum: 0.75,
    volume: 0.7,
    regimeFit: 1,
    regimeStability: 0.8,
    winRate: 0.55,
    rewardRatio: 2,
    consensus: 0.75,
  };

  test('is 78 in a trend, 66 in a range and 46 in chaos (W10)', () => {
    expect(toEdgeScore(w10, 'TRENDING')).toBe(78);
    expect(toEdgeScore(w10, 'RANGING')).toBe(66);
    expect(toEdgeScore(w10, 'CHAOTIC')).toBe(46);
  });

  test('is 100 for a perfect signal and 0 for nothing', () => {
    const perfect = { ...w10, trendAlignment: 1, momentum: 1, volume: 1, regimeStability: 1, winRate: 1, rewardRatio: 3, consensus: 1 };
    const nothing = {
      ...w10,
      trendAlignment: 0,
      momentum: 0,
      volume: 0,
      regimeFit: 0,
      regimeStability: 0,
      winRate: 0,
      rewardRatio: 0,
      consensus: 0,
    };

    expect(toEdgeScore(perfect, 'TRENDING')).toBe(100);
    expect(toEdgeScore(nothing, 'TRENDING')).toBe(0);
  });

  test('a reward beyond three times the risk adds nothing', () => {
    expect(toEdgeScore({ ...w10, rewardRatio: 30 }, 'TRENDING')).toBe(toEdgeScore({ ...w10, rewardRatio: 3 }, 'TRENDING'));
  });

  test('each type has its own minimum', () => {
    expect([54, 55].map((score) => passesEdge(score, 'TREND_FOLLOW', 'TRENDING'))).toEqual([false, true]);
    expect([59, 60].map((score) => passesEdge(score, 'MEAN_REVERSION', 'RANGING'))).toEqual([false, true]);
    expect([64, 65].map((score) => passesEdge(score, 'BREAKOUT', 'TRENDING'))).toEqual([false, true]);
  });

  test('the band from 40 to 54 is for signals without a type, in a trend (C20)', () => {
    expect(passesEdge(45, 'GENERIC', 'TRENDING')).toBe(true);
    expect(passesEdge(45, 'GENERIC', 'RANGING')).toBe(false);
    expect(passesEdge(39, 'GENERIC', 'TRENDING')).toBe(false);
    expect(passesEdge(55, 'GENERIC', 'RANGING')).toBe(true);
    for (const regime of ['TRENDING', 'RANGING', 'CHAOTIC'] as const) expect(passesEdge(45, 'TREND_FOLLOW', regime)).toBe(false);
  });
});

describe('confidence', () => {
  const base = toBaseConfidence({ votes: [0.8, 0.75, 0.7, 0.85], dataQuality: 0.98, stability: 0.9 });

  test('of four models, by regime and age (W11)', () => {
    expect(base).toBeCloseTo(0.805598, 6);
    expect(toConfidence(base, 'TRENDING', 1)).toBe(0.8056);
    expect(toConfidence(base, 'RANGING', 1)).toBe(0.725);
    expect(toConfidence(base, 'CHAOTIC', 1)).toBe(0.5639);
    expect(toConfidence(base, 'TRENDING', toAgeFactor(60_000_000, LIFETIME_US) ?? 0)).toBe(0.725);
  });

  test('meets the floor of 0.6 after the regime factor (W12)', () => {
    const floor = toFloor(0, 0);

    expect(toConfidence(0.85, 'CHAOTIC', 1)).toBe(0.595);
    expect(toConfidence(0.85, 'CHAOTIC', 1)).toBeLessThan(floor);
    expect(toConfidence(0.86, 'CHAOTIC', 1)).toBe(0.602);
    expect(toConfidence(0.86, 'CHAOTIC', 1)).toBeGreaterThanOrEqual(floor);
    expect(toConfidence(0.6, 'TRENDING', 1)).toBeGreaterThanOrEqual(floor);
    expect(toConfidence(0.5999, 'TRENDING', 1)).toBeLessThan(floor);
  });

  test('an unclassified market counts less than a chaotic one', () => {
    expect(toConfidence(1, 'UNKNOWN', 1)).toBe(0.6);
  });

  test('falls in steps with age and then is gone (C19)', () => {
    const factors = [0, 59.999999, 60, 119.999999, 120, 180, 240, 299.999999, 300, 1e6].map((s) =>
      toAgeFactor(Math.round(s * 1e6), LIFETIME_US),
    );

    expect(factors).toEqual([1, 1, 0.9, 0.9, 0.8, 0.7, 0.6, 0.6, null, null]);
  });

  test('the floor is the strictest of three and never below 0.6 (C18)', () => {
    expect(toFloor(0.55, 0.38)).toBe(0.6);
    expect(toFloor(0.75, 0.38)).toBe(0.75);
    expect(toFloor(0.55, 0.7)).toBe(0.7);
  });
});

test('only what fits at 0.6 or more passes the last gate', () => {
  const fits = Object.entries(REGIME_FIT).flatMap(([regime, row]) =>
    Object.entries(row).flatMap(([type, fit]) => (fit >= 0.6 ? [`${regime}/${type}`] : [])),
  );

  expect(fits).toEqual([
    'TRENDING/TREND_FOLLOW',
    'TRENDING/BREAKOUT',
    'TRENDING/GENERIC',
    'RANGING/MEAN_REVERSION',
    'RANGING/BREAKOUT',
    'RANGING/GENERIC',
  ]);
});
