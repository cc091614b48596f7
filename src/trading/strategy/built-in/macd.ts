import { Macd } from '../../../quant/index.ts';
import { strategyKind, toStrength } from '../strategy.ts';

/** Trend following: the line crosses its own average. */
export const macd = strategyKind({
  parameters: {
    fast: { default: 12, min: 1, max: 199, integer: true, description: 'period of the fast average, bars' },
    slow: { default: 26, min: 2, max: 400, integer: true, description: 'period of the slow average, bars' },
    signal: { default: 9, min: 1, max: 200, integer: true, description: 'period of the average of the line, bars' },
  },
  create: ({ fast, slow, signal }) => {
    const line = new Macd(fast, slow, signal);
    let before: number | null = null;
    return {
      warmupBars: slow + signal,
      update(bar) {
        const previous = before;
        const value = line.update(bar.close);
        before = value?.histogram ?? null;
        if (previous === null || value === null) return null;
        const isLong = previous <= 0 && value.histogram > 0;
        const isShort = previous >= 0 && value.histogram < 0;
        if (!isLong && !isShort) return null;
        const lift = bar.atr !== null && bar.atr > 0 ? Math.abs(value.macd) / bar.atr : 0;
        return {
          direction: isLong ? 'LONG' : 'SHORT',
          type: 'TREND_FOLLOW',
          strength: toStrength(6 + 2 * lift),
          reason: `MACD crosses ${isLong ? 'above' : 'below'} its signal line`,
          facts: { macd: value.macd, signal: value.signal },
        };
      },
    };
  },
});
