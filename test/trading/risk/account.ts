import type { EventDefinition, EventInput, QtEvent } from '../../../src/event/index.ts';
import {
  MarketCandleNew,
  PositionClosed,
  PositionStateUpdate,
  RiskEvaluationComplete,
  RiskKillSwitchActivated,
  SignalsAdvisoryNew,
  SystemDayRolled,
  TradesOrderFilled,
  TradesOrderSubmitted,
  TradesRequestNew,
  type PositionClosedPayload,
  type RiskEvaluationCompletePayload,
  type RiskKillSwitchActivatedPayload,
  type SignalsAdvisoryNewPayload,
  type TradesOrderFilledPayload,
} from '../../../src/model/index.ts';
import { createRiskState, recordedIntegrity, step, type RiskOptions, type RiskState } from '../../../src/trading/risk/index.ts';
import { START_US } from '../../support/chain.ts';

export const SECOND_US = 1_000_000;
export const HOUR_US = 3_600 * SECOND_US;
export const DAY_US = 24 * HOUR_US;

/** A kernel on recorded bars with 10 000 and one allowed strategy. */
export function riskOptions(options: RiskOptions = {}): RiskOptions {
  const instrument = { step: 0.1 };
  return {
    initialEquityUsd: 10_000,
    instruments: { AAA: instrument, BBB: instrument, CCC: instrument, DDD: instrument },
    integrity: recordedIntegrity(60_000),
    ...options,
    policy: { allowedStrategies: ['s1'], ...options.policy },
  };
}

/** An account owner under test, with its own clock and sequence. */
export class Account {
  readonly state: RiskState;
  now = START_US;
  seq = 0;
  readonly log: EventInput[] = [];

  constructor(options: RiskOptions = {}) {
    this.state = createRiskState(riskOptions(options));
  }

  send<P extends object>(definition: EventDefinition<P>, payload: NoInfer<P>): EventInput[] {
    return this.deliver(this.event<P>(definition, payload));
  }

  event<P extends object>(definition: EventDefinition<P>, payload: NoInfer<P>): QtEvent<object> {
    const seq = ++this.seq;
    const common = { tsInitUs: 0, v: 1, source: 'test', causationId: null, causeSeq: 0, emitIndex: 0, runId: 'test' } as const;
    const key = definition.keyOf?.(payload) ?? null;
    return {
      ...common,
      id: `test-${seq}`,
      correlationId: `test-${seq}`,
      type: definition.type,
      seq,
      timestamp: this.now,
      payload,
      priority: 'NORMAL',
      key,
    };
  }

  deliver(event: QtEvent<object>): EventInput[] {
    const out = step(this.state, event);
    this.log.push(...out);
    return out;
  }

  candle(symbol: string, close = 100, timeframe: '1m' | '1d' = '1m'): void {
    this.send(MarketCandleNew, { symbol, timeframe, open: close, high: close, low: close, close, volume: 1 });
  }

  /** Fresh data, then the signal; returns the evaluation. */
  signal(overrides: Partial<SignalsAdvisoryNewPayload> = {}): RiskEvaluationCompletePayload {
    const payload = this.signalPayload(overrides);
    this.candle(payload.symbol, payload.entry_price ?? 100);
    return payloads(this.send(SignalsAdvisoryNew, payload), RiskEvaluationComplete)[0] as RiskEvaluationCompletePayload;
  }

  signalPayload(overrides: Partial<SignalsAdvisoryNewPayload> = {}): SignalsAdvisoryNewPayload {
    return {
      signal_id: `sig_${this.seq}`,
      symbol: 'AAA',
      edge_score: 80,
      confidence: 0.8,
      regime_fit: true,
      regime: 'TRENDING',
      recommended_action: 'LONG',
      reasoning: '',
      model_version: 'm1',
      execution_power: 'NONE',
      entry_price: 100,
      stop_loss: 98,
      strategy_id: 's1',
      regime_confidence: 0.9,
      expires_at: this.now + 300 * SECOND_US,
      latency_ms: 1,
      ...overrides,
    };
  }

