import { describe, expect, test } from 'vitest';
import {
  MarketCandleNew,
  PolicyUpdated,
  RiskEvaluationComplete,
  RiskGovernorChanged,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  SignalsAdvisoryNew,
  TradesRequestDenied,
  TradesRequestNew,
} from '../../../src/model/index.ts';
import { createRiskState, step as stepKernel } from '../../../src/trading/risk/index.ts';
import { fullKelly, kellyRatio, marginAllowed, sizerComponent, volTargetSteps } from '../../../src/trading/sizing/index.ts';
import { toEvent } from '../../support/chain.ts';
import { Account, payloads, riskOptions } from '../risk/account.ts';
import { Desk, SECOND_US } from './desk.ts';

describe('methods', () => {
  test('fixed risk pays for the fees of both sides (W5)', () => {
    const desk = new Desk({ feeRatio: 0.001 });

    const [request] = desk.evaluate();

    expect(request?.payload).toMatchObject({ size: 31.27, risk_percent: 0.9997019, strategy_id: 's1', type: 'MARKET', direction: 'LONG' });
    expect(request?.payload).toHaveProperty('risk_amount', 99.97019);
  });

  test('Kelly is a quarter, capped, and never negative (W6)', () => {
    expect(fullKelly(0.5, 1.5)).toBeCloseTo(0.166667, 6);
    expect(0.25 * fullKelly(0.5, 1.5)).toBeCloseTo(0.041667, 6);
    expect(kellyRatio(0.5, 1.5, 0.02)).toBe(0.02);
    expect(fullKelly(0.4, 1)).toBeCloseTo(-0.2, 12);
    expect(kellyRatio(0.4, 1, 0.02)).toBe(0);
  });

  test('Kelly with bad odds requests nothing (C23), with too few trades half of fixed risk', () => {
    const desk = new Desk({ method: 'kelly' });
    const young = desk.size();
    for (let i = 0; i < 30; i++) desk.trade(i % 5 < 2 ? 10 : -10);

    expect([young, desk.size()]).toEqual([16.66, 'KELLY']);
  });

  test('Kelly with good odds is at most the policy', () => {
    const desk = new Desk({ method: 'kelly' });
    for (let i = 0; i < 30; i++) desk.trade(i % 2 === 0 ? 15 : -10);

    expect(desk.size()).toBe(33.33);
  });

  test('a volatility target of 20 % at 2 % a day is 625 units (W7)', () => {
    expect(volTargetSteps(100_000e6, 0.2, 100, 0.02, { step: 1, multiplier: 1, minSize: 1, minNotional: 0 })).toBe(625);
  });

  test('a volatility target needs 36 daily returns', () => {
    const desk = new Desk({ method: 'vol_target', policyRiskRatio: 0.02, initialEquityUsd: 10_000 });
    const unknown = desk.size();
    for (let day = 0; day < 37; day++) {
      const close = day % 2 === 0 ? 100 : 102;
      desk.now += 86_400 * SECOND_US;
      desk.send(MarketCandleNew, { symbol: 'AAA', timeframe: '1d', open: close, high: close, low: close, close, volume: 1 });
    }

    expect(unknown).toBe('VOLATILITY_UNKNOWN');
    expect(desk.size()).toBeCloseTo((10_000 * 0.2) / 16 / (100 * 0.0198), 0);
  });
});

