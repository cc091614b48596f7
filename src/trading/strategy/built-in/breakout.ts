import { Donchian, Sma, type Band } from '../../../quant/index.ts';
import { strategyKind, toStrength } from '../strategy.ts';

/** Breakout: the first close beyond the channel of the bars before it. More volume than usual makes it stronger. */
export const breakout = strategyKind({
  parameters: {
    period: { default: 20, min: 2, max: 400, integer: true, description: 'bars of the channel and of the usual volume' },
  },
  create: ({ period }) => {
    const channel = new Donchian(period);
    const volumes = new Sma(period);
    let before: Band | null = null;
    let wasOutside = '';
    return {
      warmupBars: period + 1,
      update(bar) {
        const band = before;
        before = channel.update(bar.high, bar.low);
        const usual = volumes.update(bar.volume);
        if (band === null || usual === null) return null;
        const outside = bar.close > band.upper ? 'LONG' : bar.close < band.lower ? 'SHORT' : '';
        const isNew = outside !== wasOutside;
        wasOutside = outside;
        if (outside === '' || !isNew) return null;
        const push = usual > 0 ? bar.volume / usual : 0;
        return {
          direction: outside,
          type: 'BREAKOUT',
          strength: toStrength(5 + 2 * push),
          reason: `close ${outside === 'LONG' ? 'above the high' : 'below the low'} of ${period} bars`,
          facts: { upper: band.upper, lower: band.lower, volume_ratio: push },
        };
      },
    };
  },
});