  /** Requests the whole evaluation and submits the order; returns the request id. */
  order(evaluation: RiskEvaluationCompletePayload, size = evaluation.position_allowed?.max_size ?? 0): string {
    const allowed = evaluation.position_allowed as NonNullable<typeof evaluation.position_allowed>;
    const { symbol, direction, entry_price, stop_loss } = allowed;
    const request_id = `req_${this.seq}_0`;
    const { evaluation_id, signal_id } = evaluation;
    const rest = {
      risk_amount: 1,
      risk_percent: 1,
      strategy_id: 's1',
      type: 'MARKET',
      expires_at: this.now + 30 * SECOND_US,
      leverage: 1,
    } as const;
    this.send(TradesRequestNew, { request_id, evaluation_id, signal_id, symbol, direction, size, entry_price, stop_loss, ...rest });
    const order = { request_id, order_id: `o_${request_id}`, client_order_id: `o_${request_id}`, symbol, size, price: null } as const;
    const side = direction === 'LONG' ? 'BUY' : 'SELL';
    this.send(TradesOrderSubmitted, { ...order, side, type: 'MARKET', intent: 'ENTRY', reduce_only: false, time_in_force: 'GTC' });
    return request_id;
  }

  bookFill(overrides: Partial<TradesOrderFilledPayload> & { request_id: string; fill_size: number }): EventInput[] {
    return this.send(TradesOrderFilled, this.fillPayload(overrides));
  }

  fillPayload(overrides: Partial<TradesOrderFilledPayload> & { request_id: string; fill_size: number }): TradesOrderFilledPayload {
    return {
      order_id: 'o',
      fill_id: `f_${this.seq}`,
      symbol: 'AAA',
      fill_price: 100,
      fees: 0,
      client_order_id: 'o',
      side: 'BUY',
      intent: 'ENTRY',
      cumulative_size: overrides.fill_size,
      remaining_size: 0,
      liquidity: 'TAKER',
      decision_price: 100,
      fee_currency: 'USD',
      ...overrides,
    };
  }

  /** A mark of an open position of 100 units bought at 100 unless said otherwise. */
  mark(price: number, overrides: Partial<{ symbol: string; size: number; entry: number; direction: 'LONG' | 'SHORT' }> = {}): EventInput[] {
    const { symbol = 'AAA', size = 100, entry = 100, direction = 'LONG' } = overrides;
    this.now += SECOND_US;
    return this.send(PositionStateUpdate, {
      position_id: `pos_${symbol}`,
      symbol,
      direction,
      size,
      entry_price: entry,
      current_price: price,
      unrealized_pnl: 0,
      unrealized_pnl_percent: 0,
      stop_loss: 50,
      age_seconds: 1,
      initial_stop: 50,
      r_multiple: 0,
      high_water: 100,
      low_water: 100,
      mode: 'backtest',
      mark_at: this.now,
    });
  }

  close(realized_pnl: number, overrides: Partial<PositionClosedPayload> = {}): EventInput[] {
    const rest = { position_id: 'p', symbol: 'DDD', direction: 'LONG', entry_price: 100, exit_price: 100, size: 1 } as const;
    return this.send(PositionClosed, {
      ...rest,
      realized_pnl,
      realized_pnl_percent: 0,
      hold_duration_seconds: 1,
      exit_reason: 'time_exit',
      ...overrides,
    });
  }

  rollDay(): void {
    this.send(SystemDayRolled, { day: '2023-11-15', zone: 'UTC', starts_at: this.now });
  }

  kills(): RiskKillSwitchActivatedPayload[] {
    return payloads(this.log, RiskKillSwitchActivated);
  }
}

export function payloads<P extends object>(drafts: readonly EventInput[], definition: EventDefinition<P>): P[] {
  return drafts.filter((draft) => draft.type === definition.type).map((draft) => draft.payload as P);
}
