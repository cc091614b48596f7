import type { EventInput } from '../../event/index.ts';
import {
  TradeCostMeasured,
  TradeExecuted,
  TradeExit,
  TradesOrderAccepted,
  TradesOrderCancelled,
  TradesOrderCancelRequested,
  TradesOrderExpired,
  TradesOrderFilled,
  TradesOrderLogged,
  TradesOrderPartiallyFilled,
  TradesOrderRejected,
  TradesOrderSubmitted,
} from '../../model/index.ts';
import { fromMicros, wireNumber } from '../micros.ts';
import { estimateOrder, slippageBps } from './costs/estimate.ts';
import { takerSlippage } from './costs/slippage.ts';
import { sizeOf } from './grid.ts';
import { averagePrice, remainingSteps, type Fill, type Order } from './order.ts';
import type { Desk, Turn } from './state.ts';

/*
 * Orders as events: the one place that knows their wire form.
 */

export function submittedEvent(order: Order, desk: Desk, logged: boolean): EventInput {
  const { terms } = order;
  const positionId = desk.holding?.positionId ?? null;
  const payload = {
    request_id: terms.requestId,
    order_id: order.orderId,
    symbol: terms.symbol,
    side: terms.side,
    type: terms.type,
    size: sizeOf(terms.sizeSteps, desk.instrument),
    price: terms.limitPrice,
    client_order_id: terms.clientOrderId,
    intent: terms.intent,
    reduce_only: terms.reduceOnly,
    ...(terms.reduceOnly && positionId !== null ? { position_id: positionId } : {}),
    ...(terms.triggerPrice === null ? {} : { trigger_price: terms.triggerPrice }),
    time_in_force: terms.timeInForce,
  };
  return logged ? TradesOrderLogged.create(payload) : TradesOrderSubmitted.create(payload);
}

export function acceptedEvent(order: Order): EventInput {
  const { requestId, clientOrderId, symbol } = order.terms;
  return TradesOrderAccepted.create({ request_id: requestId, client_order_id: clientOrderId, order_id: order.orderId, symbol });
}

export function rejectedEvent(order: Order, code: string, reason: string): EventInput {
  const { requestId, clientOrderId, symbol, intent } = order.terms;
  return TradesOrderRejected.create({
    request_id: requestId,
    order_id: order.orderId,
    symbol,
    reason,
    code,
    client_order_id: clientOrderId,
    intent,
  });
}

export function endedEvent(kind: 'cancel_requested' | 'cancelled' | 'expired', order: Order, desk: Desk): EventInput {
  const { requestId, clientOrderId, symbol, intent } = order.terms;
  const definition = { cancel_requested: TradesOrderCancelRequested, cancelled: TradesOrderCancelled, expired: TradesOrderExpired }[kind];
  return definition.create({
    request_id: requestId,
    order_id: order.orderId,
    client_order_id: clientOrderId,
    symbol,
    intent,
    filled_size: sizeOf(order.filledSteps, desk.instrument),
    cause: order.cancelCause,
  });
}

export function fillEvent(turn: Turn, order: Order, fill: Fill, feeMicro: number): EventInput {
  const { terms } = order;
  const { instrument } = turn.desk;
  const definition = order.state === 'FILLED' ? TradesOrderFilled : TradesOrderPartiallyFilled;
  return definition.create({
    request_id: terms.requestId,
    order_id: order.orderId,
    fill_id: fill.fillId,
    symbol: terms.symbol,
    fill_price: fill.price,
    fill_size: sizeOf(fill.sizeSteps, instrument),
    fees: fromMicros(feeMicro),
    client_order_id: terms.clientOrderId,
    side: terms.side,
    intent: terms.intent,
    cumulative_size: sizeOf(order.filledSteps, instrument),
    remaining_size: sizeOf(remainingSteps(order), instrument),
    liquidity: fill.liquidity,
    decision_price: terms.decisionPrice,
    fee_currency: turn.state.options.currency,
  });
}

/** The order seen as a whole: what it traded, what it cost and, for an exit, what it earned. */
export function tradeEvents(turn: Turn, order: Order): EventInput[] {
  const { terms } = order;
  const { desk } = turn;
  const price = wireNumber(averagePrice(order));
  const executed = TradeExecuted.create({
    order_id: order.orderId,
    symbol: terms.symbol,
    side: terms.side,
    size: sizeOf(order.filledSteps, desk.instrument),
    price,
    strategy_id: terms.strategyId,
    model: null,
    pnl: terms.reduceOnly ? fromMicros(order.pnlMicro) : null,
    fees: fromMicros(order.feesMicro),
  });
  const cost = costEvent(turn, order);
  return terms.reduceOnly ? [executed, exitEvent(desk, order, price), cost] : [executed, cost];
}

function exitEvent(desk: Desk, order: Order, price: number): EventInput {
  const { terms } = order;
  const positionId = desk.holding?.positionId ?? null;
  return TradeExit.create({
    trade_id: positionId ?? terms.requestId,
    exit_price: price,
    exit_reason: terms.reason,
    profit_loss: fromMicros(order.pnlMicro),
    profit_loss_pct: order.closedCostMicro === 0 ? 0 : wireNumber((100 * order.pnlMicro) / order.closedCostMicro),
    order_id: order.orderId,
    metadata: {
      symbol: terms.symbol,
      strategy_id: terms.strategyId,
      intent: terms.intent,
      remaining_size: sizeOf(Math.abs(desk.holding?.steps ?? 0), desk.instrument),
    },
  });
}

function costEvent(turn: Turn, order: Order): EventInput {
  const { terms, turnover } = order;
  const { options } = turn.state;
  const size = sizeOf(order.filledSteps, turn.desk.instrument);
  const spreadBps = turn.desk.spreadBps ?? options.paper.spreadBps;
  const money = terms.decisionPrice * size * turn.desk.instrument.multiplier;
  const slip = takerSlippage(options.paper.slippage, { price: terms.decisionPrice, atr: null, volume: null }, size);
  const liquidity = turnover.takerSize > 0 ? 'TAKER' : 'MAKER';
  const expected = estimateOrder(
    options.charges,
    { side: terms.side, liquidity, money, size },
    spreadBps,
    (slip * 1e4) / terms.decisionPrice,
  );
  return TradeCostMeasured.create(
    {
      order_id: order.orderId,
      symbol: terms.symbol,
      slippage_bps: wireNumber(slippageBps(terms.side, terms.decisionPrice, averagePrice(order))),
      fees_usd: fromMicros(order.feesMicro),
      expected_cost_usd: wireNumber(expected),
      spread_bps: wireNumber(spreadBps),
    },
    { source: 'cost_model' },
  );
}
