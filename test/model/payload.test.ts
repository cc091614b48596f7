import { describe, expect, test } from 'vitest';
import {
  ALL_EVENTS,
  AuditDecisionLog,
  ExitDecisionMade,
  EXIT_PRIORITY,
  HealthStatusChangedEvent,
  HEALTH_PRIORITY,
  ALERT_PRIORITY,
  MarketCandleNew,
  MarketOptionChain,
  MarketTickPrice,
  ModelPromotedEvent,
  OpportunitiesUpdatedEvent,
  PolicyUpdatedEvent,
  PositionClosed,
  PositionOpened,
  RegimeClassificationUpdate,
  RiskEvaluationComplete,
  RiskMode,
  SignalCompleted,
  SignalGenerated,
  SignalsAdvisoryNew,
  StrategyPromotedEvent,
  SystemKillSwitchActivated,
  TradeExecutedEvent,
  TradesRequestNew,
  type MarketCandleNewPayload,
} from '../../src/model/index.ts';
import { exampleOf, type Schema } from './schema-example.ts';

const INVALID = expect.objectContaining({ code: 'QT_EVENT_PAYLOAD_INVALID' });
const cases = ALL_EVENTS.map((definition) => ({ type: definition.type, definition, schema: definition.schema as Schema }));

describe.each(cases)('$type', ({ definition, schema }) => {
  test('creates an event from a payload with all fields', () => {
    const payload = exampleOf(schema, true) as object;

    const draft = definition.create(payload, { timestamp: 5 });

    expect(draft).toMatchObject({ type: definition.type, payload, timestamp: 5 });
    expect(Object.isFrozen(draft.payload)).toBe(true);
  });

  test('creates an event from a payload with the required fields only', () => {
    expect(() => definition.create(exampleOf(schema, false) as object)).not.toThrow();
  });

  test('keeps fields it does not know', () => {
    const draft = definition.create({ ...(exampleOf(schema, true) as object), of_a_later_version: 1 });

    expect(draft.payload).toHaveProperty('of_a_later_version', 1);
  });

  test('refuses a payload without a required field, naming it', () => {
    for (const field of schema.required ?? []) {
      const payload: Record<string, unknown> = { ...(exampleOf(schema, true) as object) };
      delete payload[field];
      expect(() => definition.create(payload)).toThrow(expect.objectContaining({ details: { type: definition.type, field } }));
    }
  });

  test('refuses numbers that are not finite', () => {
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      if (field.type !== 'number' && field.type !== 'integer') continue;
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => definition.create({ ...(exampleOf(schema, true) as object), [name]: value })).toThrow(INVALID);
      }
    }
  });

  test('has a key for every payload that fits', () => {
    for (const all of [true, false]) {
      const key = definition.keyOf?.(exampleOf(schema, all) as object);
      expect(key).toMatch(/./);
    }
  });
});

const openedBase = {
  position_id: 'pos_1',
  symbol: 'BTCUSDT',
  direction: 'LONG',
  size: 0.02,
  entry_price: 43_120.5,
  stop_loss: 42_500,
  risk_amount: 12.41,
} as const;
const closedBase = {
  position_id: 'pos_1',
  symbol: 'BTCUSDT',
  direction: 'SHORT',
  entry_price: 43_120.5,
  exit_price: 43_500,
  size: 0.02,
  realized_pnl: -7.59,
  realized_pnl_percent: -0.88,
  hold_duration_seconds: 3_600,
  exit_reason: 'stop',
} as const;
const executedBase = {
  order_id: 'o-1',
  symbol: 'BTCUSDT',
  side: 'BUY',
  size: 0.02,
  price: 43_120.5,
  strategy_id: 'ema_cross',
  model: null,
  pnl: null,
} as const;

