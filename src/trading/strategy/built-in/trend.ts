import { Adx, Donchian, Ema, type Band } from '../../../quant/index.ts';
import { strategyKind, toStrength, type Bar, type MarketView, type Proposal } from '../strategy.ts';

/**
 * Trend following, long and short: a close beyond the channel of the bars before it, on the right side of a slow
 * average that leans the same way, while the market moves with direction and not wildly. A trend that goes on may be
 * joined again after some bars.
 *
 * @see Donchian's channel rule; Wilder 1978 for ADX
 */
export const trend = strategyKind({
  parameters: {
    channelBars: { default: 20, min: 2, max: 400, integer: true, description: 'bars whose high or low must be passed' },
    filterBars: { default: 200, min: 2, max: 400, integer: true, description: 'period of the slow exponential average, bars' },
    slopeBars: { default: 10, min: 1, max: 100, integer: true, description: 'bars over which the slow average must lean the same way' },
    adxMin: { default: 15, min: 0, max: 100, description: 'ADX below which there is no direction to follow' },
    atrPctMax: { default: 4, min: 0.01, max: 100, description: 'ATR in percent of the close above which the market is too wild' },
    restBars: { default: 5, min: 0, max: 400, integer: true, description: 'bars between two proposals in the same direction' },
  },
  create: (parameters) => {
    const { channelBars, filterBars, slopeBars, adxMin, atrPctMax, restBars } = parameters;
    const channel = new Donchian(channelBars);
    const filter = new Ema(filterBars);
    const adx = new Adx(14);
    const slope: number[] = [];
    let before: Band | null = null;
    let last = { direction: '', bar: -Infinity };
    let count = 0;

    const propose = (bar: Bar, band: Band, average: number, leaning: number, strength: number): Proposal | null => {
      const isLong = bar.close > band.upper && bar.close > average && leaning > 0;
      const isShort = bar.close < band.lower && bar.close < average && leaning < 0;
      if (!isLong && !isShort) return null;
      const direction = isLong ? 'LONG' : 'SHORT';
      if (last.direction === direction && count - last.bar <= restBars) return null;
      last = { direction, bar: count };
      const level = isLong ? band.upper : band.lower;
      return {
        direction,
        type: 'TREND_FOLLOW',
        strength: toStrength(5 + strength / 10),
        reason: `close ${isLong ? 'above the high' : 'below the low'} of ${channelBars} bars, with the slow average`,
        facts: { level, average, adx: strength },
      };
    };

    return {
      warmupBars: Math.max(channelBars + 1, filterBars + slopeBars, 28),
      update(bar, market: MarketView) {
        count++;
        const band = before;
        before = channel.update(bar.high, bar.low);
        const average = filter.update(bar.close);
        const strength = adx.update(bar.high, bar.low, bar.close)?.adx ?? null;
        if (average === null) return null;
        slope.push(average);
        const old = slope.length > slopeBars ? slope.shift() : undefined;
        if (band === null || old === undefined || strength === null || bar.atr === null) return null;
        const isWild = (100 * bar.atr) / bar.close > atrPctMax || market.detail === 'HIGH_VOLATILITY';
        return isWild || strength < adxMin ? null : propose(bar, band, average, average - old, strength);
      },
    };
  },
});
