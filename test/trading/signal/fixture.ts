import type { EventInput } from '../../../src/event/index.ts';
import {
  PositionClosed,
  PositionOpened,
  RiskEvaluationComplete,
  SignalCandidateNew,
  SignalsAdvisoryNoSignal,
  TradesOrderCancelled,
  TradesOrderFilled,
  TradesOrderLogged,
  TradesOrderRejected,
  TradesOrderSubmitted,
  TradesRequestDenied,
  TradesRequestNew,
  type PositionClosedPayload,
  type SignalCandidateNewPayload,
} from '../../../src/model/index.ts';
import { START_US } from '../../support/chain.ts';

export const SYMBOL = 'BTCUSDT';

export function candidate(values: Partial<SignalCandidateNewPayload> = {}, timestamp = START_US): EventInput {
  const isBuy = values.action !== 'SELL';
  return SignalCandidateNew.create(
    {
      symbol: SYMBOL,
      strategy: 'trend',
      action: 'BUY',
      entry_price: 100,
      stop_loss: isBuy ? 98 : 102,
      target: isBuy ? 104 : 96,
      signal_strength: 7,
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

export const noSignal = (signalId: string): EventInput =>
  SignalsAdvisoryNoSignal.create({ reason: 'low', gate_failed: 'edge_score', inputs_summary: {}, signal_id: signalId, symbol: SYMBOL });

export const evaluation = (signalId: string, decision: 'APPROVED' | 'VETOED'): EventInput =>
  RiskEvaluationComplete.create({
    evaluation_id: `ev_${signalId}`,
    signal_id: signalId,
    decision,
    ...(decision === 'VETOED' ? { veto_reason: 'DRAWDOWN' } : {}),
    risk_dimensions: {
      trade_risk_passed: true,
      daily_risk_passed: true,
      drawdown_passed: decision === 'APPROVED',
      system_integrity_passed: true,
    },
    checks: [],
    policy_version: 1,
    expires_at: START_US,
  });

/** The request of a signal has the signal's id in its own, so that the other events can be made from it. */
export const requestOf = (signalId: string): string => `req_${signalId}`;

export const request = (signalId: string, direction: 'LONG' | 'SHORT' = 'LONG'): EventInput =>
  TradesRequestNew.create({
    request_id: requestOf(signalId),
    evaluation_id: `ev_${signalId}`,
    symbol: SYMBOL,
    direction,
    size: 1,
    entry_price: 100,
    stop_loss: direction === 'LONG' ? 98 : 102,
    risk_amount: 2,
    risk_percent: 1,
    signal_id: signalId,
    strategy_id: 'trend',
    type: 'MARKET',
    expires_at: START_US,
    leverage: 1,
  });

export const denied = (signalId: string): EventInput =>
  TradesRequestDenied.create({
    request_id: requestOf(signalId),
    evaluation_id: `ev_${signalId}`,
    symbol: SYMBOL,
    reason: 'STOP_TOO_FAR',
    checks: [],
  });

const order = (signalId: string, intent: 'ENTRY' | 'EXIT') =>
  ({
    request_id: requestOf(signalId),
    order_id: `o_${signalId}`,
    symbol: SYMBOL,
    side: 'BUY',
    type: 'MARKET',
    size: 1,
    price: null,
    client_order_id: `o_${signalId}`,
    intent,
    reduce_only: intent === 'EXIT',
    time_in_force: 'GTC',
  }) as const;

export const submitted = (signalId: string, intent: 'ENTRY' | 'EXIT' = 'ENTRY'): EventInput =>
  TradesOrderSubmitted.create(order(signalId, intent));
export const logged = (signalId: string): EventInput => TradesOrderLogged.create(order(signalId, 'ENTRY'));

export const filled = (signalId: string, size = 1, timestamp = START_US): EventInput =>
  TradesOrderFilled.create(
    {
      request_id: requestOf(signalId),
      order_id: `o_${signalId}`,
      fill_id: `f_${signalId}`,
      symbol: SYMBOL,
      fill_price: 100,
      fill_size: size,
      fees: 0,
      client_order_id: `o_${signalId}`,
      side: 'BUY',
      intent: 'ENTRY',
      cumulative_size: size,
      remaining_size: 0,
      liquidity: 'TAKER',
      decision_price: 100,
      fee_currency: 'USD',
    },
    { timestamp },
  );

export const rejected = (signalId: string): EventInput =>
  TradesOrderRejected.create({
    request_id: requestOf(signalId),
    order_id: `o_${signalId}`,
    symbol: SYMBOL,
    reason: 'no margin',
    code: 'NO_MARGIN',
    client_order_id: `o_${signalId}`,
    intent: 'ENTRY',
  });

export const cancelled = (signalId: string, cause: 'TTL' | 'REPLACED' = 'TTL'): EventInput =>
  TradesOrderCancelled.create({
    request_id: requestOf(signalId),
    order_id: `o_${signalId}`,
    client_order_id: `o_${signalId}`,
    symbol: SYMBOL,
    intent: 'ENTRY',
    filled_size: 0,
    cause,
  });

export const opened = (positionId: string, signalId: string, direction: 'LONG' | 'SHORT' = 'LONG'): EventInput =>
  PositionOpened.create({
    position_id: positionId,
    symbol: SYMBOL,
    direction,
    size: 1,
    entry_price: 100,
    stop_loss: direction === 'LONG' ? 98 : 102,
    risk_amount: 2,
    signal_id: signalId,
  });

export const closed = (positionId: string, values: Partial<PositionClosedPayload> = {}, timestamp = START_US): EventInput =>
  PositionClosed.create(
    {
      position_id: positionId,
      symbol: SYMBOL,
      direction: 'LONG',
      entry_price: 100,
      exit_price: 104,
      size: 1,
      realized_pnl: 4,
      realized_pnl_percent: 4,
      hold_duration_seconds: 60,
      exit_reason: 'take_profit',
      ...values,
    },
    { timestamp },
  );