describe('types that two source documents define', () => {
  test('position.opened takes the plain form and the one of options', () => {
    const option = {
      option_symbol: 'NIFTY24500CE',
      strike: 24_500,
      option_type: 'CE',
      quantity: 75,
      entry_premium: 120,
      stop_loss_premium: 84,
      target_premium: 174,
    } as const;

    expect(PositionOpened.fits(openedBase)).toBe(true);
    expect(PositionOpened.fits({ ...openedBase, option })).toBe(true);
  });

  test('position.closed takes the plain form and the one of options', () => {
    const option = { exit_premium: 174, realized_pnl_pct: 45, holding_duration_seconds: 5_400 };

    expect(PositionClosed.fits(closedBase)).toBe(true);
    expect(PositionClosed.fits({ ...closedBase, option })).toBe(true);
  });

  test('trade.executed takes the plain form and the one of options', () => {
    const option = {
      trade_id: 't-1',
      signal_id: 's-1',
      option_symbol: 'NIFTY24500CE',
      strike: 24_500,
      option_type: 'CE',
      action: 'BUY',
      quantity: 75,
      entry_price: 120,
    } as const;

    expect(TradeExecutedEvent.fits(executedBase)).toBe(true);
    expect(TradeExecutedEvent.fits({ ...executedBase, model: 'XGBoost', pnl: -3.5, option })).toBe(true);
  });
});

describe('the six event classes of the source documents', () => {
  test('are made from the arguments they have there', () => {
    const drafts = [
      PolicyUpdatedEvent.create({
        risk_mode: RiskMode.DEFENSIVE,
        allowed_strategies: ['test'],
        global_min_confidence: 0.8,
        max_risk_per_trade: 0.01,
        max_positions: 3,
      }),
      StrategyPromotedEvent.create({ strategy_id: 's', from_stage: 'SHADOW', to_stage: 'LIVE', reason: 'gates', metrics: { pf: 1.4 } }),
      ModelPromotedEvent.create({ model_name: 'XGBoost', old_version: '1', new_version: '2', metrics: {}, shadow_performance: {} }),
      HealthStatusChangedEvent.create({
        old_status: 'HEALTHY',
        new_status: 'CRITICAL',
        component: 'DrawdownGuard',
        reason: 'Daily drawdown exceeded',
        metrics: { dd: -5.2 },
      }),
      OpportunitiesUpdatedEvent.create({ top_symbols: ['BTCUSDT'], scores: { BTCUSDT: 0.96 }, criteria: {}, excluded_count: 2 }),
      TradeExecutedEvent.create(executedBase),
    ];

    expect(drafts.map((draft) => draft.type)).toEqual([
      'policy.updated',
      'strategy.promoted',
      'model.promoted',
      'health.status_changed',
      'opportunities.updated',
      'trade.executed',
    ]);
  });
});

describe('payloads of the source documents', () => {
  const candle: MarketCandleNewPayload = { symbol: 'BTCUSDT', timeframe: '5m', open: 1, high: 2, low: 0.5, close: 1.5, volume: 0 };

  test('a candle needs no more than its prices and volume', () => {
    expect(MarketCandleNew.fits(candle)).toBe(true);
    expect(MarketCandleNew.fits({ ...candle, low: 0 })).toBe(false);
    expect(MarketCandleNew.fits({ ...candle, volume: -1 })).toBe(false);
    expect(MarketCandleNew.fits({ ...candle, timeframe: '2m' })).toBe(false);
  });

  test('a tick needs no more than its price', () => {
    expect(MarketTickPrice.fits({ symbol: 'BTCUSDT', price: 1 })).toBe(true);
  });

  test('a foreign advisory signal without a stop gets through, so that the kernel can veto it', () => {
    const signal = {
      signal_id: 's',
      symbol: 'BTCUSDT',
      edge_score: 0,
      confidence: 1,
      regime_fit: false,
      regime: 'CHAOTIC',
      recommended_action: 'NO_SIGNAL',
      reasoning: '',
      model_version: '1',
      execution_power: 'NONE',
    };

    expect(SignalsAdvisoryNew.fits(signal)).toBe(true);
    expect(SignalsAdvisoryNew.fits({ ...signal, execution_power: 'FULL' })).toBe(false);
    expect(SignalsAdvisoryNew.fits({ ...signal, stop_loss: 0 })).toBe(false);
  });

  test('a foreign kill switch is taken with any trigger', () => {
    const kill = { trigger: 'Fat finger', trigger_value: -5.2, threshold: -5, severity: 'EMERGENCY', action_taken: '' };

    expect(SystemKillSwitchActivated.fits({ ...kill, human_override_required: true })).toBe(true);
  });

  test('a signal of AlphaStocks has a strength from 0 to 10', () => {
    const signal = {
      signal_id: 's',
      symbol: 'NIFTY',
      strategy: 'RSI_Strategy',
      action: 'BUY',
      entry_price: 21_500,
      stop_loss: 21_350,
      target: 21_700,
      signal_strength: 7.5,
      expected_move_pct: 0.93,
      timeframe: '5m',
      metadata: {},
    };

    expect(SignalGenerated.fits(signal)).toBe(true);
    expect(SignalGenerated.fits({ ...signal, signal_strength: 10.1 })).toBe(false);
  });
});

