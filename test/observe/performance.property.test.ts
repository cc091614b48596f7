import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MarketCandleNew, PositionClosed, SystemDayRolled, TradeExecuted } from '../../src/model/index.ts';
import {
  createPerformanceState,
  equityStatsOf,
  ORDERED_TRADE_FIGURES,
  reportOf,
  resolvePerformanceOptions,
  trackPerformance,
  TradeStats,
  type TradeRecord,
} from '../../src/observe/index.ts';
import { Stamper } from './support.ts';

const INITIAL = 1_000_000;
const options = resolvePerformanceOptions({ tradesMin: 0, daysMin: 0, initialEquityUsd: INITIAL });

const trade = fc
  .record({ pnl: fc.integer({ min: -1e9, max: 1e9 }), r: fc.option(fc.integer({ min: -300, max: 500 })) })
  .map(({ pnl, r }): TradeRecord => ({
    positionId: 'p',
    symbol: 'A',
    direction: 'LONG',
    strategyId: null,
    model: null,
    size: 1,
    entryPrice: 1,
    exitPrice: 1,
    pnlUsd: pnl / 1e4,
    feesUsd: 0.123,
    rMultiple: r === null ? null : r / 100,
    maeR: null,
    mfeR: null,
    holdS: 7,
    exitReason: 'x',
    closedAtUs: 0,
  }));

describe('figures of trades', () => {
  test('do not depend on the order of trades, but for streaks', () => {
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 60 }), fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (trades, weights) => {
        const shuffled = trades.map((item) => ({ item, weight: weights.next().value as number })).toSorted((a, b) => a.weight - b.weight);
        const [one, other] = [trades, shuffled.map(({ item }) => item)].map((list) => {
          const stats = new TradeStats();
          for (const item of list) stats.add(item);
          const { metrics } = stats.figures(0);
          return Object.fromEntries(Object.entries(metrics).filter(([name]) => !ORDERED_TRADE_FIGURES.includes(name)));
        });

        expect(other).toEqual(one);
      }),
    );
  });
});

describe('figures of daily equity', () => {
  test('updated day by day are those computed at once from the definitions', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 2, maxLength: 200 }), (moves) => {
        let equityUsd = INITIAL;
        const points = moves.map((move, index) => ({ day: `d${index}`, equityUsd: (equityUsd *= 1 + move / 1e5) }));
        const returns = points.map((point, index) => point.equityUsd / (points[index - 1]?.equityUsd ?? INITIAL) - 1);
        const n = returns.length;
        const mean = returns.reduce((sum, value) => sum + value, 0) / n;
        const moment = (power: number): number => returns.reduce((sum, value) => sum + (value - mean) ** power, 0) / n;
        let high = INITIAL;
        const drawdown = Math.min(0, ...points.map((point) => point.equityUsd / (high = Math.max(high, point.equityUsd)) - 1));
        const { metrics } = equityStatsOf(options, points).figures(0, true);
        // Below this the figures are quotients of rounding errors.
        fc.pre(moment(2) > 1e-12);

        const close = (name: string, value: number): void => {
          expect(Math.abs((metrics[name] as number) - value), name).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
        };
        close('sharpe', (mean / Math.sqrt((moment(2) * n) / (n - 1))) * Math.sqrt(252));
        close('skewness', moment(3) / moment(2) ** 1.5);
        close('kurtosis', moment(4) / moment(2) ** 2);
        close('max_drawdown_ratio', drawdown);
        close('total_return_ratio', equityUsd / INITIAL - 1);
      }),
    );
  });
});

describe('the ledger', () => {
  const step = fc.record({
    symbol: fc.constantFrom('A', 'B'),
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    size: fc.integer({ min: 1, max: 20 }),
    price: fc.integer({ min: 5000, max: 15_000 }),
    mark: fc.integer({ min: 5000, max: 15_000 }),
    rolls: fc.boolean(),
  });

  test('profit and loss of closed trades is the change of equity less what is unrealized', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const state = createPerformanceState({ initialEquityUsd: INITIAL, tradesMin: 0, daysMin: 0 });
        const stamper = new Stamper();
        const publish = (draft: Parameters<Stamper['event']>[0]): void => void trackPerformance(state, stamper.event(draft));
        /** Books kept by hand in cents: open size, cost with fees, by symbol. */
        const books = new Map<string, { size: number; cashCents: number }>();
        let openCents = 0;
        let day = 0;
        for (const { symbol, side, size, price, mark, rolls } of steps) {
          const book = books.get(symbol) ?? { size: 0, cashCents: 0 };
          books.set(symbol, book);
          const signed = side === 'BUY' ? size : -size;
          publish(
            TradeExecuted.create({
              order_id: 'o',
              symbol,
              side,
              size,
              price: price / 100,
              strategy_id: 's',
              model: null,
              pnl: null,
              fees: 0.25,
            }),
          );
          book.size += signed;
          book.cashCents -= signed * price + 25;
          if (book.size === 0) {
            publish(closed(symbol, book.cashCents / 100));
            book.cashCents = 0;
          }
          publish(
            MarketCandleNew.create({
              symbol,
              timeframe: '1m',
              open: mark / 100,
              high: mark / 100,
              low: mark / 100,
              close: mark / 100,
              volume: 0,
            }),
          );
          if (rolls)
            publish(SystemDayRolled.create({ day: `2024-01-${String(1 + (day++ % 28)).padStart(2, '0')}`, zone: 'UTC', starts_at: 0 }));
        }
        const marks = new Map<string, number>(steps.map(({ symbol, mark }) => [symbol, mark]));
        for (const [symbol, { size, cashCents }] of books) openCents += cashCents + size * (marks.get(symbol) as number);

        const { metrics } = reportOf(state);
        expect(metrics['net_pnl_usd']).toBeCloseTo((metrics['equity_usd'] as number) - INITIAL - openCents / 100, 6);
      }),
    );
  });
});

function closed(symbol: string, pnl: number) {
  return PositionClosed.create({
    position_id: 'p',
    symbol,
    direction: 'LONG',
    entry_price: 1,
    exit_price: 1,
    size: 1,
    realized_pnl: pnl,
    realized_pnl_percent: 0,
    hold_duration_seconds: 0,
    exit_reason: 'x',
  });
}
