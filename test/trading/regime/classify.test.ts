import { describe, expect, test } from 'vitest';
import { classify, toConfidence, toRegime, toVolatilityState, type Measures } from '../../../src/trading/regime/classify.ts';
import { Confirmation } from '../../../src/trading/regime/confirmation.ts';
import { defaultRegimeOptions } from '../../../src/trading/regime/index.ts';
import { Spikes } from '../../../src/trading/regime/spikes.ts';

const options = defaultRegimeOptions;
const calm: Measures = { adx: 10, trendStrength: 0, atrPct: 1, thinCount: 0 };

describe('classify', () => {
  test('two of three thin measures are ILLIQUID before anything else, one is not', () => {
    expect(classify({ ...calm, thinCount: 2, atrPct: 9 }, 'UNKNOWN', options)).toBe('ILLIQUID');
    expect(classify({ ...calm, thinCount: 1 }, 'UNKNOWN', options)).toBe('RANGE_LOW_VOL');
  });

  test('ATR of exactly 6 % of the close is HIGH_VOLATILITY, also in a trend', () => {
    expect(classify({ adx: 40, trendStrength: 1, atrPct: 6, thinCount: 0 }, 'TREND_UP', options)).toBe('HIGH_VOLATILITY');
    expect(classify({ ...calm, atrPct: 5.999 }, 'UNKNOWN', options)).toBe('RANGE_HIGH_VOL');
  });

  test('a trend needs ADX 25 and a strength of 0.3, and its sign is its direction', () => {
    expect(classify({ ...calm, adx: 25, trendStrength: 0.3 }, 'UNKNOWN', options)).toBe('TREND_UP');
    expect(classify({ ...calm, adx: 25, trendStrength: -0.3 }, 'UNKNOWN', options)).toBe('TREND_DOWN');
    expect(classify({ ...calm, adx: 25, trendStrength: 0.29 }, 'UNKNOWN', options)).toBe('UNKNOWN');
    expect(classify({ ...calm, adx: 24.9, trendStrength: 0.3 }, 'UNKNOWN', options)).toBe('UNKNOWN');
  });

  test('a range is low or high in volatility at 4 %', () => {
    expect(classify({ ...calm, atrPct: 3.99 }, 'UNKNOWN', options)).toBe('RANGE_LOW_VOL');
    expect(classify({ ...calm, atrPct: 4 }, 'UNKNOWN', options)).toBe('RANGE_HIGH_VOL');
  });

  test('a trend is left only when ADX is below 20', () => {
    expect(classify({ ...calm, adx: 20, trendStrength: 0 }, 'TREND_UP', options)).toBe('TREND_UP');
    expect(classify({ ...calm, adx: 19.9, trendStrength: 0 }, 'TREND_UP', options)).toBe('RANGE_LOW_VOL');
    expect(classify({ ...calm, adx: 30, trendStrength: -0.5 }, 'TREND_UP', options)).toBe('TREND_DOWN');
  });
});

test('confidence of a trend grows with ADX and strength (W13)', () => {
  expect(toConfidence('TREND_UP', 35, 0.6)).toBeCloseTo(0.76, 12);
  expect(toConfidence('TREND_DOWN', 35, -0.6)).toBeCloseTo(0.76, 12);
  expect(toConfidence('TREND_UP', 100, 1)).toBe(0.95);
});

test('confidence of the other classes', () => {
  expect(toConfidence('ILLIQUID', 0, 0)).toBe(0.95);
  expect(toConfidence('HIGH_VOLATILITY', 0, 0)).toBe(0.9);
  expect(toConfidence('RANGE_LOW_VOL', 10, 0.2)).toBeCloseTo(0.85, 12);
  expect(toConfidence('RANGE_HIGH_VOL', 10, 0)).toBe(0.9);
  expect(toConfidence('UNKNOWN', 40, 1)).toBe(0.5);
});

