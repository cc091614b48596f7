import { describe, expect, test } from 'vitest';
import {
  MarketCandleNew,
  PositionClosed,
  RiskDailyStatusUpdate,
  StrategyPromoted,
  SystemDayRolled,
  TradeExecuted,
  TradesOrderFilled,
} from '../../src/model/index.ts';
import {
  createPerformanceState,
  equityStatsOf,
  performancePatterns,
  PERFORMANCE_TRACKER,
  reportOf,
  reportsOf,
  resolvePerformanceOptions,
  trackPerformance,
  TradeStats,
  type PerformanceOptions,
  type TradeRecord,
} from '../../src/observe/index.ts';
import { Stamper } from './support.ts';

const NO_FLOORS: PerformanceOptions = { tradesMin: 0, daysMin: 0 };

function dayName(index: number): string {
  return new Date(Date.UTC(2024, 0, 1 + index)).toISOString().slice(0, 10);
}

/** Figures of a curve with these daily returns. */
function figuresOf(returns: readonly number[], options: PerformanceOptions = NO_FLOORS, trades = 0) {
  const resolved = resolvePerformanceOptions(options);
  let equityUsd = resolved.initialEquityUsd;
  const points = returns.map((value, index) => ({ day: dayName(index), equityUsd: (equityUsd *= 1 + value) }));
  const stats = equityStatsOf(resolved, points);
  return { ...stats.figures(trades, true), span: stats.span };
}

function trade(pnlUsd: number, rest: Partial<TradeRecord> = {}): TradeRecord {
  return {
    positionId: 'p',
    symbol: 'A',
    direction: 'LONG',
    strategyId: 's',
    model: null,
    size: 1,
    entryPrice: 100,
    exitPrice: 100 + pnlUsd,
    pnlUsd,
    feesUsd: 1,
    rMultiple: null,
    maeR: null,
    mfeR: null,
    holdS: 60,
    exitReason: 'stop',
    closedAtUs: 0,
    ...rest,
  };
}

function statsOf(pnls: readonly number[]): TradeStats {
  const stats = new TradeStats();
  for (const pnl of pnls) stats.add(trade(pnl));
  return stats;
}

