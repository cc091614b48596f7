import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as talib from 'talib-web';
import * as signals from 'trading-signals';
import { beforeAll, describe, expect, test } from 'vitest';
import { hasCode } from '../../src/base/index.ts';
import { Adx, Atr, Bollinger, Donchian, Ema, Macd, RollingDeviation, Rsi, Sma } from '../../src/quant/index.ts';
import { TrueRange } from '../../src/quant/directional.ts';
import { generateBars } from './bars.ts';

const bars = generateBars('indicators', 500);
const high = bars.map((bar) => bar.high);
const low = bars.map((bar) => bar.low);
const close = bars.map((bar) => bar.close);

/** TA-Lib puts the value of bar i at i - lookback and pads the end. */
function expectSame(ours: readonly (number | null)[], theirs: ArrayLike<number>, lookback: number, from = lookback): void {
  for (let i = from; i < ours.length; i++) {
    const want = theirs[i - lookback] as number;
    expect(ours[i], `bar ${i}`).not.toBeNull();
    expect(Math.abs((ours[i] ?? NaN) - want), `bar ${i}`).toBeLessThan(1e-7 * Math.max(1, Math.abs(want)));
  }
}

beforeAll(async () => {
  const wasm = createRequire(import.meta.url)
    .resolve('talib-web')
    .replace(/[^/\\]+$/, 'talib.wasm');
  await talib.init(`data:application/wasm;base64,${readFileSync(wasm).toString('base64')}`);
});

describe('against TA-Lib over 500 bars', () => {
  test('Sma agrees from its first value, which is at bar n', () => {
    const sma = new Sma(20);

    const ours = close.map((value) => sma.update(value));

    expect(ours.findIndex((value) => value !== null)).toBe(19);
    expectSame(ours, talib.SMA({ inReal: close, timePeriod: 20 }).output, 19);
  });

  test('Ema agrees from its first value, seeded by the simple mean', () => {
    const ema = new Ema(20);

    const ours = close.map((value) => ema.update(value));

    expect(ours.findIndex((value) => value !== null)).toBe(19);
    expectSame(ours, talib.EMA({ inReal: close, timePeriod: 20 }).output, 19);
  });

  test('Rsi agrees from its first value', () => {
    const rsi = new Rsi(14);

    const ours = close.map((value) => rsi.update(value));

    expect(ours.findIndex((value) => value !== null)).toBe(14);
    expectSame(ours, talib.RSI({ inReal: close, timePeriod: 14 }).output, 14);
  });

  test('Macd agrees in line, signal and histogram from its first value', () => {
    const macd = new Macd(12, 26, 9);

    const ours = close.map((value) => macd.update(value));
    const theirs = talib.MACD({ inReal: close, fastPeriod: 12, slowPeriod: 26, signalPeriod: 9 });

    expect(ours.findIndex((value) => value !== null)).toBe(33);
    expectSame(
      ours.map((value) => value?.macd ?? null),
      theirs.MACD,
      33,
    );
    expectSame(
      ours.map((value) => value?.signal ?? null),
      theirs.MACDSignal,
      33,
    );
    expectSame(
      ours.map((value) => value?.histogram ?? null),
      theirs.MACDHist,
      33,
    );
  });

  test('Donchian agrees with the highest high and the lowest low', () => {
    const donchian = new Donchian(20);

    const ours = bars.map((bar) => donchian.update(bar.high, bar.low));

    expectSame(
      ours.map((band) => band?.upper ?? null),
      talib.MAX({ inReal: high, timePeriod: 20 }).output,
      19,
    );
    expectSame(
      ours.map((band) => band?.lower ?? null),
      talib.MIN({ inReal: low, timePeriod: 20 }).output,
      19,
    );
  });

  test('Atr agrees from its first value when TA-Lib is given a bar before the first, so that it counts the first range too', () => {
    const atr = new Atr(14);
    const before = ((high[0] as number) + (low[0] as number)) / 2;

    const ours = bars.map((bar) => atr.update(bar.high, bar.low, bar.close));
    const theirs = talib.ATR({ high: [before, ...high], low: [before, ...low], close: [before, ...close], timePeriod: 14 });

    expect(ours.findIndex((value) => value !== null)).toBe(13);
    expectSame(ours, theirs.output, 13);
  });

  test('Adx and both directional indicators agree once the seeds have decayed', () => {
    const adx = new Adx(14);

    const ours = bars.map((bar) => adx.update(bar.high, bar.low, bar.close));

    const input = { high, low, close, timePeriod: 14 };
    expectSame(
      ours.map((value) => value?.plusDi ?? null),
      talib.PLUS_DI(input).output,
      14,
      400,
    );
    expectSame(
      ours.map((value) => value?.minusDi ?? null),
      talib.MINUS_DI(input).output,
      14,
      400,
    );
    expectSame(
      ours.map((value) => value?.adx ?? null),
      talib.ADX(input).output,
      27,
      420,
    );
  });
});

