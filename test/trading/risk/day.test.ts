import { describe, expect, test } from 'vitest';
import {
  MarketFeedGap,
  RiskDailyStatusUpdate,
  RiskExposureReleased,
  RiskExposureReserved,
  RiskKillSwitchReset,
  TradesOrderCancelled,
  TradesOrderPartiallyFilled,
  TradesOrderRejected,
  TradesRequestDenied,
  type RiskDailyStatusUpdatePayload,
} from '../../../src/model/index.ts';
import { Account, DAY_US, HOUR_US, payloads, SECOND_US } from './account.ts';

function lastStatus(account: Account): RiskDailyStatusUpdatePayload {
  return payloads(account.log, RiskDailyStatusUpdate).at(-1) as RiskDailyStatusUpdatePayload;
}

describe('daily loss (W17)', () => {
  test('-3 % trades, -4 % does not, -5 % kills', () => {
    const account = new Account();

    account.close(-300);
    const at3 = account.signal();
    account.close(-100);
    const at4 = account.signal({ symbol: 'BBB' });
    expect(account.kills()).toHaveLength(0);
    account.close(-100);

    expect([at3.decision, at4.veto_reason]).toEqual(['MODIFIED', 'DAILY_NEAR_LIMIT']);
    expect(account.kills()).toMatchObject([{ trigger: 'daily_loss_exceeded', trigger_value: -5, threshold: -5, unit: 'percent' }]);
  });

  test('one micro-unit above -5 % does not kill', () => {
    const account = new Account();

    account.close(-499.999999);

    expect(account.kills()).toHaveLength(0);
  });

  test('realized and unrealized losses add up', () => {
    const account = new Account();
    for (let i = 0; i < 3; i++) account.mark(97.5);
    account.close(-300);

    expect(account.kills()).toMatchObject([{ trigger_value: -5.5 }]);
    expect(lastStatus(account)).toMatchObject({
      daily_pnl_percent: -5.5,
      daily_pnl_usd: -550,
      equity_usd: 9_450,
      risk_budget_remaining: 0,
    });
  });

  test('the status is published before the kill it explains', () => {
    const account = new Account();
    account.mark(100);

    const types = account.close(-520).map((draft) => draft.type);

    expect(types).toEqual(['risk.daily_status.update', 'risk.kill_switch.activated']);
  });

  test('the base is re-taken only when the day rolls', () => {
    const account = new Account({ limits: { drawdownVetoRatio: 0.5, drawdownKillRatio: 0.6 } });
    account.close(-300);
    account.now += DAY_US;
    account.close(-100);
    const before = lastStatus(account).daily_pnl_percent;
    account.rollDay();

    expect(before).toBe(-4);
    expect(lastStatus(account).daily_pnl_percent).toBe(0);
    expect(account.signal().decision).toBe('MODIFIED');
  });
});

describe('marks', () => {
  test('one bad tick kills nothing, three in a row do (C45)', () => {
    const spike = new Account();
    for (const price of [100, 10, 100, 100, 190, 100, 100]) spike.mark(price);
    const fall = new Account();
    fall.mark(100);
    fall.mark(94.9);
    fall.mark(94.9);
    expect(fall.kills()).toHaveLength(0);
    fall.mark(94.9);

    expect(spike.kills()).toHaveLength(0);
    expect(fall.kills()).toMatchObject([{ trigger: 'daily_loss_exceeded' }]);
  });

  test('a bad tick that is repeated at one instant does not confirm itself', () => {
    const account = new Account();
    account.mark(100);
    for (let i = 0; i < 5; i++) {
      account.mark(10);
      account.now -= SECOND_US;
    }

    expect(account.kills()).toHaveLength(0);
  });

  test('a confirmed move of more than 10 % in an hour kills, exactly 10 % does not', () => {
    const limits = { dailyLossKillRatio: 1, drawdownKillRatio: 1 };
    const exact = new Account({ limits });
    for (const price of [100, 100, 100, 90, 90, 90]) exact.mark(price, { size: 1 });
    const more = new Account({ limits });
    for (const price of [100, 100, 100, 89.9, 89.9, 89.9]) more.mark(price, { size: 1 });
    const slow = new Account({ limits });
    for (const price of [100, 100, 100]) slow.mark(price, { size: 1 });
    slow.now += 2 * HOUR_US;
    for (const price of [89, 89, 89]) slow.mark(price, { size: 1 });

    expect(exact.kills()).toHaveLength(0);
    expect(more.kills()).toMatchObject([{ trigger: 'flash_crash', severity: 'CRITICAL' }]);
    expect(slow.kills()).toHaveLength(0);
    for (const price of [80, 80, 80]) slow.mark(price, { size: 1 });
    expect(slow.kills()).toMatchObject([{ trigger: 'flash_crash' }]);
  });

  test('more than 20 % within a day is a black swan', () => {
    const account = new Account({ limits: { dailyLossKillRatio: 1, drawdownKillRatio: 1 } });
    for (const price of [100, 100, 100]) account.mark(price, { size: 1 });
    account.now += 5 * HOUR_US;
    for (const price of [79, 79, 79]) account.mark(price, { size: 1 });

    expect(account.kills()).toMatchObject([{ trigger: 'black_swan', severity: 'EMERGENCY', threshold: 20 }]);
  });

  test('a venue lost for more than 30 s with a position kills', () => {
    const account = new Account();
    account.mark(100);
    account.send(MarketFeedGap, { symbol: 'AAA', from: account.now, to: account.now, missing: 0, cause: 'DISCONNECT' });
    account.now += 30 * SECOND_US;
    account.candle('BBB');
    expect(account.kills()).toHaveLength(0);
    account.now += 1;
    account.candle('BBB');

    expect(account.kills()).toMatchObject([{ trigger: 'venue_lost', threshold: 30, unit: 'seconds' }]);
  });
});

