import { beforeEach, describe, expect, test } from 'vitest';
import { hasCode } from '../../../src/base/index.ts';
import type { EventInput } from '../../../src/event/index.ts';
import {
  EnsemblePredictionNew,
  OrchestratorPolicyUpdated,
  PolicyUpdated,
  PositionClosed,
  PositionOpened,
  RegimeClassificationUpdate,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  SignalGenerated,
  SignalsAdvisoryNew,
  type RegimeClassificationUpdatePayload,
  type SignalGeneratedPayload,
} from '../../../src/model/index.ts';
import {
  advisoryComponent,
  createAdvisoryState,
  resolveAdvisoryOptions,
  step,
  type AdvisoryState,
} from '../../../src/trading/advisory/index.ts';
import { candleAt, MINUTE_US, START_US, toEvent } from '../../support/chain.ts';

const CANDLES = 120;
const NOW_US = START_US + CANDLES * MINUTE_US;
const LAST_CLOSE = 100 + (CANDLES - 1) * 0.1;

let state: AdvisoryState;

function send(...inputs: EventInput[]): EventInput[] {
  return inputs.flatMap((input) => step(state, toEvent(input)));
}

const candles = (count = CANDLES): EventInput[] =>
  Array.from({ length: count }, (_, i) => candleAt(i, { close: 100 + i * 0.1 - (i % 3) * 0.05 }));

function regime(values: Partial<RegimeClassificationUpdatePayload> = {}): EventInput {
  return RegimeClassificationUpdate.create(
    {
      symbol: 'BTCUSDT',
      regime: 'TRENDING',
      confidence: 0.8,
      previous_regime: 'TRENDING',
      changed: false,
      regime_detail: 'TREND_UP',
      volatility_state: 'NORMAL',
      adx: 35,
      atr: 1,
      atr_percent: 1,
      trend_strength: 0.8,
      ...values,
    },
    { timestamp: NOW_US },
  );
}

const regimes = (values: Partial<RegimeClassificationUpdatePayload> = {}): EventInput[] => Array.from({ length: 20 }, () => regime(values));

function signal(values: Partial<SignalGeneratedPayload> = {}, timestamp = NOW_US): EventInput {
  return SignalGenerated.create(
    {
      signal_id: 'sig_1_0',
      symbol: 'BTCUSDT',
      strategy: 'trend',
      action: 'BUY',
      entry_price: LAST_CLOSE,
      stop_loss: LAST_CLOSE - 2,
      target: LAST_CLOSE + 4,
      signal_strength: 8,
      expected_move_pct: 4,
      timeframe: '1m',
      metadata: {},
      signal_type: 'TREND_FOLLOW',
      strategy_stage: 'LIVE',
      ...values,
    },
    { timestamp },
  );
}

const gateOf = (outputs: EventInput[]): unknown => outputs.map((out) => (out.payload as { gate_failed?: string }).gate_failed ?? out.type);

beforeEach(() => {
  state = createAdvisoryState();
});

describe('a signal that passes', () => {
  test('becomes advice without power, with its stop and its expiry', () => {
    send(...candles(), ...regimes());

    const [advice, ...rest] = send(signal());

    expect(rest).toEqual([]);
    expect(advice).toMatchObject({
      type: SignalsAdvisoryNew.type,
      payload: {
        signal_id: 'sig_1_0',
        recommended_action: 'LONG',
        execution_power: 'NONE',
        regime: 'TRENDING',
        regime_fit: true,
        confidence: 0.9,
        stop_loss: LAST_CLOSE - 2,
        strategy_id: 'trend',
        expires_at: NOW_US + 300_000_000,
        latency_ms: 0,
      },
    });
  });

  test('is answered once, also when it is delivered twice', () => {
    send(...candles(), ...regimes());
    const event = toEvent(signal());

    expect(step(state, event)).toHaveLength(1);
    expect(step(state, event)).toEqual([]);
  });
});

describe('gate input_validation', () => {
  test('needs 100 candles', () => {
    send(...candles(99), ...regimes());

    expect(gateOf(send(signal({}, START_US + 99 * MINUTE_US)))).toEqual(['input_validation']);
  });

  test('needs the regime to be known (C22)', () => {
    send(...candles());

    expect(gateOf(send(signal()))).toEqual(['input_validation']);
  });

  test('needs a market event of the last five seconds of logical time', () => {
    send(...candles(), ...regimes());

    expect(gateOf(send(signal({}, NOW_US + 5_000_001)))).toEqual(['input_validation']);
    expect(gateOf(send(signal({}, NOW_US + 5_000_000)))).toEqual([SignalsAdvisoryNew.type]);
  });

  test('needs volume', () => {
    send(...candles(CANDLES - 1), candleAt(CANDLES - 1, { close: LAST_CLOSE, volume: 0 }), ...regimes());

    expect(gateOf(send(signal()))).toEqual(['input_validation']);
  });

  test('needs the stop on the losing side', () => {
    send(...candles(), ...regimes());

    expect(gateOf(send(signal({ stop_loss: LAST_CLOSE })))).toEqual(['input_validation']);
    expect(gateOf(send(signal({ action: 'SELL', stop_loss: LAST_CLOSE - 1, target: LAST_CLOSE - 4 })))).toEqual(['input_validation']);
  });
});

