import { describe, expect, it } from 'vitest';
import { hasCode } from '../../../src/base/index.ts';
import { PositionOpened, RiskEvaluationComplete, RiskGovernorChanged, RiskKillSwitchReset } from '../../../src/model/index.ts';
import { executionComponent, resolveExecutionOptions, riskDoor } from '../../../src/trading/execution/index.ts';
import { DAY, Harness, PLAIN, START } from './harness.ts';

describe('execution engine, entries', () => {
  it('fills at the open after the decision, places the stop at once and names both orders by request', () => {
    const h = new Harness();
    h.bar({ open: 99, high: 101, low: 98, close: 100 });

    const asked = h.request({ request_id: 'req_000001' });
    const filled = h.tick(100.5);

    expect(h.types(asked)).toEqual(['trades.order.submitted', 'trades.order.accepted']);
    expect(h.types(filled)).toEqual([
      'trades.order.filled',
      'trade.executed',
      'trade.cost.measured',
      'trades.order.submitted',
      'trades.order.accepted',
    ]);
    expect(filled[0]?.payload).toMatchObject({
      fill_price: 100.5,
      fill_size: 10,
      intent: 'ENTRY',
      cumulative_size: 10,
      remaining_size: 0,
      decision_price: 100,
    });
    expect(filled[1]?.payload).toMatchObject({ side: 'BUY', size: 10, price: 100.5, pnl: null, strategy_id: 'ema_cross' });
    expect(filled[3]?.payload).toMatchObject({
      intent: 'STOP',
      type: 'STOP',
      side: 'SELL',
      size: 10,
      trigger_price: 98,
      reduce_only: true,
    });
  });

  it('has one order id until the venue answers and links the rest by client_order_id', () => {
    const h = new Harness();

    const [submitted, accepted] = h.request();

    expect(submitted?.payload['order_id']).toBe(submitted?.payload['client_order_id']);
    expect(accepted?.payload['client_order_id']).toBe(submitted?.payload['client_order_id']);
    expect(accepted?.payload['order_id']).not.toBe(submitted?.payload['order_id']);
  });

  it('makes one order of a request that comes twice, and none of one that comes late', () => {
    const h = new Harness();
    h.request({ request_id: 'once' });
    h.request({ request_id: 'once' });
    const late = h.requestDraft({ request_id: 'late' });
    h.tick(100, { at: h.now + 31_000_000 });

    const denied = h.give(late);

    expect(h.all('trades.order.submitted').filter(({ intent }) => intent === 'ENTRY')).toHaveLength(1);
    expect(denied[0]).toMatchObject({ type: 'trades.request.denied', payload: { reason: 'REQUEST_EXPIRED' }, source: 'risk_guard' });
  });

  it('gives nothing when an event is delivered again', () => {
    const h = new Harness();
    h.request();
    h.tick(100);

    const again = h.events.map((event) => h.deliver(event)).flat();

    expect(again).toEqual([]);
  });

  it('denies an entry against the position that is held', () => {
    const h = new Harness();
    h.enter();

    expect(h.request({ direction: 'SHORT', stop_loss: 102 })[0]?.payload).toMatchObject({ reason: 'POSITION_OPPOSITE' });
  });

  it('lets a limit entry rest for one bar, then expires it', () => {
    const h = new Harness();
    h.request({ type: 'LIMIT', limit_price: 95 });

    const out = h.bar({ open: 100, high: 101, low: 99, close: 100 });

    expect(h.types(out)).toEqual(['trades.order.cancel_requested', 'trades.order.expired']);
    expect(out[1]?.payload).toMatchObject({ cause: 'TTL', filled_size: 0 });
    expect(h.position()).toBe(0);
  });

  it('does not expire a limit entry at an open after a weekend, before the bar had its chance', () => {
    const h = new Harness();
    h.request({ type: 'LIMIT', limit_price: 95, stop_loss: 90 });
    h.now += 3 * DAY;

    const opening = h.tick(100);
    h.candle({ open: 100, high: 101, low: 94, close: 100 }, h.now, h.now + DAY);

    expect(opening).toEqual([]);
    expect(h.all('trades.order.filled')).toMatchObject([{ fill_price: 95 }]);
  });

  it('charges an order that fills in parts as if it had filled at once', () => {
    const h = new Harness({ ...PLAIN, charges: 'us_equity' });
    h.enter({ size: 700 });
    const bar = { open: 100, high: 100, low: 100, close: 100, volume: 3_000 };
    h.candle(bar, h.now, h.now + DAY);

    h.decide({ reason: 'human' });
    for (let i = 0; i < 3; i++) h.bar(bar);

    const fills = [...h.all('trades.order.partially_filled'), ...h.all('trades.order.filled').slice(1)];
    expect(fills.map(({ fill_size, fees }) => [fill_size, fees])).toEqual([
      [300, 1.5],
      [300, 1.5],
      [100, 0.5],
    ]);
    expect(h.all('trade.executed')[1]).toMatchObject({ size: 700, fees: 3.5, pnl: -7 });
  });

  it('on live ticks expires a limit entry after 30 s', () => {
    const h = new Harness({ ...PLAIN, mode: 'paper' });
    h.request({ type: 'LIMIT', limit_price: 95 });

    expect(h.tick(100, { at: START + 29_999_999 })).toEqual([]);
    expect(h.types(h.tick(100, { at: START + 30_000_000 }))).toContain('trades.order.expired');
  });

  it('allows a limit entry without a price a tenth of a percent', () => {
    const h = new Harness();

    expect(h.request({ type: 'LIMIT' })[0]?.payload['price']).toBe(100.1);
  });
});