describe('drawdown', () => {
  test('8 % refuses entries, 20 % kills, a new day forgives neither', () => {
    const account = new Account({ limits: { dailyLossKillRatio: 0.9, dailyLossVetoRatio: 0.9, intradayDrawdownRatioMax: 0.9 } });
    const vetoes: (string | undefined)[] = [];
    for (let loss = 0; loss < 21 && account.kills().length === 0; loss++) {
      account.close(-100);
      account.now += 5 * HOUR_US;
      account.rollDay();
      vetoes.push(account.signal({ confidence: 0 }).veto_reason);
      account.close(1, { position_id: 'streak' });
      account.close(-1, { position_id: 'even' });
    }

    expect(vetoes.indexOf('DRAWDOWN')).toBe(7);
    expect(account.kills()).toMatchObject([{ trigger: 'drawdown_exceeded', trigger_value: 20, threshold: 20 }]);
    expect(vetoes).toHaveLength(20);
  });

  test('an intraday fall of 6 % from the day high allows only exits', () => {
    const account = new Account();
    account.close(400);
    account.close(-600);
    account.close(-30);

    expect(account.kills()).toHaveLength(0);
    expect(account.signal().veto_reason).toBe('REDUCE_ONLY');
  });

  test('ten losses in a row kill, break-even neither adds nor resets', () => {
    const account = new Account();
    for (let i = 0; i < 9; i++) account.close(-1);
    account.close(0);
    expect([account.kills().length, lastStatus(account).loss_streak]).toEqual([0, 9]);
    account.close(-1);

    expect(account.kills()).toMatchObject([{ trigger: 'loss_streak', trigger_value: 10 }]);
  });

  test('a reset re-bases everything, so it does not kill again at once', () => {
    const account = new Account();
    account.close(-2_500);
    const [kill] = account.kills();
    account.now += 8 * DAY_US;
    account.send(RiskKillSwitchReset, {
      kill_switch_id: kill?.kill_switch_id as string,
      reset_by: 'op',
      review_id: 'r1',
      scope: ['all'],
      new_hwm_usd: 7_500,
      new_day_start_usd: 7_500,
      scaling_level: 1,
    });
    const first = account.signal().position_allowed?.size_multiplier;
    account.now += DAY_US;
    const second = account.signal({ symbol: 'BBB' }).position_allowed?.size_multiplier;
    account.now += 5 * DAY_US;

    expect(account.kills()).toHaveLength(1);
    expect(lastStatus(account)).toMatchObject({ hwm_usd: 7_500, drawdown_from_hwm: 0, loss_streak: 0 });
    expect([first, second, account.signal({ symbol: 'CCC' }).position_allowed?.size_multiplier]).toEqual([0.25, 0.5, 1]);
  });
});

