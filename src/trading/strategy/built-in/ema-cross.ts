import { invalidOption } from '../../../base/index.ts';
import { Ema } from '../../../quant/index.ts';
import { strategyKind, toStrength } from '../strategy.ts';

/** Trend following: the fast average crosses the slow one. */
export const emaCross = strategyKind({
  parameters: {
    fast: { default: 9, min: 1, max: 199, integer: true, description: 'period of the fast average, bars' },
    slow: { default: 21, min: 2, max: 400, integer: true, description: 'period of the slow average, bars' },
  },
  create: ({ fast, slow }) => {
    if (fast >= slow) throw invalidOption('fast', fast, `less than slow, which is ${slow}`);
    const quick = new Ema(fast);
    const lazy = new Ema(slow);
    let before: number | null = null;
    return {
      warmupBars: slow + 1,
      update(bar) {
        const previous = before;
        const upper = quick.update(bar.close);
        const lower = lazy.update(bar.close);
        before = upper === null || lower === null ? null : upper - lower;
        if (previous === null || before === null || upper === null || lower === null) return null;
        const isLong = previous <= 0 && before > 0;
        const isShort = previous >= 0 && before < 0;
        if (!isLong && !isShort) return null;
        const lift = bar.atr !== null && bar.atr > 0 ? Math.abs(bar.close - lower) / bar.atr : 0;
        return {
          direction: isLong ? 'LONG' : 'SHORT',
          type: 'TREND_FOLLOW',
          strength: toStrength(5 + lift),
          reason: `average of ${fast} crosses ${isLong ? 'above' : 'below'} that of ${slow} bars`,
          facts: { fast: upper, slow: lower },
        };
      },
    };
  },
});