describe('execution engine, stops', () => {
  it('fills a stop that is hit inside the entry bar, at the stop', () => {
    const h = new Harness();
    h.request();

    h.bar({ open: 100, high: 101, low: 97, close: 97.5 });

    expect(h.all('trade.exit')).toMatchObject([{ exit_price: 98, exit_reason: 'stop', profit_loss: -20, trade_id: 'pos_1' }]);
    expect(h.live()).toEqual([]);
  });

  it('tries a stop not on the tick that filled its entry, only on what comes after', () => {
    const h = new Harness();
    h.request();

    h.tick(97);
    const held = h.position();
    h.candle({ open: 97, high: 101, low: 96.5, close: 100 }, h.now, h.now + DAY);

    expect(held).toBe(10);
    expect(h.all('trade.exit')).toMatchObject([{ exit_price: 97, profit_loss: 0 }]);
  });

  it('fills a stop that the next open gaps through, at the open', () => {
    const h = new Harness();
    h.request();
    h.bar({ open: 100, high: 101, low: 99, close: 100 });

    h.bar({ open: 95, high: 99, low: 94, close: 98 });

    expect(h.all('trade.exit')).toMatchObject([{ exit_price: 95, profit_loss: -50 }]);
  });

  it('does not close a second time when the exit brain saw the same stop hit', () => {
    const h = new Harness();
    h.request();
    h.tick(100);
    const id = h.positionId();
    h.candle({ open: 100, high: 101, low: 97, close: 97.5 }, START, START + DAY);

    const out = [...h.decide({ position_id: id, reason: 'stop' }), ...h.bar({ open: 97, high: 99, low: 96, close: 98 })];

    expect(out).toEqual([]);
    expect(h.position()).toBe(0);
  });

  it('gives a resting stop one bar to fill, then closes at market', () => {
    const h = new Harness();
    h.request();
    h.bar({ open: 100, high: 101, low: 99, close: 100 });

    expect([...h.stopHit(99.5, 99.4), ...h.decide({ reason: 'stop' })]).toEqual([]);
    const out = h.bar({ open: 100, high: 101, low: 99, close: 100 });
    h.tick(99);

    expect(h.types(out)).toEqual([
      'trades.order.cancel_requested',
      'trades.order.cancelled',
      'trades.order.submitted',
      'trades.order.accepted',
    ]);
    expect(out[2]?.payload).toMatchObject({ intent: 'EXIT', type: 'MARKET' });
    expect(h.all('trade.exit')).toMatchObject([{ exit_price: 99, exit_reason: 'stop' }]);
  });

  it('follows a tighter stop and ignores a wider one', () => {
    const h = new Harness();
    h.enter();

    const tighter = h.moveStop(99);
    const wider = h.moveStop(97);

    expect(h.types(tighter)).toEqual([
      'trades.order.cancel_requested',
      'trades.order.cancelled',
      'trades.order.submitted',
      'trades.order.accepted',
    ]);
    expect(tighter[1]?.payload).toMatchObject({ cause: 'REPLACED' });
    expect(wider).toEqual([]);
    expect(h.live()).toMatchObject([{ intent: 'STOP', triggerPrice: 99 }]);
  });

  it('leaves a stop that has begun to fill alone, and finishes it at the next opens', () => {
    const h = new Harness();
    h.request();
    h.bar({ open: 100, high: 101, low: 99, close: 100 });
    h.candle({ open: 100, high: 101, low: 97, close: 98, volume: 40 }, h.now, h.now + DAY);
    expect(h.position()).toBe(6);

    const moved = h.moveStop(99);
    // The first open may use a tenth of the 40 that traded before it, the second of 1000.
    for (let i = 0; i < 2; i++) h.bar({ open: 97, high: 98, low: 96, close: 97, volume: 1_000 });

    expect(moved).toEqual([]);
    expect(h.all('trade.exit')).toMatchObject([{ exit_reason: 'stop', profit_loss: -26 }]);
    expect(h.position()).toBe(0);
  });

  it('does not test a stop that was moved at a close against the bar that had just closed', () => {
    const h = new Harness();
    h.request();
    h.bar({ open: 100, high: 110, low: 99, close: 109 });

    h.moveStop(108);

    expect(h.position()).toBe(10);
    h.bar({ open: 109, high: 110, low: 107, close: 109 });
    expect(h.all('trade.exit')).toMatchObject([{ exit_price: 108 }]);
  });
});

