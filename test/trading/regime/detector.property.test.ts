import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RegimeClassificationUpdate, type RegimeClassificationUpdatePayload } from '../../../src/model/index.ts';
import { createRegimeState, step } from '../../../src/trading/regime/index.ts';
import { candleAt, toEvent } from '../../support/chain.ts';

type Step = readonly [move: number, reach: number];

/** Stretches of calm, trend and storm, so that every class appears. */
const markets = fc
  .array(
    fc.record({
      count: fc.integer({ min: 1, max: 25 }),
      drift: fc.constantFrom(-80, -20, 0, 0, 20, 80),
      noise: fc.constantFrom(5, 40, 700),
      seed: fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 25, maxLength: 25 }),
    }),
    { minLength: 3, maxLength: 10 },
  )
  .map((stretches): Step[] =>
    stretches.flatMap(({ count, drift, noise, seed }) =>
      seed.slice(0, count).map((value): Step => [drift + (noise * value) / 100, Math.abs((noise * value) / 100)]),
    ),
  );

function classify(steps: readonly Step[]): RegimeClassificationUpdatePayload[] {
  const state = createRegimeState();
  let close = 10_000;
  return steps.flatMap(([move, reach], i) => {
    const open = close;
    close = Math.max(100, close + move);
    const candle = candleAt(i, { open, close, high: Math.max(open, close) + reach, low: Math.max(1, Math.min(open, close) - reach) });
    return step(state, toEvent(candle))
      .filter((out) => out.type === RegimeClassificationUpdate.type)
      .map((out) => out.payload as RegimeClassificationUpdatePayload);
  });
}

test('changed never flaps: a regime that was left is back after three candles at the earliest, alarms apart', () => {
  fc.assert(
    fc.property(markets, (steps) => {
      const updates = classify(steps);

      const changes = updates.flatMap((update, i) => (update.changed ? [{ ...update, i }] : []));
      for (const [n, change] of changes.entries()) {
        const before = changes[n - 1];
        const isAlarm = change.regime_detail === 'HIGH_VOLATILITY' || change.regime_detail === 'ILLIQUID';
        if (before === undefined || isAlarm) continue;
        expect(change.i - before.i, `candle ${change.i}`).toBeGreaterThanOrEqual(3);
      }
    }),
    { numRuns: 200 },
  );
});

test('what is said of the first candles does not depend on the later ones', () => {
  fc.assert(
    fc.property(markets, fc.nat(), (steps, cut) => {
      const length = cut % steps.length;

      const whole = classify(steps).slice(0, length);

      expect(classify(steps.slice(0, length))).toEqual(whole);
    }),
    { numRuns: 50 },
  );
});
