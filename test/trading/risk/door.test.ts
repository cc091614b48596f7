import { describe, expect, test } from 'vitest';
import {
  PolicyUpdated,
  RiskEvaluationComplete,
  RiskGovernorChanged,
  RiskKillSwitchActivated,
  type RiskEvaluationCompletePayload,
  type TradesRequestNewPayload,
} from '../../../src/model/index.ts';
import {
  checkRequest,
  createDoorState,
  onEvaluation,
  onSafety,
  type DoorOptions,
  type DoorState,
} from '../../../src/trading/risk/index.ts';
import { START_US, toEvent } from '../../support/chain.ts';
import { Account, SECOND_US } from './account.ts';

function aggressive(): RiskEvaluationCompletePayload {
  const account = new Account({ exposureCaps: 'off', instruments: { BTC: { step: 0.01 } } });
  const policy = { risk_mode: 'AGGRESSIVE', global_min_confidence: 0.6, max_positions: 3 } as const;
  account.send(PolicyUpdated, { ...policy, allowed_strategies: ['s1'], max_risk_per_trade: 0.02, version: 1 });
  return account.signal({ symbol: 'BTC', entry_price: 50_000, stop_loss: 49_000 });
}

function opened(options: DoorOptions = {}): { door: DoorState; evaluation: RiskEvaluationCompletePayload } {
  const door = createDoorState(options);
  const evaluation = aggressive();
  onEvaluation(door, toEvent(RiskEvaluationComplete.create(evaluation)));
  return { door, evaluation };
}

function request(overrides: Partial<TradesRequestNewPayload> = {}): TradesRequestNewPayload {
  return {
    request_id: 'req_1_0',
    evaluation_id: aggressive().evaluation_id,
    symbol: 'BTC',
    direction: 'LONG',
    size: 0.2,
    entry_price: 50_000,
    stop_loss: 49_000,
    risk_amount: 200,
    risk_percent: 2,
    signal_id: 's',
    strategy_id: 's1',
    type: 'MARKET',
    expires_at: START_US + 30 * SECOND_US,
    leverage: 1,
    ...overrides,
  };
}

function reason(door: DoorState, overrides: Partial<TradesRequestNewPayload> = {}, now = START_US, last: number | null = 50_000): string {
  const answer = checkRequest(door, request(overrides), now, last);
  return answer.ok ? 'OK' : answer.reason;
}

describe('the guard at the door', () => {
  test('2 % risk passes, 2.5 % fails, a stop 4 % away is too far (W16)', () => {
    expect(reason(opened().door)).toBe('OK');
    expect(reason(opened().door, { size: 0.25 })).toBe('SIZE_ABOVE_MAX');
    expect(reason(opened().door, { stop_loss: 48_000 })).toBe('STOP_TOO_FAR');
  });

  test.each([
    [{ evaluation_id: 'ev_other' }, 'EVALUATION_UNKNOWN'],
    [{ stop_loss: 48_999 }, 'STOP_LOOSER'],
    [{ stop_loss: 50_001 }, 'STOP_WRONG_SIDE'],
    [{ symbol: 'ETH' }, 'REQUEST_MISMATCH'],
    [{ direction: 'SHORT' as const, stop_loss: 51_000 }, 'REQUEST_MISMATCH'],
    [{ entry_price: 50_600, stop_loss: 50_000 }, 'PRICE_AWAY'],
    [{ size: Number.NaN }, 'NOT_FINITE'],
    [{ expires_at: START_US }, 'REQUEST_EXPIRED'],
  ])('refuses %o with %s', (overrides, expected) => {
    expect(reason(opened().door, overrides)).toBe(expected);
  });

  test('a tighter stop passes, an unknown last price does not, 1 % away does', () => {
    expect(reason(opened().door, { stop_loss: 49_500 })).toBe('OK');
    expect(reason(opened().door, {}, START_US, null)).toBe('PRICE_AWAY');
    expect(reason(opened().door, { entry_price: 50_500, stop_loss: 49_600 })).toBe('OK');
  });

  test('an evaluation opens it once, even if it is delivered again', () => {
    const { door, evaluation } = opened();
    const first = reason(door);
    onEvaluation(door, toEvent(RiskEvaluationComplete.create(evaluation)));

    expect([first, reason(door, { request_id: 'req_2_0' })]).toEqual(['OK', 'EVALUATION_USED']);
  });

  test('an expired evaluation does not open it', () => {
    const { door, evaluation } = opened();

    expect(reason(door, { expires_at: evaluation.expires_at + 1 }, evaluation.expires_at)).toBe('EVALUATION_EXPIRED');
  });

  test('a kill and the governor close it', () => {
    const { door } = opened();
    const governed = opened().door;
    const kill = { trigger: 'manual', trigger_value: 1, threshold: 1, severity: 'CRITICAL', action_taken: '', unit: 'count' } as const;
    const latch = { human_override_required: true, kill_switch_id: 'ks', latched_at: START_US, drill: false };
    onSafety(door, toEvent(RiskKillSwitchActivated.create({ ...kill, ...latch })));
    const multipliers = { size_multiplier: 0, leverage_multiplier: 0, exposure_multiplier: 0, breakers: [], reasons: [] };
    const level = { level: 'EMERGENCY', previous_level: 'NORMAL', allow_new_trades: false } as const;
    onSafety(governed, toEvent(RiskGovernorChanged.create({ ...level, ...multipliers })));

    expect([reason(door), reason(governed)]).toEqual(['KILL_ACTIVE', 'GOVERNOR_NO_NEW_TRADES']);
  });

  test('lets through no more requests a second than the venue takes', () => {
    const door = createDoorState({ ordersPerSecondMax: 1 });
    for (const id of ['a', 'b']) onEvaluation(door, toEvent(RiskEvaluationComplete.create({ ...aggressive(), evaluation_id: id })));

    expect(reason(door, { evaluation_id: 'a' })).toBe('OK');
    expect(reason(door, { evaluation_id: 'b' })).toBe('ORDER_RATE');
    expect(reason(door, { evaluation_id: 'b' }, START_US + SECOND_US)).toBe('OK');
  });
});
