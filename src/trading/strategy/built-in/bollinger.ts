import { Bollinger, type Band } from '../../../quant/index.ts';
import { strategyKind, toStrength } from '../strategy.ts';

/** Mean reversion: the close returns inside the bands (population deviations). */
export const bollinger = strategyKind({
  parameters: {
    period: { default: 20, min: 2, max: 400, integer: true, description: 'bars of the mean and the deviation' },
    width: { default: 2, min: 0.1, max: 10, description: 'deviations between the mean and a band' },
  },
  create: ({ period, width }) => {
    const bands = new Bollinger(period, width);
    let before: { readonly band: Band; readonly close: number } | null = null;
    return {
      warmupBars: period + 1,
      update(bar) {
        const previous = before;
        const band = bands.update(bar.close);
        before = band === null ? null : { band, close: bar.close };
        if (previous === null || band === null) return null;
        const isLong = previous.close < previous.band.lower && bar.close >= band.lower;
        const isShort = previous.close > previous.band.upper && bar.close <= band.upper;
        if (!isLong && !isShort) return null;
        const reach = band.upper - band.middle;
        const room = reach > 0 ? Math.abs(band.middle - bar.close) / reach : 0;
        return {
          direction: isLong ? 'LONG' : 'SHORT',
          type: 'MEAN_REVERSION',
          strength: toStrength(5 + 3 * room),
          reason: `close back inside the ${isLong ? 'lower' : 'upper'} band`,
          facts: { upper: band.upper, middle: band.middle, lower: band.lower },
        };
      },
    };
  },
});
