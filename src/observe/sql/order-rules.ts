import {
  TradeExecuted,
  TradesOrderAccepted,
  TradesOrderCancelled,
  TradesOrderCancelRequested,
  TradesOrderExpired,
  TradesOrderFilled,
  TradesOrderLogged,
  TradesOrderPartiallyFilled,
  TradesOrderRejected,
  TradesOrderSubmitted,
  TradesOrderUnresolved,
  type TradesOrderCancelledPayload,
  type TradesOrderFilledPayload,
  type TradesOrderSubmittedPayload,
} from '../../model/index.ts';
import { update, upsert, type Fact, type Row, type Rule } from './rule.ts';

/** `orders`, one row per client order id, and `fills`, one per execution. */
export const ORDER_RULES: readonly Rule[] = [
  upsert(TradesOrderSubmitted, 'orders', (fact) => placed(fact, 'SUBMITTED')),
  upsert(TradesOrderLogged, 'orders', (fact) => placed(fact, 'LOGGED')),
  upsert(TradesOrderAccepted, 'orders', ({ payload: p, ...at }) => ({
    client_order_id: p.client_order_id,
    order_id: p.order_id,
    request_id: p.request_id,
    symbol: p.symbol,
    status: 'ACCEPTED',
    ...stamp(at),
  })),
  upsert(TradesOrderPartiallyFilled, 'orders', (fact) => filled(fact, 'PARTIALLY_FILLED')),
  upsert(TradesOrderFilled, 'orders', (fact) => filled(fact, 'FILLED')),
  upsert(TradesOrderPartiallyFilled, 'fills', execution),
  upsert(TradesOrderFilled, 'fills', execution),
  upsert(TradesOrderRejected, 'orders', ({ payload: p, ...at }) => ({
    client_order_id: p.client_order_id,
    order_id: p.order_id,
    request_id: p.request_id,
    symbol: p.symbol,
    intent: p.intent,
    status: 'REJECTED',
    reason: p.code,
    ...stamp(at),
  })),
  upsert(TradesOrderCancelRequested, 'orders', (fact) => ended(fact, 'CANCEL_REQUESTED')),
  upsert(TradesOrderCancelled, 'orders', (fact) => ended(fact, 'CANCELLED')),
  upsert(TradesOrderExpired, 'orders', (fact) => ended(fact, 'EXPIRED')),
  upsert(TradesOrderUnresolved, 'orders', ({ payload: p, ...at }) => ({
    client_order_id: p.client_order_id,
    symbol: p.symbol,
    intent: p.intent,
    status: 'UNRESOLVED',
    reason: p.last_error,
    ...stamp(at),
  })),
  // Names the order as the venue does.
  update(TradeExecuted, 'orders', 'order_id', ({ payload: p, ...at }) => ({
    order_id: p.order_id,
    strategy_id: p.strategy_id,
    average_price: p.price,
    fees: p.fees,
    pnl: p.pnl,
    ...stamp(at),
  })),
];

function stamp({ seq, timestamp }: Omit<Fact, 'payload'>): Row {
  return { updated_us: timestamp, last_seq: seq };
}

function placed({ payload: p, ...at }: Fact<TradesOrderSubmittedPayload>, status: string): Row {
  return {
    client_order_id: p.client_order_id,
    order_id: p.order_id,
    request_id: p.request_id,
    position_id: p.position_id,
    symbol: p.symbol,
    side: p.side,
    type: p.type,
    intent: p.intent,
    time_in_force: p.time_in_force,
    reduce_only: p.reduce_only,
    size: p.size,
    price: p.price,
    trigger_price: p.trigger_price,
    status,
    filled_size: 0,
    submitted_us: at.timestamp,
    ...stamp(at),
  };
}

function filled({ payload: p, ...at }: Fact<TradesOrderFilledPayload>, status: string): Row {
  return {
    client_order_id: p.client_order_id,
    order_id: p.order_id,
    request_id: p.request_id,
    symbol: p.symbol,
    side: p.side,
    intent: p.intent,
    status,
    filled_size: p.cumulative_size,
    ...stamp(at),
  };
}

function ended({ payload: p, ...at }: Fact<TradesOrderCancelledPayload>, status: string): Row {
  return {
    client_order_id: p.client_order_id,
    order_id: p.order_id,
    request_id: p.request_id,
    symbol: p.symbol,
    intent: p.intent,
    status,
    reason: p.cause,
    filled_size: p.filled_size,
    ...stamp(at),
  };
}

function execution({ payload: p, seq, timestamp }: Fact<TradesOrderFilledPayload>): Row {
  return {
    seq,
    fill_id: p.fill_id,
    order_id: p.order_id,
    client_order_id: p.client_order_id,
    request_id: p.request_id,
    symbol: p.symbol,
    side: p.side,
    intent: p.intent,
    liquidity: p.liquidity,
    price: p.fill_price,
    size: p.fill_size,
    fees: p.fees,
    fee_currency: p.fee_currency,
    decision_price: p.decision_price,
    ts_us: timestamp,
  };
}
