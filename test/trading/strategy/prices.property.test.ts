import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toPrices } from '../../../src/trading/strategy/prices.ts';

const rules = { stopAtrMultiple: 2, stopPctMax: 3, targetR: 2 };

test('a long stop is two ATR below, a short one two ATR above, and the target twice as far on the other side', () => {
  expect(toPrices('LONG', 100, 1, rules)).toEqual({ entry: 100, stop: 98, target: 104, expectedMovePct: 4 });
  expect(toPrices('SHORT', 100, 1, rules)).toEqual({ entry: 100, stop: 102, target: 96, expectedMovePct: 4 });
});

test('a wild market gets a stop of 3 %, not of two ATR', () => {
  expect(toPrices('LONG', 100, 50, rules)).toMatchObject({ stop: 97, target: 106 });
});

test('a stop with one digit more before the point than its entry is not rounded past the limit', () => {
  const stop = toPrices('SHORT', 98.76543222, 50, rules)?.stop ?? Infinity;

  expect(stop).toBeGreaterThan(101.72);
  expect((stop - 98.76543222) / 98.76543222).toBeLessThanOrEqual(0.03);
});

test('the stop is on the losing side, never beyond the limit in any rounding, and prices are short on the wire', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('LONG', 'SHORT'),
      fc.double({ min: 1e-4, max: 1e6, noNaN: true }).map((value) => Number(value.toPrecision(9))),
      fc.double({ min: 1e-4, max: 0.5, noNaN: true }),
      (direction, entry, atrShare) => {
        const prices = toPrices(direction, entry, entry * atrShare, rules);

        if (prices === null) throw new Error('no prices');
        const sign = direction === 'LONG' ? 1 : -1;
        expect((prices.entry - prices.stop) * sign).toBeGreaterThan(0);
        expect((prices.target - prices.entry) * sign).toBeGreaterThan(0);
        expect(Math.abs(entry - prices.stop) / entry).toBeLessThanOrEqual(0.03);
        expect(Number(prices.stop.toPrecision(15))).toBe(prices.stop);
        expect(Number(prices.target.toPrecision(15))).toBe(prices.target);
      },
    ),
    { numRuns: 2_000 },
  );
});
