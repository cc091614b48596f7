import { beforeAll, describe, expect, test } from 'vitest';
import {
  ExitDecisionMade,
  MarketCandleNew,
  PositionClosed,
  PositionOpened,
  PositionStateUpdate,
  RiskDailyStatusUpdate,
  RiskEvaluationComplete,
  RiskKillSwitchActivated,
  RiskKillSwitchFlattened,
  SignalGenerated,
  SignalsAdvisoryNew,
  TradeExecuted,
  TradesOrderFilled,
  TradesOrderLogged,
  TradesOrderSubmitted,
  TradesRequestNew,
  type ExitDecisionMadePayload,
  type PositionClosedPayload,
  type RiskDailyStatusUpdatePayload,
  type RiskKillSwitchActivatedPayload,
  type TradeExecutedPayload,
  type TradesOrderFilledPayload,
  type TradesOrderSubmittedPayload,
} from '../../src/model/index.ts';
import { marketSettings, ofType, record, type Recording } from './recording.ts';

/** Half a spread of 2 basis points and slippage of 2: at the open nobody knows yet how low or high the bar will go. */
const COSTS = 0.0003;
const TICK = 0.01;

describe('twenty years of the S&P 500', () => {
  let run: Recording;
  beforeAll(async () => {
    run = await record({ mode: 'backtest' });
  }, 60_000);

  test('the profit of all trades is the change of the equity, in three sets of books', () => {
    const { currency, performance, trades } = run.result;
    const closed = ofType<PositionClosedPayload>(run, PositionClosed);
    const executed = ofType<TradeExecutedPayload>(run, TradeExecuted);
    const status = ofType<RiskDailyStatusUpdatePayload>(run, RiskDailyStatusUpdate).at(-1);

    const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
    const equity = performance.metrics['equity_usd'] ?? 0;

    expect(currency).toBe('USD');
    expect(performance.metrics['unrealized_pnl_usd']).toBe(0);
    expect(sum(trades.map(({ pnlUsd }) => pnlUsd))).toBeCloseTo(equity - 100_000, 4);
    expect(sum(closed.map(({ payload }) => payload.realized_pnl))).toBeCloseTo(equity - 100_000, 4);
    expect(status?.payload.equity_usd).toBeCloseTo(equity, 4);
    // An entry's own fee is part of its trade, so only the cash of all executions tells the whole.
    const cash = sum(executed.map(({ payload: { fees = 0, price, side, size } }) => (side === 'SELL' ? 1 : -1) * price * size - fees));
    expect(cash).toBeCloseTo(equity - 100_000, 4);
  });

  test('every fill lies within its bar but for the costs of taking, and never before the order', () => {
    const bars = ofType<{ low: number; high: number; open_time: number }>(run, MarketCandleNew);
    const submitted = new Map(
      ofType<TradesOrderSubmittedPayload>(run, TradesOrderSubmitted).map((event) => [event.payload.client_order_id, event]),
    );

    for (const { payload, seq, timestamp } of ofType<TradesOrderFilledPayload>(run, TradesOrderFilled)) {
      const bar = bars.find((one) => one.timestamp >= timestamp)?.payload;
      const where = `${payload.fill_id} at ${payload.fill_price}`;
      expect(payload.fill_price, where).toBeGreaterThanOrEqual((bar?.low ?? NaN) * (1 - COSTS) - TICK);
      expect(payload.fill_price, where).toBeLessThanOrEqual((bar?.high ?? NaN) * (1 + COSTS) + TICK);
      const order = submitted.get(payload.client_order_id);
      expect(order?.seq, where).toBeLessThan(seq);
      // What is decided at a close cannot be filled at that close.
      if (payload.intent === 'ENTRY') expect(timestamp, where).toBeGreaterThan(order?.timestamp ?? Infinity);
    }
  });

  test('no day of the equity curve jumps by more than its risk limits allow, and all days are there', () => {
    const { curve } = run.result.performance;
    let before = 100_000;

    expect(curve).toHaveLength(5105);
    for (const { day, equityUsd } of curve) {
      expect(Math.abs(equityUsd / before - 1), day).toBeLessThan(0.05);
      before = equityUsd;
    }
  });

  test('the life of a trade, from candle to result, is one chain', () => {
    const closed = ofType<PositionClosedPayload>(run, PositionClosed)[0];
    const chain = run.events.filter(({ correlationId }) => correlationId === closed?.correlationId);
    const types = chain.map(({ type }) => type);
    const inOrder = [
      MarketCandleNew,
      SignalGenerated,
      SignalsAdvisoryNew,
      RiskEvaluationComplete,
      TradesRequestNew,
      TradesOrderSubmitted,
      TradesOrderFilled,
      PositionOpened,
      ExitDecisionMade,
      PositionClosed,
    ].map(({ type }) => types.indexOf(type));

    expect(inOrder).not.toContain(-1);
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    expect(chain.filter(({ type }) => type === TradesRequestNew.type)).toHaveLength(1);
    expect(chain[0]?.id).toBe(closed?.correlationId);
  });

  test('each event that was caused names its cause, and the cause came before', () => {
    for (const { causationId, causeSeq, runId, seq } of run.events) {
      if (causeSeq === 0) continue;
      expect(causeSeq).toBeLessThan(seq);
      expect(causationId).toBe(`${runId}-${causeSeq}`);
    }
  });
});