describe('execution engine, exits', () => {
  it('closes with a limit through the last price at the next open and takes the stop away last', () => {
    const h = new Harness();
    h.enter();

    const decided = h.decide({ reason: 'time_exit' });
    const out = h.tick(101);

    expect(decided[0]?.payload).toMatchObject({ intent: 'EXIT', type: 'LIMIT', price: 99.7, reduce_only: true, position_id: 'pos_1' });
    expect(h.types(out)).toEqual([
      'trades.order.filled',
      'trade.executed',
      'trade.exit',
      'trade.cost.measured',
      'trades.order.cancel_requested',
      'trades.order.cancelled',
    ]);
    expect(out[1]?.payload).toMatchObject({ pnl: 10, price: 101 });
    expect(out[5]?.payload).toMatchObject({ intent: 'STOP' });
  });

  it('closes parts and shrinks the stop to what remains', () => {
    const h = new Harness();
    h.enter();

    h.decide({ decision: 'EXIT_PARTIAL', exit_percent: 40, reason: 'take_profit' });
    h.tick(102);

    expect(h.position()).toBe(6);
    expect(h.live()).toMatchObject([{ intent: 'STOP', sizeSteps: 6 }]);
  });

  it('adds up partial exits that overlap and never closes more than there is', () => {
    const h = new Harness();
    h.enter();

    h.decide({ decision: 'EXIT_PARTIAL', exit_percent: 50, reason: 'take_profit' });
    h.decide({ decision: 'EXIT_PARTIAL', exit_percent: 50, reason: 'take_profit' });
    h.decide({ decision: 'EXIT_FULL', reason: 'time_exit' });
    h.tick(102);

    const closed = h.all('trade.executed').filter(({ side }) => side === 'SELL');
    expect(closed).toMatchObject([{ size: 10 }]);
    expect(h.position()).toBe(0);
  });

  it('takes the percentage of an overlapping partial from what is not leaving already', () => {
    const h = new Harness();
    h.enter();

    h.decide({ decision: 'EXIT_PARTIAL', exit_percent: 50, reason: 'take_profit' });
    h.decide({ decision: 'EXIT_PARTIAL', exit_percent: 50, reason: 'take_profit' });
    h.tick(102);

    // 5 of 10, then 2.5 of the other 5 rounded down.
    expect(h.position()).toBe(3);
  });

  it('takes the dust along when a partial would leave less than the smallest order', () => {
    const h = new Harness({ ...PLAIN, defaultInstrument: { tick: 0.01, step: 1, multiplier: 1, minSize: 3 } });
    h.enter();

    h.decide({ decision: 'EXIT_PARTIAL', exit_percent: 80, reason: 'take_profit' });
    h.tick(102);

    expect(h.position()).toBe(0);
  });

  it('takes net P&L from exact shares of cost and fees, so that parts add up to the whole', () => {
    const h = new Harness({ ...PLAIN, charges: 'us_equity' });
    h.enter();
    h.decide({ decision: 'EXIT_PARTIAL', exit_percent: 30, reason: 'take_profit' });
    h.tick(103);
    h.decide({ reason: 'kill_switch' });
    h.tick(97);

    const earned = h.all('trade.executed').reduce((sum, { pnl }) => sum + ((pnl as number | null) ?? 0), 0);

    // 3 * 3 - 7 * 3 less three orders at one dollar each.
    expect(earned).toBeCloseTo(9 - 21 - 3, 9);
  });

  it('ignores a decision for another life of the position, and the same decision twice', () => {
    const h = new Harness();
    h.enter();

    expect(h.decide({ position_id: 'pos_0' })).toEqual([]);
    h.decide({ decision_id: 'd', decision: 'EXIT_PARTIAL', exit_percent: 50 });
    expect(h.decide({ decision_id: 'd', decision: 'EXIT_PARTIAL', exit_percent: 50 })).toEqual([]);
    expect(h.state.counters.ignoredExits).toBe(1);
  });

  it('follows a limit that did not fill in its bar with a market order', () => {
    const h = new Harness();
    h.request();
    h.bar({ open: 100, high: 101, low: 99, close: 100 });
    h.decide({ reason: 'time_exit' });

    const out = h.bar({ open: 99, high: 99.5, low: 98.5, close: 99 });

    expect(h.types(out)).toEqual([
      'trades.order.cancel_requested',
      'trades.order.expired',
      'exit.order.failed',
      'exit.order.escalated',
      'trades.order.submitted',
      'trades.order.accepted',
    ]);
    expect(out[2]?.payload).toMatchObject({ tactic: 'LIMIT', next_tactic: 'MARKET', attempt: 1 });
    h.tick(98.7);
    expect(h.position()).toBe(0);
  });

  it('ignores positions of another mode', () => {
    const h = new Harness();
    h.request();
    h.give(
      PositionOpened.create({
        position_id: 'alien',
        symbol: 'SPX',
        direction: 'LONG',
        size: 1,
        entry_price: 100,
        stop_loss: 98,
        risk_amount: 2,
        mode: 'live',
      }),
    );

    expect(h.state.counters.foreignPositions).toBe(1);
  });
});

