import { Rsi } from '../../../quant/index.ts';
import { strategyKind, toStrength } from '../strategy.ts';

/** Mean reversion: the index comes back from an extreme. The further it had gone, the stronger the signal. */
export const rsi = strategyKind({
  parameters: {
    period: { default: 14, min: 2, max: 200, integer: true, description: 'bars of the index' },
    oversold: { default: 30, min: 1, max: 49, description: 'index that must be passed upward to buy' },
    overbought: { default: 70, min: 51, max: 99, description: 'index that must be passed downward to sell' },
  },
  create: ({ period, oversold, overbought }) => {
    const index = new Rsi(period);
    let before: number | null = null;
    let extreme = 0;
    return {
      warmupBars: period + 2,
      update(bar) {
        const previous = before;
        const value = index.update(bar.close);
        before = value;
        if (previous === null || value === null) return null;
        if (previous < oversold) extreme = Math.max(extreme, oversold - previous);
        else if (previous > overbought) extreme = Math.max(extreme, previous - overbought);
        else extreme = 0;
        const isLong = previous < oversold && value >= oversold;
        const isShort = previous > overbought && value <= overbought;
        if (!isLong && !isShort) return null;
        return {
          direction: isLong ? 'LONG' : 'SHORT',
          type: 'MEAN_REVERSION',
          strength: toStrength(6 + extreme / 5),
          reason: `RSI ${isLong ? `back above ${oversold}` : `back below ${overbought}`}`,
          facts: { rsi: value, extreme },
        };
      },
    };
  },
});