describe('factors', () => {
  test('overlap and are never multiplied: at 6 % drawdown the kernel says .75, the sizer uses .70 (C14)', () => {
    const desk = new Desk();
    desk.status({ drawdown_from_hwm: 0.06 });

    expect(desk.size({ size_multiplier: 0.75 })).toBe(23.33);
  });

  test.each([
    [{ drawdown_from_hwm: 0.029 }, 33.33],
    [{ drawdown_from_hwm: 0.03 }, 28.33],
    [{ drawdown_from_hwm: 0.05 }, 23.33],
    [{ drawdown_from_hwm: 0.08 }, 'DRAWDOWN'],
    [{ loss_streak: 2 }, 33.33],
    [{ loss_streak: 3 }, 25],
    [{ loss_streak: 5 }, 16.66],
    [{ loss_streak: 6 }, 'LOSS_STREAK'],
  ])('%o gives %s', (status, expected) => {
    const desk = new Desk();
    desk.status(status);

    expect(desk.size()).toBe(expected);
  });

  test('the tables are options, so that a long backtest need not stop for good', () => {
    const desk = new Desk({
      streakTable: [
        [3, 1],
        [1_000, 0.5],
      ],
      drawdownTable: [[1, 0.9]],
    });
    desk.status({ loss_streak: 12, drawdown_from_hwm: 0.3 });

    expect(desk.size()).toBe(16.66);
    expect(() =>
      sizerComponent({
        streakTable: [
          [3, 0.5],
          [4, 1],
        ],
      }),
    ).toThrow(/streakTable/);
    expect(() =>
      sizerComponent({
        drawdownTable: [
          [0.05, 1],
          [0.03, 0.5],
        ],
      }),
    ).toThrow(/drawdownTable/);
  });

  test('volatility shrinks it, an unknown one most', () => {
    const sizes = (['LOW', 'NORMAL', 'HIGH', 'EXTREME'] as const).map((state) => {
      const desk = new Desk();
      desk.calm(state);
      return desk.size();
    });
    const unknown = new Desk({ instruments: { BBB: { step: 0.01 } } }).size({ symbol: 'BBB' });

    expect(sizes).toEqual([33.33, 25, 16.66, 8.33]);
    expect(unknown).toBe(8.33);
  });

  test('the governor and the policy count', () => {
    const desk = new Desk();
    const governor = {
      level: 'DEFENSIVE',
      previous_level: 'NORMAL',
      size_multiplier: 0.5,
      leverage_multiplier: 1,
      exposure_multiplier: 1,
    } as const;
    desk.send(RiskGovernorChanged, { ...governor, allow_new_trades: true, breakers: [], reasons: [] });
    const halved = desk.size();
    const policy = { risk_mode: 'DEFENSIVE', global_min_confidence: 0.75, max_positions: 3, max_risk_per_trade: 0.005 } as const;
    desk.send(PolicyUpdated, { ...policy, allowed_strategies: ['s1'], version: 2 });
    const defensive = desk.size();
    desk.send(PolicyUpdated, { ...policy, allowed_strategies: ['s1'], max_risk_per_trade: 0.02, version: 1 });

    expect([halved, defensive, desk.size()]).toEqual([16.66, 8.33, 8.33]);
  });
});

describe('caps', () => {
  test('margin at level 1 with 1 000 is at most 50, leverage at most 2 (C52)', () => {
    const desk = new Desk({ caps: 'on', initialEquityUsd: 1_000, scalingLevel: 1 });

    const [request] = desk.evaluate({ leverage: 5, stop_loss: 99.9 });

    expect(request?.payload).toMatchObject({ size: 1, leverage: 2 });
  });

  test.each([
    [9_999, 499.95],
    [10_000, 400],
    [50_000, 1_500],
    [100_000, 2_000],
  ])('with %d the margin of a trade is at most %d', (equity, margin) => {
    const calm = { used: 0, level: 4, volatility: 'LOW', drawdownRatio: 0, lossStreak: 0 } as const;

    expect(marginAllowed({ ...calm, equity: equity * 1e6 })).toBe(margin * 1e6);
  });

  test('a reserve of 10, 20, 30 or 40 % stays free', () => {
    const room = (used: number, rest: object): number =>
      marginAllowed({ equity: 10_000e6, used: used * 1e6, level: 4, volatility: 'LOW', drawdownRatio: 0, lossStreak: 0, ...rest }) / 1e6;

    expect([
      room(8_900, {}),
      room(7_900, { volatility: 'HIGH' }),
      room(6_900, { drawdownRatio: 0.05 }),
      room(5_900, { lossStreak: 3 }),
    ]).toEqual([100, 100, 100, 100]);
    expect(room(9_500, {})).toBe(0);
  });

  test('never above max_size', () => {
    expect(new Desk().size({ max_size: 10 })).toBe(10);
    expect(new Desk().size({ max_risk_usd: 20 })).toBe(6.66);
  });
});