describe('execution engine, kill and panic', () => {
  it('cancels the pending entry, closes the position and takes the stop away last', () => {
    const h = new Harness();
    h.enter();
    h.request({ type: 'LIMIT', limit_price: 99.5 });

    const killed = h.kill();
    const out = h.tick(99.8);

    expect(killed.map(({ type, payload }) => [type, payload['intent'] ?? '', payload['cause'] ?? ''])).toEqual([
      ['trades.order.cancel_requested', 'ENTRY', 'KILL'],
      ['trades.order.cancelled', 'ENTRY', 'KILL'],
      ['trades.order.submitted', 'EMERGENCY', ''],
      ['trades.order.accepted', '', ''],
    ]);
    expect(h.all('trade.exit')).toMatchObject([{ exit_reason: 'kill_switch', exit_price: 99.8 }]);
    expect(out.at(-1)).toMatchObject({ type: 'trades.order.cancelled', payload: { intent: 'STOP', cause: 'KILL' } });
    expect(h.live()).toEqual([]);
  });

  it('refuses entries until the latch that was set is reset by name', () => {
    const h = new Harness();
    h.kill('ks_1');
    const reset = (id: string) =>
      h.give(
        RiskKillSwitchReset.create({
          kill_switch_id: id,
          reset_by: 'ops',
          review_id: 'r',
          scope: [],
          new_hwm_usd: 1,
          new_day_start_usd: 1,
          scaling_level: 1,
        }),
      );

    expect(h.request()[0]?.payload).toMatchObject({ reason: 'KILL_ACTIVE' });
    reset('ks_0');
    expect(h.request()[0]?.payload).toMatchObject({ reason: 'KILL_ACTIVE' });
    reset('ks_1');
    expect(h.types(h.request())).toEqual(['trades.order.submitted', 'trades.order.accepted']);
  });

  it('does nothing more when the exit brain asks for what the kill has begun, or when the kill comes twice', () => {
    const h = new Harness();
    h.enter();
    h.kill('ks_1');

    expect([...h.decide({ reason: 'kill_switch', priority: 'URGENT' }), ...h.kill('ks_1'), ...h.kill('ks_2')]).toEqual([]);
  });

  it('turns a limit exit under way into an emergency order', () => {
    const h = new Harness();
    h.enter();
    h.decide({ decision: 'EXIT_PARTIAL', exit_percent: 50, reason: 'take_profit' });

    const out = h.panic();

    expect(out.map(({ type, payload }) => [type, payload['size'] ?? ''])).toEqual([
      ['trades.order.cancel_requested', ''],
      ['trades.order.cancelled', ''],
      ['trades.order.submitted', 10],
      ['trades.order.accepted', ''],
    ]);
    h.tick(99);
    expect(h.position()).toBe(0);
  });

  it('flattens symbols in the order of their names, whichever traded first', () => {
    const h = new Harness();
    for (const symbol of ['ZZZ', 'AAA', 'MMM']) h.enter({ symbol });

    const symbols = h.kill().filter(({ type }) => type === 'trades.order.submitted');

    expect(symbols.map(({ payload }) => payload['symbol'])).toEqual(['AAA', 'MMM', 'ZZZ']);
  });

  it('cancels pending entries, and only those, when the governor forbids new trades', () => {
    const h = new Harness();
    h.enter();
    h.request({ type: 'LIMIT', limit_price: 99 });

    h.give(
      RiskGovernorChanged.create({
        level: 'DEFENSIVE',
        previous_level: 'NORMAL',
        size_multiplier: 0.5,
        leverage_multiplier: 0.5,
        exposure_multiplier: 0.6,
        allow_new_trades: false,
        breakers: [],
        reasons: ['DRAWDOWN'],
      }),
    );

    expect(h.live()).toMatchObject([{ intent: 'STOP' }]);
    expect(h.position()).toBe(10);
  });
});

