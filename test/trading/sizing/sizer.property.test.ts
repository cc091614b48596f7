import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SizingMethod } from '../../../src/trading/sizing/index.ts';
import { Desk } from './desk.ts';

const cents = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: min * 100, max: max * 100 }).map((value) => value / 100);

const cases = fc.record({
  equity: cents(100, 1_000_000),
  entry: cents(1, 50_000),
  distance: fc.integer({ min: 1, max: 300 }).map((bp) => bp / 10_000),
  long: fc.boolean(),
  fee: fc.integer({ min: 0, max: 50 }).map((bp) => bp / 10_000),
  maxSize: cents(0.01, 10_000),
  drawdown: fc.integer({ min: 0, max: 100 }).map((value) => value / 1_000),
  streak: fc.integer({ min: 0, max: 7 }),
  caps: fc.constantFrom('on' as const, 'off' as const),
  method: fc.constantFrom<SizingMethod>('fixed_risk', 'kelly'),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

/** The size of a case, 0 for none. */
function sizeOf({ equity, entry, distance, long, fee, maxSize, drawdown, streak, caps, method }: Case): { size: number; loss: number } {
  const desk = new Desk({ feeRatio: fee, caps, method });
  desk.status({ equity_usd: equity, drawdown_from_hwm: drawdown, loss_streak: streak });
  const stop_loss = entry * (long ? 1 - distance : 1 + distance);
  const size = desk.size({ entry_price: entry, stop_loss, direction: long ? 'LONG' : 'SHORT', max_size: maxSize });
  return { size: typeof size === 'number' ? size : 0, loss: Math.abs(entry - stop_loss) + fee * (entry + stop_loss) };
}

test('the risk taken is never above the risk allowed, nor the size above max_size', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const { size, loss } = sizeOf(one);

      expect(size).toBeLessThanOrEqual(one.maxSize);
      expect(size * loss).toBeLessThanOrEqual(one.equity * 0.01 * (1 + 1e-9));
    }),
    { numRuns: 500 },
  );
});

test('more equity never gives a smaller size, without the brackets of the margin caps', () => {
  fc.assert(
    fc.property(cases, cents(0.01, 100_000), (one, more) => {
      const calm = { ...one, caps: 'off' as const };

      expect(sizeOf({ ...calm, equity: one.equity + more }).size).toBeGreaterThanOrEqual(sizeOf(calm).size);
    }),
    { numRuns: 300 },
  );
});

test('a wider stop never gives a larger size', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 300 }), (one, wider) => {
      const long = { ...one, long: true, fee: 0 };

      expect(sizeOf({ ...long, distance: one.distance + wider / 10_000 }).size).toBeLessThanOrEqual(sizeOf(long).size);
    }),
    { numRuns: 300 },
  );
});