test('only trends and ranges have their own word on the wire', () => {
  expect(['TREND_UP', 'TREND_DOWN', 'RANGE_LOW_VOL', 'RANGE_HIGH_VOL'].map((detail) => toRegime(detail as 'TREND_UP'))).toEqual([
    'TRENDING',
    'TRENDING',
    'RANGING',
    'RANGING',
  ]);
  expect(['HIGH_VOLATILITY', 'ILLIQUID', 'UNKNOWN'].map((detail) => toRegime(detail as 'UNKNOWN'))).toEqual([
    'CHAOTIC',
    'CHAOTIC',
    'CHAOTIC',
  ]);
});

test('volatility state steps at 1.5, 4 and 6 percent', () => {
  expect([1.49, 1.5, 3.99, 4, 5.99, 6].map((pct) => toVolatilityState(pct, options))).toEqual([
    'LOW',
    'NORMAL',
    'NORMAL',
    'HIGH',
    'HIGH',
    'EXTREME',
  ]);
  expect(toVolatilityState(null, options)).toBe('NORMAL');
});

describe('Confirmation', () => {
  test('takes a new class at the third candle in a row', () => {
    const confirmation = new Confirmation(3);

    const classes = (['TREND_UP', 'TREND_UP', 'UNKNOWN', 'TREND_UP', 'TREND_UP', 'TREND_UP'] as const).map((detail) =>
      confirmation.update(detail),
    );

    expect(classes).toEqual(['UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'TREND_UP']);
  });

  test('takes an alarm class at once and leaves it only after three candles', () => {
    const confirmation = new Confirmation(3);

    const classes = (['HIGH_VOLATILITY', 'TREND_UP', 'TREND_UP', 'TREND_UP', 'ILLIQUID'] as const).map((detail) =>
      confirmation.update(detail),
    );

    expect(classes).toEqual(['HIGH_VOLATILITY', 'HIGH_VOLATILITY', 'HIGH_VOLATILITY', 'TREND_UP', 'ILLIQUID']);
  });
});

describe('Spikes', () => {
  /** Closes whose returns alternate in sign, so that their deviation is their size. */
  function* closes(sizes: readonly (readonly [number, number])[]): Generator<number> {
    let close = 100;
    let sign = 1;
    yield close;
    for (const [size, count] of sizes) {
      for (let i = 0; i < count; i++) {
        close *= Math.exp(sign * size);
        sign = -sign;
        yield close;
      }
    }
  }

  test('reports each level once on the way up, and again only after the ratio fell below nine tenths of it', () => {
    const spikes = new Spikes({ ...options, volatilityPeriods: [4, 40], periodsPerYear: 252 });
    const market = [
      [0.01, 60],
      [0.05, 4],
      [0.01, 60],
      [0.05, 4],
    ] as const;

    const levels = [...closes(market)].map((close) => spikes.update(close)?.level ?? null);

    const first = levels.slice(0, 70).filter((level) => level !== null);
    const second = levels.slice(70).filter((level) => level !== null);
    expect(first.length).toBeGreaterThan(0);
    expect(second).toEqual(first);
    expect(first).toEqual([...first].toSorted((a, b) => a - b));
    expect(new Set(first).size).toBe(first.length);
  });

  test('annualises both volatilities with the periods of a year', () => {
    const spikes = new Spikes({ ...options, volatilityPeriods: [4, 40], periodsPerYear: 252 });

    const spike = [
      ...closes([
        [0.01, 60],
        [0.05, 4],
      ]),
    ]
      .map((close) => spikes.update(close))
      .find((found) => found !== null);

    expect(spike?.spike_ratio).toBeCloseTo((spike?.current_volatility ?? 0) / (spike?.baseline_volatility ?? 1), 12);
    expect(spike?.baseline_volatility).toBeGreaterThan(0.15);
  });

  test('says nothing about a market that never moved', () => {
    const spikes = new Spikes({ ...options, volatilityPeriods: [4, 40] });

    expect(Array.from({ length: 100 }, () => spikes.update(5)).every((spike) => spike === null)).toBe(true);
  });
});