describe('figures of returns', () => {
  const returns = [0.01, -0.02, 0.015, 0, -0.005, 0.03, -0.01, 0.02];

  test('are those of the worked example, with 252 and with 365 days a year', () => {
    const { metrics } = figuresOf(returns);
    const crypto = figuresOf(returns, { ...NO_FLOORS, periodsPerYear: 365 }).metrics;

    expect(metrics['sharpe']).toBeCloseTo(4.755563543, 6);
    expect(crypto['sharpe']).toBeCloseTo(5.72332161, 6);
    expect(metrics['sortino']).toBeCloseTo(9.797958971, 6);
    expect(metrics['total_return_ratio']).toBeCloseTo(0.03970268, 8);
    expect(metrics['max_drawdown_ratio']).toBeCloseTo(-0.02, 12);
    expect(metrics['cagr_ratio']).toBeCloseTo(2.409091449, 6);
    expect(metrics['calmar']).toBeCloseTo(120.454572, 4);
    expect(metrics['volatility_annual_ratio']).toBeCloseTo(0.016690459 * Math.sqrt(252), 6);
  });

  test('have the probability that the Sharpe ratio is above zero, and less with more trials', () => {
    const { metrics } = figuresOf(returns, { ...NO_FLOORS, trials: { count: 20, sharpeVariance: 0.01 } });

    // Computed apart, in Python with statistics.NormalDist.
    expect(metrics['skewness']).toBeCloseTo(0.0, 8);
    expect(metrics['kurtosis']).toBeCloseTo(1.901380671, 8);
    expect(metrics['psr']).toBeCloseTo(0.783684978, 8);
    expect(metrics['dsr']).toBeCloseTo(0.61287802, 8);
  });

  test('take the first day from the initial equity, and drawdown from the start too', () => {
    const { metrics, span } = figuresOf([-0.1, -0.1, 0.3]);

    expect(metrics['max_drawdown_ratio']).toBeCloseTo(-0.19, 12);
    expect(metrics['drawdown_longest_days']).toBe(2);
    expect(span).toEqual({ peakDay: null, troughDay: dayName(1), recoveredDay: dayName(2) });
  });

  test('have value at risk from history and from the normal curve', () => {
    const { metrics } = figuresOf(Array.from({ length: 101 }, (_, index) => (index - 50) / 1000));

    expect(metrics['var95_historical_ratio']).toBeCloseTo(-0.045, 12);
    expect(metrics['var99_historical_ratio']).toBeCloseTo(-0.049, 12);
    expect(metrics['var95_normal_ratio']).toBeCloseTo(-1.6448536 * 0.0293002, 6);
  });

  test.each([
    ['14 days', { tradesMin: 0 }, [0.01, -0.01], 99, 'needs 14 days, has 2'],
    ['10 trades', { daysMin: 0 }, [0.01, -0.01], 9, 'needs 10 trades, has 9'],
  ])('are null with a reason below %s', (_name, options, days, trades, reason) => {
    const { metrics, reasons } = figuresOf(days, options, trades);

    for (const name of ['sharpe', 'sortino', 'calmar', 'cagr_ratio', 'psr', 'var95_historical_ratio']) {
      expect(metrics[name], name).toBeNull();
      expect(reasons[name], name).toBe(reason);
    }
    expect(metrics['total_return_ratio']).toBeCloseTo(-0.0001, 10);
  });

  test.each([
    ['sharpe', [0, 0, 0], 'returns do not vary'],
    ['sortino', [0.01, 0.02], 'no day below the required return'],
    ['calmar', [0.01, 0.02], 'no drawdown'],
    ['cagr_ratio', [0.01, -1], 'equity was lost whole'],
    ['sharpe', [-1, 0.5], 'equity was lost whole'],
  ])('%s of %j is null because %s', (name, days, reason) => {
    const { metrics, reasons } = figuresOf(days);

    expect(metrics[name]).toBeNull();
    expect(reasons[name]).toBe(reason);
  });
});

describe('figures of trades', () => {
  test('are those of the worked example', () => {
    const { metrics } = statsOf([120, -80, 200, -50, 0, -100, 300]).figures(0);

    expect(metrics).toMatchObject({ trades: 7, wins: 3, losses: 3, net_pnl_usd: 390, gross_profit_usd: 620, gross_loss_usd: -230 });
    expect(metrics['profit_factor']).toBeCloseTo(2.695652, 6);
    expect(metrics['win_rate_ratio']).toBeCloseTo(3 / 7, 12);
    expect(metrics['expectancy_usd']).toBeCloseTo(55.714286, 6);
    expect(metrics['mean_win_usd']).toBeCloseTo(206.666667, 6);
    expect(metrics['mean_loss_usd']).toBeCloseTo(-76.666667, 6);
    expect(metrics['payoff_ratio']).toBeCloseTo(206.666667 / 76.666667, 6);
  });

  test('count the longest streaks, which a trade of zero ends', () => {
    const { metrics } = statsOf([1, 1, 0, 1, 1, 1, -1, -1]).figures(0);

    expect(metrics).toMatchObject({ win_streak_longest: 3, loss_streak_longest: 2, best_trade_usd: 1, worst_trade_usd: -1 });
  });

  test('are null with a reason when there are too few, none, or no loss', () => {
    const few = statsOf([1, 2, 3]).figures(10);
    const none = statsOf([]).figures(0);
    const lucky = statsOf([1, 2]).figures(0);

    expect(few.metrics['profit_factor']).toBeNull();
    expect(few.reasons['profit_factor']).toBe('needs 10 trades, has 3');
    expect(none.reasons['expectancy_usd']).toBe('no trades');
    expect(lucky.reasons['profit_factor']).toBe('no losing trade');
    expect(none.reasons['expectancy_r']).toBe('no trade with a known initial risk');
  });
});