describe('requests', () => {
  test('one for each evaluation, void after its lifetime', () => {
    const desk = new Desk({ requestLifetimeMs: 86_400_000, orderType: 'LIMIT' });
    const [request] = desk.evaluate({}, { evaluation_id: 'ev_same' });

    expect(request?.payload).toMatchObject({ evaluation_id: 'ev_same', expires_at: desk.now + 86_400 * SECOND_US, limit_price: 100 });
    expect(desk.evaluate({}, { evaluation_id: 'ev_same' })).toHaveLength(0);
  });

  test('a MODIFIED evaluation gives a request within max_size, a VETOED one nothing (C2)', () => {
    const desk = new Desk();

    expect(desk.size({ max_size: 12 }, { decision: 'MODIFIED' })).toBe(12);
    expect(desk.size({}, { decision: 'VETOED' })).toBe('NOTHING');
  });

  test('none after expiry, while killed, or for a signal nobody saw', () => {
    const desk = new Desk();
    const late = desk.size({}, { expires_at: desk.now });
    const [unseen] = desk.send(RiskEvaluationComplete, desk.evaluation('sig_unseen', {}));
    const latch = {
      kill_switch_id: 'ks',
      latched_at: desk.now,
      drill: false,
      unit: 'count',
      action_taken: '',
      severity: 'CRITICAL',
    } as const;
    desk.send(RiskKillSwitchActivated, { ...latch, trigger: 'manual', trigger_value: 1, threshold: 1, human_override_required: true });
    const killed = desk.size();
    const reset = { kill_switch_id: 'ks', reset_by: 'op', review_id: 'r', new_hwm_usd: 1, new_day_start_usd: 1, scaling_level: 1 } as const;
    desk.send(RiskKillSwitchReset, { ...reset, scope: [] });

    expect([late, killed]).toEqual(['EVALUATION_EXPIRED', 'KILL_ACTIVE']);
    expect(unseen?.payload).toMatchObject({ reason: 'SIGNAL_UNKNOWN' });
    expect(desk.size()).toBe(33.33);
    expect(desk.state.scalingLevel).toBe(1);
  });

  test('with nothing to trade the denial makes the kernel release what it reserved', () => {
    const account = new Account();
    const kernel = createRiskState(riskOptions());
    const desk = new Desk();
    desk.status({ loss_streak: 6 });
    const signal = account.signalPayload();
    const candle = { symbol: 'AAA', timeframe: '1m', open: 100, high: 100, low: 100, close: 100, volume: 1 } as const;
    stepKernel(kernel, toEvent(MarketCandleNew.create(candle), { seq: 1 }));
    const evaluated = stepKernel(kernel, toEvent(SignalsAdvisoryNew.create(signal), { seq: 2 }));
    desk.send(SignalsAdvisoryNew, signal);
    const [denied] = desk.send(RiskEvaluationComplete, payloads(evaluated, RiskEvaluationComplete)[0] as never);

    const released = stepKernel(kernel, toEvent(denied as never, { seq: 3 }));

    expect(denied).toMatchObject({ type: TradesRequestDenied.type, payload: { reason: 'LOSS_STREAK' } });
    expect(released[0]).toMatchObject({ type: 'risk.exposure.released', payload: { cause: 'DENIED', notional_usd: 1_000 } });
  });

  test('what the kernel allows, sized, passes as one request', () => {
    const account = new Account();
    const desk = new Desk();
    const signal = account.signalPayload();
    account.candle('AAA');
    const [evaluation] = payloads(account.send(SignalsAdvisoryNew, signal), RiskEvaluationComplete);
    desk.send(SignalsAdvisoryNew, signal);

    const outs = desk.send(RiskEvaluationComplete, evaluation as never);

    expect(outs).toHaveLength(1);
    expect(outs[0]).toMatchObject({ type: TradesRequestNew.type, payload: { size: 10 } });
  });
});

test('the component is named as its events are', () => {
  expect(sizerComponent()).toMatchObject({
    name: 'position_sizer',
    owner: 'account',
    patterns: expect.arrayContaining(['risk.evaluation.complete']),
  });
});
