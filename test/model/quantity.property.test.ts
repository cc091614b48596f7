import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareShare,
  createInstrument,
  floorSize,
  fromMicros,
  fromSteps,
  fromTicks,
  notionalMicros,
  roundCharge,
  roundLimit,
  roundPrice,
  roundStop,
  toMicros,
  toSteps,
  toTicks,
} from '../../src/model/index.ts';

const grids = fc.constantFrom(1e-8, 0.0001, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 75);
const counts = fc.integer({ min: 1, max: 1_000_000_000 });
const values = fc.double({ min: 1e-3, max: 1e7, noNaN: true });

describe('prices and sizes on their grid', () => {
  test('decode what they encode', () => {
    fc.assert(
      fc.property(grids, counts, (grid, count) => {
        expect(toTicks(fromTicks(count, { tick: grid }), { tick: grid })).toBe(count);
        expect(toSteps(fromSteps(count, { step: grid }), { step: grid })).toBe(count);
      }),
    );
  });

  test('survive the wire unchanged', () => {
    fc.assert(
      fc.property(grids, counts, (grid, count) => {
        const price = fromTicks(count, { tick: grid });
        expect(JSON.parse(JSON.stringify(price))).toBe(price);
        expect(
          String(price)
            .replace(/e.*|[.-]/g, '')
            .replace(/^0+/, '').length,
        ).toBeLessThanOrEqual(15);
      }),
    );
  });

  test('refuse a value off the grid by more than a billionth', () => {
    expect(() => toTicks(100.013, { tick: 0.01 })).toThrow(expect.objectContaining({ code: 'QT_MODEL_OFF_GRID' }));
    expect(toTicks(100.01 * (1 + 5e-10), { tick: 0.01 })).toBe(10_001);
    expect(() => toTicks(100.01 * (1 + 2e-9), { tick: 0.01 })).toThrow(expect.objectContaining({ code: 'QT_MODEL_OFF_GRID' }));
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300])('refuse %d', (value) => {
    expect(() => toTicks(value, { tick: 0.01 })).toThrow(expect.objectContaining({ code: 'QT_MODEL_OUT_OF_RANGE' }));
  });

  test('sum up to the whole exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 200 }), (parts) => {
        const step = { step: 0.001 };
        const whole = parts.reduce((sum, part) => sum + part, 0);
        const decoded = parts.map((part) => toSteps(fromSteps(part, step), step));
        expect(decoded.reduce((sum, part) => sum + part, 0)).toBe(whole);
      }),
    );
  });
});

describe('rounding', () => {
  test('never raises an entry size, and loses less than a step', () => {
    fc.assert(
      fc.property(grids, values, (step, size) => {
        const rounded = floorSize(size, { step });
        expect(rounded).toBeLessThanOrEqual(size * (1 + 1e-14));
        expect(size - rounded).toBeLessThan(step * (1 + 1e-6) + size * 1e-14);
      }),
    );
  });

  test('keeps a size that is on the grid, whatever the division says', () => {
    expect(floorSize(0.3, { step: 0.1 })).toBe(0.3);
    expect(floorSize(0.1 + 0.2, { step: 0.1 })).toBe(0.3);
    expect(floorSize(31.279_324, { step: 0.01 })).toBe(31.27);
    expect(floorSize(0.009, { step: 0.01 })).toBe(0);
  });

  test('moves a stop only toward the market', () => {
    fc.assert(
      fc.property(grids, values, (tick, stop) => {
        expect(roundStop(stop, 'LONG', { tick })).toBeGreaterThanOrEqual(stop * (1 - 1e-14));
        expect(roundStop(stop, 'SHORT', { tick })).toBeLessThanOrEqual(stop * (1 + 1e-14));
      }),
    );
  });

  test('never makes a limit price worse than asked', () => {
    fc.assert(
      fc.property(grids, values, (tick, price) => {
        expect(roundLimit(price, 'BUY', { tick })).toBeLessThanOrEqual(price * (1 + 1e-14));
        expect(roundLimit(price, 'SELL', { tick })).toBeGreaterThanOrEqual(price * (1 - 1e-14));
      }),
    );
  });

  test('puts a price on the nearest tick, ties to the even one', () => {
    expect(roundPrice(100.124_9, { tick: 0.01 })).toBe(100.12);
    expect(roundPrice(0.125, { tick: 0.01 })).toBe(0.12);
    expect(roundPrice(0.135, { tick: 0.01 })).toBe(0.14);
  });

  test('rounds charges half up to the minor unit', () => {
    expect(roundCharge(1.005)).toBe(1.01);
    expect(roundCharge(57.0649)).toBe(57.06);
    expect(roundCharge(3.493_125)).toBe(3.49);
  });
});

describe('money in micro-units', () => {
  test('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e15, max: 1e15 }), (micros) => {
        expect(toMicros(fromMicros(micros))).toBe(micros);
      }),
    );
  });

  test('rounds half to even and has no negative zero', () => {
    expect(toMicros(0.000_000_5)).toBe(0);
    expect(toMicros(0.000_001_5)).toBe(2);
    expect(toMicros(-0.000_000_5)).toBe(0);
    expect(toMicros(0.1 + 0.2)).toBe(300_000);
  });

  test('values a position exactly where doubles would not', () => {
    const instrument = createInstrument({ symbol: 'X', tick: 1e-8, step: 1e-8 });

    expect(notionalMicros(4_312_050_000_001, 100_000_001, instrument)).toBe(Number((4_312_050_000_001n * 100_000_001n) / 10n ** 10n));
    expect(notionalMicros(4_312_050, 20, createInstrument({ symbol: 'BTCUSDT', step: 0.001 }))).toBe(862_410_000);
    expect(notionalMicros(2_400_000, 2, createInstrument({ symbol: 'NIFTY', step: 75, multiplier: 0.5 }))).toBe(1_800_000_000_000);
  });

  test('agrees with plain arithmetic and adds up', () => {
    const instrument = createInstrument({ symbol: 'X', tick: 0.01, step: 0.001 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e7 }),
        fc.integer({ min: 1, max: 1e5 }),
        fc.integer({ min: 1, max: 1e5 }),
        (ticks, one, two) => {
          const parts = notionalMicros(ticks, one, instrument) + notionalMicros(ticks, two, instrument);
          expect(parts).toBe(notionalMicros(ticks, one + two, instrument));
          expect(notionalMicros(ticks, -one, instrument)).toBe(-notionalMicros(ticks, one, instrument));
        },
      ),
    );
  });

  test('refuses what an integer cannot hold', () => {
    expect(() => toMicros(1e10)).toThrow(expect.objectContaining({ code: 'QT_MODEL_OUT_OF_RANGE' }));
    expect(() => notionalMicros(1e12, 1e12, createInstrument({ symbol: 'X' }))).toThrow(
      expect.objectContaining({ code: 'QT_MODEL_OUT_OF_RANGE' }),
    );
  });
});

describe('compareShare', () => {
  test('takes exactly -5 % as a hit', () => {
    expect(compareShare(toMicros(-500), toMicros(10_000), -0.05)).toBe(0);
    expect(compareShare(toMicros(-499.999_999), toMicros(10_000), -0.05)).toBe(1);
    expect(compareShare(toMicros(-500.000_001), toMicros(10_000), -0.05)).toBe(-1);
  });

  test('is not moved by the noise of adding', () => {
    expect(compareShare(toMicros(0.1 + 0.2), toMicros(1), 0.3)).toBe(0);
  });
});