/** A small world: publishes to the tracker what a run would. */
class World {
  readonly state = createPerformanceState({ ...NO_FLOORS, initialEquityUsd: 10_000 });
  readonly stamper = new Stamper();
  readonly reports: { scope: string; id: string; metrics: Record<string, number | null> }[] = [];
  nowUs = 0;

  publish(draft: Parameters<Stamper['event']>[0]): void {
    const event = this.stamper.event(draft, this.nowUs);
    for (const out of trackPerformance(this.state, event)) this.reports.push(out.payload as never);
    expect(trackPerformance(this.state, event), 'an event that comes again').toEqual([]);
  }

  day(index: number): void {
    this.nowUs = index * 86_400_000_000;
    this.publish(SystemDayRolled.create({ day: dayName(index), zone: 'UTC', starts_at: this.nowUs }));
  }

  candle(symbol: string, close: number): void {
    this.publish(MarketCandleNew.create({ symbol, timeframe: '1d', open: close, high: close, low: close, close, volume: 0 }));
  }

  execute(symbol: string, side: 'BUY' | 'SELL', size: number, price: number, fees = 0, pnl: number | null = null): void {
    this.publish(
      TradeExecuted.create({ order_id: 'o', symbol, side, size, price, strategy_id: 's1', model: pnl === null ? 'm1' : null, pnl, fees }),
    );
  }

  close(symbol: string, pnl: number, strategy = 's1'): void {
    const payload = {
      position_id: 'p',
      symbol,
      direction: 'LONG' as const,
      entry_price: 100,
      exit_price: 100,
      size: 1,
      realized_pnl: pnl,
      realized_pnl_percent: 0,
    };
    this.publish(
      PositionClosed.create({
        ...payload,
        hold_duration_seconds: 60,
        exit_reason: 'stop',
        strategy_id: strategy,
        r_multiple: 1.5,
        fees: 2,
      }),
    );
  }
}

