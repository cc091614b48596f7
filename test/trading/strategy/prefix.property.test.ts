import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventInput } from '../../../src/event/index.ts';
import { createStrategyState, step } from '../../../src/trading/strategy/index.ts';
import { toEvent, wanderingCandles } from '../../support/chain.ts';

const KINDS = ['trend', 'rsi', 'macd', 'bollinger', 'ema_cross', 'breakout'];

function run(candles: readonly EventInput[]): string[] {
  const state = createStrategyState({ strategies: KINDS.map((kind) => ({ kind })) });
  return candles.flatMap((candle, i) => step(state, toEvent(candle)).map((out) => `${i} ${JSON.stringify(out)}`));
}

test('what strategies propose up to a candle does not change when later candles do', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.integer({ min: 1, max: 400 }), (name, other, cut) => {
      const past = wanderingCandles(`a${name}`, cut, { drift: 0.0003 });
      const future = wanderingCandles(`a${name}`, 420, { drift: 0.0003 }).slice(cut);
      const elsewhere = wanderingCandles(`b${other}`, 420, { drift: -0.001, swing: 0.01 }).slice(cut);
      const upTo = (lines: string[]): string[] => lines.filter((line) => Number.parseInt(line, 10) < cut);

      const alone = run(past);

      expect(upTo(run([...past, ...future]))).toEqual(alone);
      expect(upTo(run([...past, ...elsewhere]))).toEqual(alone);
    }),
    { numRuns: 20 },
  );
});

test('the wandering market makes them propose at all', () => {
  const lines = run(wanderingCandles('anything', 420, { drift: 0.0003 }));

  expect(lines.filter((line) => line.includes('signal.candidate.new')).length).toBeGreaterThan(10);
});
