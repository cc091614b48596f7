import { describe, expect, test } from 'vitest';
import { hasCode } from '../../../src/base/index.ts';
import type { EventInput } from '../../../src/event/index.ts';
import {
  MarketBookTop,
  MarketFeedRecovered,
  RegimeClassificationUpdate,
  RegimeVolatilitySpike,
  type RegimeClassificationUpdatePayload,
} from '../../../src/model/index.ts';
import { createRegimeState, regimeComponent, resolveRegimeOptions, step, type RegimeOptions } from '../../../src/trading/regime/index.ts';
import { candleAt, MINUTE_US, START_US, toEvent, wanderingCandles } from '../../support/chain.ts';

function updates(inputs: readonly EventInput[], options: RegimeOptions = {}): RegimeClassificationUpdatePayload[] {
  const state = createRegimeState(options);
  return inputs
    .flatMap((input) => step(state, toEvent(input)))
    .filter((out) => out.type === RegimeClassificationUpdate.type)
    .map((out) => out.payload as RegimeClassificationUpdatePayload);
}

const rising = Array.from({ length: 60 }, (_, i) => {
  const close = 100 + i;
  return candleAt(i, { open: close - 1, high: close + 0.2, low: close - 1.2, close, volume: 1e6 });
});

describe('regime detector', () => {
  test('is UNKNOWN for 2n - 1 candles and then needs three of one kind', () => {
    const details = updates(rising).map((update) => update.regime_detail);

    expect(details.indexOf('TREND_UP')).toBe(28);
    expect(new Set(details.slice(0, 28))).toEqual(new Set(['UNKNOWN']));
    expect(new Set(details.slice(28))).toEqual(new Set(['TREND_UP']));
  });

  test('says changed once, with the regime before', () => {
    const changed = updates(rising).filter((update) => update.changed);

    expect(changed).toHaveLength(1);
    expect(changed[0]).toMatchObject({ regime: 'TRENDING', previous_regime: 'CHAOTIC' });
  });

  test('gives null for what is not yet known', () => {
    const [first] = updates(rising);

    expect(first).toMatchObject({ regime: 'CHAOTIC', confidence: 0.5, adx: null, atr: null, atr_percent: null, trend_strength: null });
  });

  test('ignores candles of other timeframes', () => {
    expect(updates(rising, { timeframe: '1d' })).toEqual([]);
  });

  test('refuses an impossible candle and one that is not newer, and counts them', () => {
    const state = createRegimeState();
    step(state, toEvent(candleAt(5, { close: 100 })));

    const outputs = [candleAt(6, { close: 100, high: 99 }), candleAt(5, { close: 101 }), candleAt(4, { close: 101 })].flatMap((input) =>
      step(state, toEvent(input)),
    );

    expect(outputs).toEqual([]);
    expect(state.refused).toBe(3);
  });

  test('a candle delivered twice changes nothing the second time', () => {
    const state = createRegimeState();
    const event = toEvent(candleAt(0, { close: 100 }));

    expect(step(state, event)).toHaveLength(1);
    expect(step(state, event)).toEqual([]);
  });

  test('starts anew after a gap that lost candles, but not after one that was filled', () => {
    const gap = (lost: number): EventInput =>
      MarketFeedRecovered.create(
        { symbol: 'BTCUSDT', gap_from: START_US, gap_to: START_US + 1, backfilled: 1, lost },
        { timestamp: START_US + 40 * MINUTE_US },
      );

    const lost = updates([...rising.slice(0, 40), gap(2), ...rising.slice(40)]);
    const filled = updates([...rising.slice(0, 40), gap(0), ...rising.slice(40)]);

    expect(lost.slice(40).every((update) => update.regime_detail === 'UNKNOWN')).toBe(true);
    expect(lost[40]).toMatchObject({ changed: true, previous_regime: 'TRENDING', adx: null });
    expect(filled.slice(40).every((update) => update.regime_detail === 'TREND_UP')).toBe(true);
  });

  test('a thin book makes a market ILLIQUID at once', () => {
    const book = MarketBookTop.create(
      { symbol: 'BTCUSDT', bid: 100, ask: 100.2, bid_size: 1, ask_size: 1, depth_5bps_usd: 49_999 },
      { timestamp: START_US + 50 * MINUTE_US },
    );

    const details = updates([...rising.slice(0, 50), book, ...rising.slice(50)]).map((update) => update.regime_detail);

    expect(details[49]).toBe('TREND_UP');
    expect(details[50]).toBe('ILLIQUID');
  });

  test('daily volume counts only when a day is known: all of it for a daily bar', () => {
    const spread = MarketBookTop.create(
      { symbol: 'BTCUSDT', bid: 100, ask: 100.2, bid_size: 1, ask_size: 1 },
      { timestamp: START_US + 50 * MINUTE_US },
    );
    const thin = rising.map((input, i) => candleAt(i, { ...(input.payload as { close: number }), volume: 1 }));

    const minutes = updates([...thin.slice(0, 50), spread, ...thin.slice(50)]);

    expect(minutes.at(50)?.regime_detail).toBe('TREND_UP');
    const daily = thin.map((input) => ({ ...input, payload: { ...input.payload, timeframe: '1d' } }));
    expect(updates([...daily.slice(0, 50), spread, ...daily.slice(50)], { timeframe: '1d' }).at(50)?.regime_detail).toBe('ILLIQUID');
  });

  test('where a book is required, none or an old one means UNKNOWN', () => {
    const book = MarketBookTop.create(
      { symbol: 'BTCUSDT', bid: 100, ask: 100.01, bid_size: 1, ask_size: 1, depth_5bps_usd: 1e6 },
      { timestamp: START_US + 30 * MINUTE_US },
    );

    const blind = updates(rising, { requiresBook: true });
    const seeing = updates([...rising.slice(0, 30), book, ...rising.slice(30)], { requiresBook: true, bookAgeSecondsMax: 600 });

    expect(new Set(blind.map((update) => update.regime_detail))).toEqual(new Set(['UNKNOWN']));
    expect(seeing[35]?.regime_detail).toBe('TREND_UP');
    expect(seeing[45]?.regime_detail).toBe('UNKNOWN');
  });

  test('keeps symbols apart', () => {
    const other = rising.map((input, i) => candleAt(i, { ...(input.payload as { close: number }), symbol: 'ETHUSDT' }));

    const mixed = updates(rising.flatMap((input, i) => [input, other[i] as EventInput]));

    expect(mixed.filter((update) => update.symbol === 'BTCUSDT')).toEqual(updates(rising));
  });

  test('reports a volatility spike with its level', () => {
    const calm = wanderingCandles('calm', 300, { swing: 0.0005 });
    const { close: last } = calm.at(-1)!.payload as { close: number };
    const storm = Array.from({ length: 25 }, (_, i) => candleAt(300 + i, { close: last * (i % 2 === 0 ? 1.02 : 1) }));
    const state = createRegimeState();

    const spikes = [...calm, ...storm]
      .flatMap((input) => step(state, toEvent(input)))
      .filter((out) => out.type === RegimeVolatilitySpike.type);

    expect(spikes.length).toBeGreaterThan(0);
    expect(spikes.at(-1)?.payload).toMatchObject({ symbol: 'BTCUSDT', level: 3 });
  });
});

test('options out of range are refused by name', () => {
  for (const options of [
    { period: 1 },
    { adxLeave: 30 },
    { atrPctHigh: 1 },
    { volatilityPeriods: [50, 20] as const },
    { confirmCandles: 0 },
  ]) {
    expect(() => resolveRegimeOptions(options)).toThrow(expect.toSatisfy((error: unknown) => hasCode(error, 'QT_OPTION_INVALID')));
  }
});

test('the component names its group and its inputs', () => {
  const component = regimeComponent({ timeframe: '1d', periodsPerYear: 252 });

  expect(component).toMatchObject({ name: 'regime_detector', owner: 'symbol', broadcast: [] });
  expect(component.patterns).toContain('market.candle.new');
  expect(structuredClone(component.options)).toEqual(component.options);
});