describe('the performance tracker', () => {
  test('marks the account to market at every day boundary', () => {
    const world = new World();
    world.day(0);
    world.execute('A', 'BUY', 10, 100, 5);
    world.candle('A', 110);
    world.day(1);
    world.candle('A', 90);
    world.day(2);
    world.execute('A', 'SELL', 10, 95, 5, -60);
    world.close('A', -60);

    const report = reportOf(world.state);

    expect(report.curve).toEqual([
      { day: dayName(0), equityUsd: 10_095 },
      { day: dayName(1), equityUsd: 9895 },
      { day: dayName(2), equityUsd: 9940 },
    ]);
    expect(report.metrics).toMatchObject({ equity_usd: 9940, net_pnl_usd: -60, unrealized_pnl_usd: 0, fees_usd: 10, trades: 1 });
    expect(report.metrics['exposure_time_ratio']).toBe(1);
    expect(report.metrics['turnover_ratio']).toBeCloseTo(1950 / ((10_095 + 9895) / 2), 12);
  });

  test('reports account, symbol, strategy and model when a position closes', () => {
    const world = new World();
    world.day(0);
    world.execute('A', 'BUY', 1, 100);
    world.execute('A', 'SELL', 1, 110, 0, 10);
    world.close('A', 10);

    expect(world.reports.map(({ scope, id }) => `${scope} ${id}`)).toEqual(['ACCOUNT main', 'SYMBOL A', 'STRATEGY s1', 'MODEL m1']);
    expect(world.reports.every(({ metrics }) => metrics['net_pnl_usd'] === 10)).toBe(true);
  });

  test('names its conventions and is what it says it is', () => {
    const world = new World();
    world.day(0);
    world.close('A', 10);
    const [out] = trackPerformance(
      world.state,
      world.stamper.event(
        PositionClosed.create({
          position_id: 'q',
          symbol: 'A',
          direction: 'SHORT',
          entry_price: 1,
          exit_price: 1,
          size: 1,
          realized_pnl: 0,
          realized_pnl_percent: 0,
          hold_duration_seconds: 0,
          exit_reason: 'x',
        }),
      ),
    );

    expect(out).toMatchObject({ type: 'performance.report.updated', source: PERFORMANCE_TRACKER });
    expect(out?.payload).toHaveProperty('convention');
    expect(reportOf(world.state).convention).toMatchObject({
      periods_per_year: 252,
      sharpe: 'mean / stdev (ddof 1) * sqrt(252)',
    });
    expect(performancePatterns).toContain('trade.executed');
  });

  test('starts a fresh series when a strategy changes its stage', () => {
    const world = new World();
    world.day(0);
    world.close('A', 10);
    world.publish(StrategyPromoted.create({ strategy_id: 's1', from_stage: 'SHADOW', to_stage: 'LIVE', reason: 'good', metrics: {} }));
    world.close('A', 20);

    expect(reportOf(world.state, 'STRATEGY', 's1')?.metrics['trades']).toBe(1);
    expect(reportOf(world.state).metrics['trades']).toBe(2);
    expect(reportOf(world.state, 'STRATEGY', 'unknown')).toBeNull();
  });

  test('gives one report of each scope and a table of months', () => {
    const world = new World();
    for (let index = 0; index < 40; index++) {
      world.day(index);
      if (index % 10 === 5) {
        world.execute('A', 'BUY', 1, 100);
        world.execute('A', 'SELL', 1, 200, 0, 100);
        world.close('A', 100);
      }
    }

    const [account, ...others] = reportsOf(world.state);

    expect(others.map(({ scope, id }) => `${scope} ${id}`)).toEqual(['MODEL m1', 'STRATEGY s1', 'SYMBOL A']);
    expect(account?.months).toEqual([
      { month: '2024-01', days: 31, returnRatio: expect.closeTo(0.03, 10) as number, pnlUsd: 300 },
      { month: '2024-02', days: 9, returnRatio: expect.closeTo(10_400 / 10_300 - 1, 10) as number, pnlUsd: 100 },
    ]);
  });

  test('measures slippage against the price of the decision, as a cost when it is worse', () => {
    const world = new World();
    const fill = { request_id: 'r', order_id: 'o', fill_id: 'f', symbol: 'A', fees: 0, client_order_id: 'c', intent: 'ENTRY' as const };
    const rest = {
      cumulative_size: 10,
      remaining_size: 0,
      liquidity: 'TAKER' as const,
      fee_currency: 'USD',
      decision_price: 100,
      fill_size: 10,
    };
    world.publish(TradesOrderFilled.create({ ...fill, ...rest, side: 'BUY', fill_price: 100.1 }));
    world.publish(TradesOrderFilled.create({ ...fill, ...rest, side: 'SELL', fill_price: 100.05 }));

    const { metrics } = reportOf(world.state);

    expect(metrics['slippage_usd']).toBeCloseTo(0.5, 9);
    expect(metrics['slippage_bps']).toBeCloseTo(2.5, 9);
  });

  test('keeps the owner’s equity beside its own, so that a difference shows', () => {
    const world = new World();
    expect(reportOf(world.state).reasons['owner_equity_usd']).toBe('the account owner has not reported');

    world.publish(
      RiskDailyStatusUpdate.create({
        daily_pnl_percent: 0,
        daily_pnl_usd: 0,
        open_positions: 0,
        total_exposure_percent: 0,
        drawdown_from_hwm: 0,
        risk_budget_remaining: 0,
        equity_usd: 9999,
        hwm_usd: 10_000,
        reserved_usd: 0,
        loss_streak: 0,
        trades_today: 0,
        drawdown_level: 'GREEN',
      }),
    );

    expect(reportOf(world.state).metrics).toMatchObject({ owner_equity_usd: 9999, equity_usd: 10_000 });
  });
});
