import { describe, expect, test } from 'vitest';
import { BUILT_IN_STRATEGIES, type Bar, type MarketView, type Proposal } from '../../../src/trading/strategy/index.ts';
import { resolveParameters } from '../../../src/trading/strategy/options.ts';
import type { StrategyKind } from '../../../src/trading/strategy/index.ts';

const CALM: MarketView = { regime: 'TRENDING', detail: 'TREND_UP' };

const bar = (close: number, values: Partial<Bar> = {}): Bar => ({
  open: close,
  high: close + 0.5,
  low: close - 0.5,
  close,
  volume: 1_000,
  atr: 1,
  ...values,
});

/** The proposals of a built-in strategy over closes, with the index of their bar. */
function proposals(
  name: string,
  closes: readonly number[],
  parameters: Record<string, number> = {},
  market = CALM,
): (Proposal & { at: number })[] {
  const kind = BUILT_IN_STRATEGIES[name] as StrategyKind;
  const strategy = kind.create(resolveParameters(name, kind, parameters));
  return closes.flatMap((close, at) => {
    const proposal = strategy.update(bar(close), market);
    return proposal === null ? [] : [{ ...proposal, at }];
  });
}

const ramp = (from: number, step: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + step * i);
const wave = (count: number): number[] => Array.from({ length: count }, (_, i) => 100 + 10 * Math.sin(i / 6));
const mirror = (closes: readonly number[]): number[] => closes.map((close) => 200 - close);

describe('every built-in strategy', () => {
  test.each(Object.keys(BUILT_IN_STRATEGIES))('%s proposes both ways in mirrored markets, within the scale of strength', (name) => {
    const shape = name === 'trend' ? [...ramp(100, 0, 40), ...ramp(100, 0.7, 60)] : wave(200);
    const parameters = name === 'trend' ? { filterBars: 20, slopeBars: 5 } : {};

    const there = proposals(name, shape, parameters);
    const back = proposals(name, mirror(shape), parameters);

    expect(there.length).toBeGreaterThan(0);
    expect(back.map(({ at, direction }) => [at, direction])).toEqual(
      there.map(({ at, direction }) => [at, direction === 'LONG' ? 'SHORT' : 'LONG']),
    );
    for (const { strength } of [...there, ...back]) expect(strength >= 0 && strength <= 10).toBe(true);
  });

  test.each(Object.keys(BUILT_IN_STRATEGIES))('%s is silent in a market that stands still', (name) => {
    expect(proposals(name, ramp(100, 0, 300))).toEqual([]);
  });
});

describe('trend', () => {
  const parameters = { filterBars: 20, slopeBars: 5, restBars: 5 };
  const rising = [...ramp(100, 0, 40), ...ramp(100.6, 0.6, 40)];

  test('follows a breakout on the right side of the slow average, and joins again after its rest', () => {
    const found = proposals('trend', rising, parameters);

    expect(new Set(found.map(({ direction }) => direction))).toEqual(new Set(['LONG']));
    expect(new Set(found.map(({ type }) => type))).toEqual(new Set(['TREND_FOLLOW']));
    const gaps = found.slice(1).map(({ at }, i) => at - (found[i] as { at: number }).at);
    expect(Math.min(...gaps)).toBe(6);
  });

  test('stays out when ATR is above its limit or the regime is HIGH_VOLATILITY', () => {
    expect(proposals('trend', rising, { ...parameters, atrPctMax: 0.5 })).toEqual([]);
    expect(proposals('trend', rising, parameters, { regime: 'CHAOTIC', detail: 'HIGH_VOLATILITY' })).toEqual([]);
  });

  test('stays out while there is no direction', () => {
    expect(proposals('trend', rising, { ...parameters, adxMin: 100 })).toEqual([]);
  });

  test('does not buy a breakout against a falling slow average', () => {
    const bounce = [...ramp(200, -1, 60), ...ramp(141.5, 1.5, 15)];

    expect(
      proposals('trend', bounce, { ...parameters, channelBars: 5, filterBars: 60 }).every(({ direction }) => direction === 'SHORT'),
    ).toBe(true);
  });
});

test('rsi waits for the way back from the extreme', () => {
  const [first] = proposals('rsi', [...ramp(100, -1, 30), ...ramp(72, 1, 30)]);

  expect(first).toMatchObject({ direction: 'LONG', type: 'MEAN_REVERSION' });
  expect(first?.at).toBeGreaterThan(29);
});

test('bollinger buys when the close is back inside the lower band', () => {
  const [first, ...rest] = proposals('bollinger', [...wave(20).map((close) => 100 + (close - 100) / 100), 95, 99.9]);

  expect(first).toMatchObject({ direction: 'LONG', type: 'MEAN_REVERSION', at: 21 });
  expect(rest).toEqual([]);
});

test('breakout speaks once for each breakout, stronger on more volume', () => {
  const found = proposals('breakout', [...ramp(100, 0, 25), ...ramp(102, 2, 10)]);

  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ direction: 'LONG', type: 'BREAKOUT', at: 25, strength: 7 });
});

test('ema_cross refuses a fast average that is not faster', () => {
  expect(() => proposals('ema_cross', [], { fast: 21, slow: 21 })).toThrow(/fast/);
});