describe('against trading-signals over 500 bars', () => {
  test('Rsi, Macd, Atr and Adx end at the same values', () => {
    const mine = { rsi: new Rsi(14), macd: new Macd(12, 26, 9), atr: new Atr(14), adx: new Adx(14) };
    const theirs = {
      rsi: new signals.RSI(14),
      macd: new signals.MACD(new signals.EMA(12), new signals.EMA(26), new signals.EMA(9)),
      atr: new signals.ATR(14),
      adx: new signals.ADX(14),
    };

    const ours = bars.map((bar) => ({
      rsi: mine.rsi.update(bar.close),
      macd: mine.macd.update(bar.close),
      atr: mine.atr.update(bar.high, bar.low, bar.close),
      adx: mine.adx.update(bar.high, bar.low, bar.close),
    }));
    for (const bar of bars) {
      theirs.rsi.update(bar.close, false);
      theirs.macd.update(bar.close, false);
      theirs.atr.update(bar, false);
      theirs.adx.update(bar, false);
    }

    const last = ours.at(-1);
    expect(last?.rsi).toBeCloseTo(theirs.rsi.getResultOrThrow(), 7);
    expect(last?.macd?.macd).toBeCloseTo(theirs.macd.getResultOrThrow().macd, 7);
    expect(last?.atr).toBeCloseTo(theirs.atr.getResultOrThrow(), 7);
    expect(last?.adx?.adx).toBeCloseTo(theirs.adx.getResultOrThrow(), 7);
  });

  // Not against talib-web: its STDDEV, and the bands built on it, are wrong from the twentieth value on.
  test('Bollinger and RollingDeviation agree with population deviations at every bar', () => {
    const bollinger = new Bollinger(20, 2);
    const deviation = new RollingDeviation(20, 0);
    const theirs = new signals.BollingerBands(20, 2);

    for (const [i, value] of close.entries()) {
      const ours = bollinger.update(value);
      const sigma = deviation.update(value);
      const expected = theirs.update(value, false);
      if (ours === null || sigma === null || expected === null) {
        expect([ours, sigma, expected], `bar ${i}`).toEqual([null, null, null]);
        continue;
      }
      expect(ours.upper, `bar ${i}`).toBeCloseTo(expected.upper, 7);
      expect(ours.middle, `bar ${i}`).toBeCloseTo(expected.middle, 7);
      expect(ours.lower, `bar ${i}`).toBeCloseTo(expected.lower, 7);
      expect(4 * sigma, `bar ${i}`).toBeCloseTo(expected.upper - expected.lower, 7);
    }
  });
});

describe('by hand', () => {
  const w14 = [
    [10, 8, 9],
    [11, 9, 10.5],
    [12, 10, 11],
    [11.5, 10.5, 11.2],
    [13, 11, 12.5],
  ] as const;

  test('Atr includes the first range and then smooths as Wilder does (W14)', () => {
    const range = new TrueRange();
    const atr = new Atr(3);

    const ranges = w14.map(([h, l, c]) => range.update(h, l, c));
    const averages = w14.map(([h, l, c]) => atr.update(h, l, c));

    expect(ranges).toEqual([2, 2, 2, 1, 2]);
    expect(averages.slice(0, 3)).toEqual([null, null, 2]);
    expect(averages[3]).toBeCloseTo(1.666667, 6);
    expect(averages[4]).toBeCloseTo(1.777778, 6);
  });

  test('Adx has its first value after 2n - 1 bars', () => {
    const adx = new Adx(14);

    const ours = bars.map((bar) => adx.update(bar.high, bar.low, bar.close)?.adx ?? null);

    expect(ours.findIndex((value) => value !== null)).toBe(26);
  });

  test('a market that stands still has ADX 0 and RSI 50, never NaN', () => {
    const adx = new Adx(3);
    const rsi = new Rsi(3);

    const directions = Array.from({ length: 10 }, () => adx.update(5, 5, 5));
    const strengths = Array.from({ length: 10 }, () => rsi.update(5));

    expect(directions.at(-1)).toEqual({ plusDi: 0, minusDi: 0, adx: 0 });
    expect(strengths.at(-1)).toBe(50);
  });

  test('bars that reach as far up as down have no direction, also where a double cannot hold the prices', () => {
    const adx = new Adx(3);

    const directions = Array.from({ length: 12 }, (_, i) => adx.update((5_000 + 10 * i) * 0.01, (4_990 - 10 * i) * 0.01, 49.95));

    expect(directions.at(-1)).toEqual({ plusDi: 0, minusDi: 0, adx: 0 });
  });

  test.each([0, -1, 1.5, Number.NaN])('a period of %s is refused by name', (period) => {
    for (const create of [() => new Sma(period), () => new Ema(period), () => new Atr(period), () => new Adx(period)]) {
      expect(create).toThrow(expect.toSatisfy((error: unknown) => hasCode(error, 'QT_OPTION_INVALID')));
    }
  });

  test('Macd refuses a fast period that is not shorter than the slow one', () => {
    expect(() => new Macd(26, 26, 9)).toThrow(/fast/);
  });
});