test('gate edge_score refuses a short signal against a rising market', () => {
  send(...candles(), ...regimes());

  const outputs = send(signal({ action: 'SELL', stop_loss: LAST_CLOSE + 2, target: LAST_CLOSE - 4 }));

  expect(gateOf(outputs)).toEqual(['edge_score']);
});

describe('gate confidence_floor', () => {
  test('refuses what is below 0.6', () => {
    send(...candles(), ...regimes());

    expect(gateOf(send(signal({ signal_strength: 1 })))).toEqual(['confidence_floor']);
  });

  test('is not lowered by a policy of 0.55 (C18)', () => {
    send(...candles(), ...regimes(), policy(1, 0.55));

    expect(gateOf(send(signal({ signal_strength: 1.6 })))).toEqual(['confidence_floor']);
  });

  test('is raised by a policy and by the orchestrator, and an old policy is ignored (C24)', () => {
    send(...candles(), ...regimes(), policy(2, 0.95), policy(1, 0.6));
    expect(gateOf(send(signal()))).toEqual(['confidence_floor']);

    send(policy(3, 0.6));
    expect(gateOf(send(signal()))).toEqual([SignalsAdvisoryNew.type]);

    send(orchestrator(0.95));
    expect(gateOf(send(signal()))).toEqual(['confidence_floor']);
  });

  test('falls with the age of the signal, and at 300 s it has expired', () => {
    // Confidence is 0.9 when new.
    const late = (seconds: number): unknown => {
      state = createAdvisoryState();
      send(...candles(), ...regimes());
      const [out] = send(signal({}, NOW_US - seconds * 1_000_000));
      return out?.type === SignalsAdvisoryNew.type ? (out.payload as { confidence: number }).confidence : out?.type;
    };

    expect([0, 60, 120].map(late)).toEqual([0.9, 0.81, 0.72]);
    expect(late(300)).toBe('signals.advisory.expired');
  });

  test('counts votes of the models for this side, and their disagreement', () => {
    const vote = (p_up: number, confidence: number) => ({ model_name: 'm', version: '1', p_up, confidence });
    const prediction = (votes: ReturnType<typeof vote>[]): EventInput =>
      EnsemblePredictionNew.create(
        { symbol: 'BTCUSDT', p_up: 0.8, confidence: 0.8, agreement: 1, quorum: true, votes, model_version: '1' },
        { timestamp: NOW_US },
      );
    send(...candles(), ...regimes());

    send(prediction([vote(0.9, 0.9), vote(0.9, 0.9)]));
    const [united] = send(signal());
    send(prediction([vote(0.9, 0.9), vote(0.1, 0.9)]));
    const [divided] = send(signal());

    expect((united!.payload as { confidence: number }).confidence).toBe(0.95);
    expect(gateOf([divided as EventInput])).toEqual([SignalsAdvisoryNew.type]);
    expect((divided!.payload as { confidence: number }).confidence).toBe(0.6);
  });
});

describe('gate regime_fit', () => {
  test('refuses trend following in a range, however good it looks (C21)', () => {
    send(...candles(), ...regimes({ regime: 'RANGING', regime_detail: 'RANGE_LOW_VOL', trend_strength: 1 }));

    const outputs = send(signal({ signal_strength: 10, target: LAST_CLOSE + 20 }));

    expect(gateOf(outputs)).toEqual(['regime_fit']);
  });
});

describe('kill switch', () => {
  const activated = (id: string): EventInput =>
    RiskKillSwitchActivated.create({
      trigger: 'daily_loss_exceeded',
      trigger_value: -5.2,
      threshold: -5,
      severity: 'CRITICAL',
      action_taken: 'flatten',
      human_override_required: true,
      unit: 'percent',
      kill_switch_id: id,
      latched_at: NOW_US,
      drill: false,
    });
  const reset = (id: string): EventInput =>
    RiskKillSwitchReset.create({
      kill_switch_id: id,
      reset_by: 'operator',
      review_id: 'r1',
      scope: ['acct:main'],
      new_hwm_usd: 1,
      new_day_start_usd: 1,
      scaling_level: 1,
    });

  test('halts every signal until the latch is reset by name', () => {
    send(...candles(), ...regimes(), activated('ks_1'));
    expect(gateOf(send(signal()))).toEqual(['halted']);

    send(reset('ks_other'));
    expect(gateOf(send(signal()))).toEqual(['halted']);

    send(reset('ks_1'));
    expect(gateOf(send(signal()))).toEqual([SignalsAdvisoryNew.type]);
  });
});