describe('execution engine, modes', () => {
  it('in logging_only ends every order as logged: no fill, no position', () => {
    const h = new Harness({ ...PLAIN, mode: 'logging_only' });

    const out = h.request();
    h.bar({ open: 100, high: 101, low: 90, close: 95 });
    h.kill();

    expect(h.types(out)).toEqual(['trades.order.logged']);
    expect(h.log).toHaveLength(1);
  });

  it('in live refuses to start without a venue, by code', () => {
    let thrown: unknown;
    try {
      executionComponent({ mode: 'live' });
    } catch (error) {
      thrown = error;
    }

    expect(hasCode(thrown, 'QT_EXECUTION_NO_LIVE_VENUE')).toBe(true);
  });

  it('trades the same on recorded ticks in paper as in backtest', () => {
    const run = (mode: 'paper' | 'backtest') => {
      const h = new Harness({ ...PLAIN, mode, recordedBars: false });
      for (const price of [100, 101, 102, 97.5, 103]) {
        if (price === 101) h.request();
        h.tick(price, { at: h.now + 1_000_000 });
      }
      return h.log;
    };

    expect(run('paper')).toEqual(run('backtest'));
    expect(run('paper').length).toBeGreaterThan(5);
  });

  it('is described as a component whose options cross a thread', () => {
    const component = executionComponent({ mode: 'backtest' });

    expect(component).toMatchObject({ name: 'execution_engine', owner: 'symbol' });
    expect(component.broadcast).toEqual(
      expect.arrayContaining(['risk.evaluation.complete', 'risk.kill_switch.activated', 'system.panic_close']),
    );
    expect(structuredClone(component.options)).toEqual(component.options);
  });
});

describe('execution engine, at the door', () => {
  it('denies a request whose evaluation it has not seen, with the checks that decided', () => {
    const options = resolveExecutionOptions(PLAIN);
    const h = new Harness(PLAIN, undefined, riskDoor(options));
    h.tick(100);

    const [denied] = h.request();

    expect(denied).toMatchObject({ type: 'trades.request.denied', payload: { reason: 'EVALUATION_UNKNOWN' } });
    expect(denied?.payload['checks']).not.toEqual([]);
  });

  it('lets one request through for one approved evaluation, within its size', () => {
    const h = new Harness(PLAIN, undefined, riskDoor(resolveExecutionOptions(PLAIN)));
    h.tick(100);
    const approve = (evaluation_id: string) =>
      h.give(
        RiskEvaluationComplete.create({
          evaluation_id,
          signal_id: 'sig_1',
          decision: 'APPROVED',
          risk_dimensions: { trade_risk_passed: true, daily_risk_passed: true, drawdown_passed: true, system_integrity_passed: true },
          position_allowed: {
            symbol: 'SPX',
            direction: 'LONG',
            max_size: 10,
            max_risk_usd: 20,
            entry_price: 100,
            stop_loss: 98,
            size_multiplier: 1,
            max_notional_usd: 1_000,
            leverage: 1,
          },
          checks: [],
          policy_version: 1,
          expires_at: h.now + 300_000_000,
        }),
      );
    approve('ev_a');
    approve('ev_b');

    const first = h.request({ evaluation_id: 'ev_a' });
    const again = h.request({ evaluation_id: 'ev_a' });
    const large = h.request({ evaluation_id: 'ev_b', size: 11 });

    expect(h.types(first)).toEqual(['trades.order.submitted', 'trades.order.accepted']);
    expect([again, large].map(([out]) => out?.payload['reason'])).toEqual(['EVALUATION_USED', 'SIZE_ABOVE_MAX']);
  });
});
