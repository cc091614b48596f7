import type { TradesOrderFilledPayload, TradesOrderSubmittedPayload } from './catalogue/orders.ts';
import type { OrderIntent, OrderType, Side, TimeInForce } from './words.ts';

/** An instruction at a venue. Ids say whose they are. */
export interface Order {
  readonly requestId: string;
  readonly clientOrderId: string;
  /** Equals `clientOrderId` until the venue has answered. */
  readonly venueOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly intent: OrderIntent;
  readonly size: number;
  /** Limit price, null for a market order. */
  readonly price: number | null;
  /** Of stop orders, else null. */
  readonly triggerPrice: number | null;
  readonly reduceOnly: boolean;
  readonly positionId: string | null;
  readonly timeInForce: TimeInForce;
}

/** One execution of an order. */
export interface Fill {
  readonly fillId: string;
  readonly requestId: string;
  readonly clientOrderId: string;
  readonly venueOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly intent: OrderIntent;
  readonly price: number;
  readonly size: number;
  readonly fees: number;
  readonly atUs: number;
}

/** The order that an event of `trades.order.submitted` or `trades.order.logged` tells of. */
export function toOrder(payload: TradesOrderSubmittedPayload): Order {
  return {
    requestId: payload.request_id,
    clientOrderId: payload.client_order_id,
    venueOrderId: payload.order_id,
    symbol: payload.symbol,
    side: payload.side,
    type: payload.type,
    intent: payload.intent,
    size: payload.size,
    price: payload.price,
    triggerPrice: payload.trigger_price ?? null,
    reduceOnly: payload.reduce_only,
    positionId: payload.position_id ?? null,
    timeInForce: payload.time_in_force,
  };
}

/** The payload that tells of an order. */
export function fromOrder(order: Order): TradesOrderSubmittedPayload {
  return {
    request_id: order.requestId,
    order_id: order.venueOrderId,
    symbol: order.symbol,
    side: order.side,
    type: order.type,
    size: order.size,
    price: order.price,
    client_order_id: order.clientOrderId,
    intent: order.intent,
    reduce_only: order.reduceOnly,
    ...(order.positionId === null ? {} : { position_id: order.positionId }),
    ...(order.triggerPrice === null ? {} : { trigger_price: order.triggerPrice }),
    time_in_force: order.timeInForce,
  };
}

/**
 * The execution that a fill event tells of.
 *
 * @param atUs the event's timestamp
 */
export function toFill(payload: TradesOrderFilledPayload, atUs: number): Fill {
  return {
    fillId: payload.fill_id,
    requestId: payload.request_id,
    clientOrderId: payload.client_order_id,
    venueOrderId: payload.order_id,
    symbol: payload.symbol,
    side: payload.side,
    intent: payload.intent,
    price: payload.fill_price,
    size: payload.fill_size,
    fees: payload.fees,
    atUs,
  };
}