test('a strategy in the shadow, or of no stage, is scored and goes no further', () => {
  send(...candles(), ...regimes());
  const { strategy_stage: _, ...stageless } = signal().payload as SignalGeneratedPayload;

  const shadow = send(signal({ strategy_stage: 'SHADOW' }));
  const none = send(SignalGenerated.create(stageless, { timestamp: NOW_US }));

  for (const [out] of [shadow, none]) {
    expect(out?.payload).toMatchObject({ gate_failed: 'halted', inputs_summary: { stage: 'SHADOW', confidence: 0.9 } });
  }
});

test('a bad feed lowers confidence', () => {
  send(...candles(), ...regimes());

  const [good] = send(signal());
  send({ type: 'market.quality.update', payload: { symbol: 'BTCUSDT', quality: 0.5, age_ms: 0 }, key: 'BTCUSDT' });
  const [bad] = send(signal());

  expect((bad!.payload as { confidence: number }).confidence).toBeCloseTo((good!.payload as { confidence: number }).confidence - 0.15, 4);
});

describe('outcomes', () => {
  const open = (n: number): EventInput =>
    PositionOpened.create({
      position_id: `pos_${n}`,
      symbol: 'BTCUSDT',
      direction: 'LONG',
      size: 1,
      entry_price: 100,
      stop_loss: 98,
      risk_amount: 2,
      signal_id: `sig_${n}_0`,
    });
  const close = (n: number, pnl: number, timestamp = NOW_US): EventInput =>
    PositionClosed.create(
      {
        position_id: `pos_${n}`,
        symbol: 'BTCUSDT',
        direction: 'LONG',
        entry_price: 100,
        exit_price: 100 + pnl,
        size: 1,
        realized_pnl: pnl,
        realized_pnl_percent: pnl,
        hold_duration_seconds: 60,
        exit_reason: pnl > 0 ? 'take_profit' : 'stop',
      },
      { timestamp },
    );
  const trade = (n: number, pnl: number, timestamp?: number): EventInput[] =>
    send(signal({ signal_id: `sig_${n}_0` }), open(n), close(n, pnl, timestamp)).filter((out) => out.type !== SignalsAdvisoryNew.type);

  test('wins raise the score of the next signal and losses lower it', () => {
    send(...candles(), ...regimes());
    const score = (): number => (send(signal({ signal_id: 'probe' }))[0]!.payload as { edge_score: number }).edge_score;
    const before = score();

    for (let n = 0; n < 20; n++) trade(n, 5);
    const won = score();
    for (let n = 20; n < 80; n++) trade(n, -5);

    expect(won).toBeGreaterThan(before);
    expect(score()).toBeLessThan(before);
  });

  test('a bucket that misses its promise by more than ten points is reported after 50 outcomes, once an hour', () => {
    send(...candles(), ...regimes());

    const reports = Array.from({ length: 60 }, (_, n) => trade(n, -5)).flatMap((outputs, n) => outputs.map((out) => ({ out, n })));
    const later = trade(60, -5, NOW_US + 3_600_000_000);

    expect(reports).toHaveLength(1);
    expect(reports[0]?.n).toBeGreaterThanOrEqual(50);
    expect(reports[0]?.out.payload).toMatchObject({ actual_winrate: 0 });
    expect(later).toHaveLength(1);
  });

  test('a position of unknown origin teaches nothing', () => {
    send(...candles(), ...regimes());

    expect(send(open(99), close(99, -5))).toEqual([]);
  });
});

test('a confidence floor among the options is refused', () => {
  for (const name of ['confidenceFloor', 'minConfidence', 'confidenceMin']) {
    expect(() => resolveAdvisoryOptions({ [name]: 0.3 })).toThrow(
      expect.toSatisfy((error: unknown) => hasCode(error, 'QT_OPTION_INVALID')),
    );
  }
});

test('the component sees policy and kill switch on every instance', () => {
  expect(advisoryComponent()).toMatchObject({
    name: 'signal_advisory',
    owner: 'symbol',
    broadcast: ['policy.updated', 'orchestrator.policy.updated', 'risk.kill_switch.activated', 'risk.kill_switch.reset'],
  });
});

function policy(version: number, floor: number): EventInput {
  return PolicyUpdated.create({
    risk_mode: 'NORMAL',
    allowed_strategies: [],
    global_min_confidence: floor,
    max_risk_per_trade: 0.01,
    max_positions: 3,
    version,
  });
}

function orchestrator(floor: number): EventInput {
  return OrchestratorPolicyUpdated.create({
    allow_new_trades: true,
    risk_profile: 'NORMAL',
    risk_multiplier: 1,
    min_confidence: floor,
    entry_mode: 'NORMAL',
    exit_mode: 'TREND_FOLLOW',
    allowed_symbols: [],
    disallowed_symbols: [],
    note: '',
  });
}