describe('reservations', () => {
  test('shrink to the request and turn into exposure fill by fill', () => {
    const account = new Account();
    const request_id = account.order(account.signal(), 8);
    expect(payloads(account.log, RiskExposureReserved).map((r) => r.notional_usd)).toEqual([1_000, 800]);

    account.send(TradesOrderPartiallyFilled, account.fillPayload({ request_id, fill_size: 3, remaining_size: 5, fees: 1 }));
    const partly = lastStatus(account);
    account.now += 2 * SECOND_US;
    account.bookFill({ request_id, fill_size: 5, fees: 1 });

    expect(payloads(account.log, RiskExposureReserved).at(-1)?.notional_usd).toBe(500);
    expect(payloads(account.log, RiskExposureReleased)).toMatchObject([{ cause: 'FILLED' }]);
    expect(partly).toMatchObject({ reserved_usd: 500, equity_usd: 9_999, open_positions: 1 });
    expect(lastStatus(account)).toMatchObject({ reserved_usd: 0, equity_usd: 9_998 });
  });

  test('fall back on reject, cancel, expiry and denial', () => {
    const account = new Account();
    const rejected = account.order(account.signal());
    const order = { order_id: 'o', symbol: 'AAA', client_order_id: 'o', intent: 'ENTRY' } as const;
    account.send(TradesOrderRejected, { ...order, request_id: rejected, reason: '', code: 'X' });
    const cancelled = account.order(account.signal());
    account.send(TradesOrderCancelled, { ...order, request_id: cancelled, filled_size: 0, cause: 'TTL' });
    const denied = account.signal();
    const denial = { request_id: 'req', evaluation_id: denied.evaluation_id, symbol: 'AAA', reason: 'SIZE_ZERO', checks: [] };
    account.send(TradesRequestDenied, denial);
    account.signal();
    account.now += 330 * SECOND_US + 1;
    account.candle('AAA');

    expect(payloads(account.log, RiskExposureReleased).map((released) => released.cause)).toEqual([
      'REJECTED',
      'EXPIRED',
      'DENIED',
      'EXPIRED',
    ]);
    expect(lastStatus(account).reserved_usd).toBe(0);
  });

  test('with an order out the clock releases nothing', () => {
    const account = new Account();
    account.order(account.signal());
    account.now += DAY_US;
    account.candle('AAA');

    expect(payloads(account.log, RiskExposureReleased)).toHaveLength(0);
  });

  test('a kill releases what has no order and keeps the rest until the cancel', () => {
    const account = new Account();
    const request_id = account.order(account.signal());
    account.signal({ symbol: 'BBB' });
    account.close(-600);
    const atKill = payloads(account.log, RiskExposureReleased).map(({ symbol, cause }) => [symbol, cause]);
    const order = { order_id: 'o', symbol: 'AAA', client_order_id: 'o', intent: 'ENTRY' } as const;
    account.send(TradesOrderCancelled, { ...order, request_id, filled_size: 0, cause: 'KILL' });

    expect(atKill).toEqual([['BBB', 'KILL']]);
    expect(payloads(account.log, RiskExposureReleased).at(-1)).toMatchObject({ symbol: 'AAA', cause: 'KILL' });
  });
});

describe('equity from fills', () => {
  test('equals what the closed position says, booked once', () => {
    const account = new Account();
    const request_id = account.order(account.signal());
    account.bookFill({ request_id, fill_size: 10, fees: 0.5 });
    account.bookFill({ request_id: 'exit', fill_size: 4, fill_price: 103, side: 'SELL', intent: 'EXIT', fees: 0.2 });
    account.bookFill({ request_id: 'exit', fill_size: 6, fill_price: 99, side: 'SELL', intent: 'EXIT', fees: 0.3 });
    account.close(5, { symbol: 'AAA' });
    account.now += 2 * SECOND_US;
    account.candle('AAA');

    expect(lastStatus(account)).toMatchObject({ equity_usd: 10_005, open_positions: 0, total_exposure_percent: 0 });
  });

  test('a fill that comes twice counts once, one through zero opens the other side', () => {
    const account = new Account();
    const buy = account.fillPayload({ request_id: 'r', fill_size: 3, fill_price: 101 });
    account.send(TradesOrderPartiallyFilled, buy);
    account.send(TradesOrderPartiallyFilled, buy);
    account.bookFill({ request_id: 'x', fill_size: 5, fill_price: 105, side: 'SELL', intent: 'EXIT', symbol: 'AAA' });

    expect(account.state.holdings.get('AAA')).toMatchObject({ steps: -20, cost: 210_000_000, finished: [12_000_000] });
    expect(account.state.equity.realized).toBe(12_000_000);
  });
});