describe('undefined figures', () => {
  test('indicators are null until they are warm', () => {
    const update = {
      symbol: 'SPX',
      regime: 'CHAOTIC',
      confidence: 0.5,
      previous_regime: '',
      changed: false,
      regime_detail: 'UNKNOWN',
      volatility_state: 'NORMAL',
      adx: null,
      atr: null,
      atr_percent: null,
      trend_strength: null,
    };

    expect(RegimeClassificationUpdate.fits(update)).toBe(true);
    expect(RegimeClassificationUpdate.fits({ ...update, trend_strength: -1.1 })).toBe(false);
  });

  test('a position without a stop says so with null, never with 0', () => {
    expect(PositionOpened.fits({ ...openedBase, stop_loss: null, risk_amount: null })).toBe(true);
    expect(PositionOpened.fits({ ...openedBase, stop_loss: 0 })).toBe(false);
  });
});

describe('keys', () => {
  test('an option request belongs to its underlying', () => {
    const payload = { ...(exampleOf(TradesRequestNew.schema as Schema, true) as never as { symbol: string; option: object }) };
    const request = { ...payload, symbol: 'NIFTY24500CE', option: { ...payload.option, underlying: 'NIFTY' } } as never;

    expect(TradesRequestNew.keyOf?.(request)).toBe('NIFTY');
    expect(MarketOptionChain.keyOf?.({ underlying: 'NIFTY', spot: 1, rows: [] })).toBe('NIFTY');
  });

  test('account facts go to the main account unless the payload names one', () => {
    const payload = exampleOf(RiskEvaluationComplete.schema as Schema, false) as never as object;

    expect(RiskEvaluationComplete.keyOf?.(payload as never)).toBe('acct:main');
    expect(RiskEvaluationComplete.keyOf?.({ ...payload, account: 'two' } as never)).toBe('acct:two');
    expect(AuditDecisionLog.keyOf?.({ ...payload, account: '' } as never)).toBe('acct:main');
  });

  test('a type without a symbol takes it from where the publisher put it, else its own id', () => {
    const end = { signal_id: 's-1', exit_price: 1, profit_loss: 0, profit_loss_pct: 0, exit_reason: 'target' };

    expect(SignalCompleted.keyOf?.({ ...end, metadata: { symbol: 'NIFTY' } })).toBe('NIFTY');
    expect(SignalCompleted.keyOf?.({ ...end, metadata: {}, symbol: 'SPX' } as never)).toBe('SPX');
    expect(SignalCompleted.keyOf?.({ ...end, metadata: {} })).toBe('s-1');
  });
});

describe('lanes by payload', () => {
  test('urgent exits, critical health and critical alerts take the CRITICAL lane', () => {
    const { priority } = exampleOf(ExitDecisionMade.schema as Schema, true) as { priority: keyof typeof EXIT_PRIORITY };

    expect(EXIT_PRIORITY).toEqual({ URGENT: 'CRITICAL', HIGH: 'HIGH', MEDIUM: 'NORMAL', LOW: 'LOW' });
    expect(EXIT_PRIORITY[priority]).toBe('LOW');
    expect(HEALTH_PRIORITY).toEqual({ HEALTHY: 'HIGH', DEGRADED: 'HIGH', CRITICAL: 'CRITICAL' });
    expect(ALERT_PRIORITY.CRITICAL).toBe('CRITICAL');
    expect(ALERT_PRIORITY.INFO).toBe('HIGH');
  });
});
