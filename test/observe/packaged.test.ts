import { expect, test } from 'vitest';
import { resolveFeed } from '../../src/feed/index.ts';
import { MarketTickPrice, TradeExecuted } from '../../src/model/index.ts';
import { createPerformanceState, renderCurve, reportOf, trackPerformance } from '../../src/observe/index.ts';
import { Stamper } from './support.ts';

test('buying the S&P 500 at the first open of 2000 and holding it has the figures of its history', async () => {
  const feed = await resolveFeed({ kind: 'packaged' });
  const state = createPerformanceState({ initialEquityUsd: 100_000, tradesMin: 0 });
  const stamper = new Stamper();
  let isBought = false;
  for await (const batch of feed.batches()) {
    for (const input of batch.events) {
      trackPerformance(state, stamper.event(input));
      if (isBought || input.type !== MarketTickPrice.type) continue;
      isBought = true;
      const size = 100_000 / 1469.25;
      const payload = {
        order_id: 'o',
        symbol: 'SPX',
        side: 'BUY' as const,
        size,
        price: 1469.25,
        strategy_id: 'hold',
        model: null,
        pnl: null,
      };
      trackPerformance(state, stamper.event(TradeExecuted.create(payload), batch.tsEventUs));
    }
  }

  const { metrics, drawdown, curve, months } = reportOf(state);

  expect(metrics['total_return_ratio']).toBeCloseTo(2874.560059 / 1469.25 - 1, 6);
  expect(metrics['days']).toBe(5105);
  // From 1565.15 on 9 October 2007 to 676.53 on 9 March 2009, passed again on 28 March 2013.
  expect(metrics['max_drawdown_ratio']).toBeCloseTo(676.53 / 1565.15 - 1, 5);
  expect(drawdown).toEqual({ peakDay: '2007-10-09', troughDay: '2009-03-09', recoveredDay: '2013-03-28' });
  expect(metrics['cagr_ratio']).toBeCloseTo((2874.560059 / 1469.25) ** (252 / 5105) - 1, 6);
  expect(metrics['exposure_time_ratio']).toBeGreaterThan(0.999);
  expect(months.find((row) => row.month === '2008-10')?.returnRatio).toBeCloseTo(968.75 / 1166.36 - 1, 3);
  expect(
    renderCurve(
      curve.map((point) => point.equityUsd),
      { width: 72, height: 12 },
    ),
  ).toHaveLength(12);
});