describe('a crash', () => {
  let run: Recording;
  beforeAll(async () => {
    run = await record({ mode: 'backtest', ...marketSettings({ days: 250, crashDay: 234, crashTo: 0.84 }) });
  }, 60_000);

  test('latches the kill switch once, with what it measured', () => {
    const kills = ofType<RiskKillSwitchActivatedPayload>(run, RiskKillSwitchActivated);

    expect(kills).toHaveLength(1);
    expect(kills[0]?.payload).toMatchObject({ trigger: 'daily_loss_exceeded', threshold: -5, unit: 'percent' });
    expect(kills[0]?.payload.trigger_value).toBeLessThan(-5);
    expect(kills[0]?.priority).toBe('CRITICAL');
  });

  test('closes what is open, keeps the stop until the closing fill, and ends flat and HALTED', () => {
    const killedAt = ofType(run, RiskKillSwitchActivated)[0]?.seq ?? Infinity;
    const flat = ofType<{ positions_total: number; positions_closed: number }>(run, RiskKillSwitchFlattened);
    const opened = ofType(run, PositionOpened).length;
    const closed = ofType(run, PositionClosed).length;
    const exits = ofType<ExitDecisionMadePayload>(run, ExitDecisionMade).filter(
      ({ payload, seq }) => seq > killedAt && payload.reason === 'kill_switch',
    );

    expect(exits.map(({ payload }) => payload)).toContainEqual(
      expect.objectContaining({ symbol: 'BBB', decision: 'EXIT_FULL', priority: 'URGENT' }),
    );
    expect(flat.map(({ payload: { positions_closed, positions_total } }) => positions_total - positions_closed)).toEqual([0]);
    expect(closed).toBe(opened);
    expect(run.result.kill).toMatchObject({ state: 'HALTED', activations: 1 });
  });

  test('lets no increasing order through afterwards, though signals go on', () => {
    const killedAt = ofType(run, RiskKillSwitchActivated)[0]?.seq ?? Infinity;
    const after = ofType<TradesOrderSubmittedPayload>(run, TradesOrderSubmitted).filter(({ seq }) => seq > killedAt);

    expect(after.every(({ payload }) => payload.reduce_only)).toBe(true);
    expect(run.result.gates).toMatchObject({ halted: expect.any(Number) });
    expect(ofType(run, TradesRequestNew).every(({ seq }) => seq < killedAt)).toBe(true);
  });

  test('closes as much as was open', () => {
    const filled = ofType<TradesOrderFilledPayload>(run, TradesOrderFilled);
    const size = (isEntry: boolean): number =>
      filled.filter(({ payload }) => (payload.intent === 'ENTRY') === isEntry).reduce((sum, { payload }) => sum + payload.fill_size, 0);

    expect(size(false)).toBe(size(true));
    expect(ofType(run, PositionStateUpdate).length).toBeGreaterThan(0);
  });
});

test('logging_only decides, writes orders down and holds nothing', { timeout: 60_000 }, async () => {
  const run = await record({ mode: 'logging_only', ...marketSettings({ days: 240 }) });

  expect(run.result.ordersLogged).toBeGreaterThan(0);
  expect(run.result.ordersLogged).toBe(ofType(run, TradesOrderLogged).length);
  expect(run.result.positionsOpened).toBe(0);
  expect(ofType(run, TradesOrderSubmitted)).toEqual([]);
  expect(run.result.performance.metrics['equity_usd']).toBe(100_000);
});

test('a feed that is paced runs free and loses nothing', { timeout: 60_000 }, async () => {
  const run = await record({ mode: 'paper', 'feed.kind': 'synthetic', 'feed.rate': 2000, 'feed.duration': '2s' });

  expect(run.result.engine).toMatchObject({ lockstep: false, lost: 0, deadLettered: 0, latencyFrom: 'intended' });
  expect(run.result.engine.marketEvents).toBeGreaterThan(3900);
  expect(run.result.kill.activations).toBe(0);
});
