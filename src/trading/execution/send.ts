import { toClientOrderId, type CancelCause, type OrderIntent, type OrderType, type Side } from '../../model/index.ts';
import { endedEvent, submittedEvent } from './order-events.ts';
import { createOrder, isLive, moveOrder, type Order } from './order.ts';
import { applyReport } from './reports.ts';
import { nextAttempt, type Turn } from './state.ts';

/** What an order is to be; the rest of its terms follow from the turn. */
export interface Wish {
  readonly requestId: string;
  readonly intent: OrderIntent;
  readonly side: Side;
  readonly type: OrderType;
  readonly sizeSteps: number;
  readonly limitPrice?: number;
  readonly triggerPrice?: number;
  /** Default: the last price, or the trigger of a stop. */
  readonly decisionPrice: number;
  readonly reason: string;
  readonly strategyId: string;
  readonly protectiveStop?: number;
}

/** Sends an order through the outlet and applies the answer. In logging_only the order ends here as `trades.order.logged`. */
export function sendOrder(turn: Turn, wish: Wish): Order {
  const { desk, state } = turn;
  const attempt = nextAttempt(desk, wish.requestId, wish.intent);
  const order = createOrder({
    clientOrderId: toClientOrderId(state.options.account, wish.requestId, wish.intent, attempt),
    requestId: wish.requestId,
    symbol: desk.symbol,
    intent: wish.intent,
    side: wish.side,
    type: wish.type,
    sizeSteps: wish.sizeSteps,
    limitPrice: wish.limitPrice ?? null,
    triggerPrice: wish.triggerPrice ?? null,
    reduceOnly: wish.intent !== 'ENTRY',
    timeInForce: 'GTC',
    decisionPrice: wish.decisionPrice,
    decidedAtUs: turn.nowUs,
    reason: wish.reason,
    strategyId: wish.strategyId,
    protectiveStop: wish.protectiveStop ?? null,
  });
  if (state.outlet.kind === 'log') {
    moveOrder(order, 'LOG');
    turn.out.push(submittedEvent(order, desk, true));
    return order;
  }
  desk.orders.set(order.terms.clientOrderId, order);
  moveOrder(order, 'SUBMIT');
  turn.out.push(submittedEvent(order, desk, false));
  for (const report of state.outlet.venue.submit(order.terms, turn.nowUs)) applyReport(turn, report);
  return order;
}

/** Asks the venue to cancel a live order; one that has ended, or is being cancelled, is left alone. */
export function cancelOrder(turn: Turn, clientOrderId: string, cause: CancelCause): void {
  const { desk, state } = turn;
  const order = desk.orders.get(clientOrderId);
  if (order === undefined || !isLive(order) || state.outlet.kind === 'log') return;
  if (!moveOrder(order, 'REQUEST_CANCEL')) return;
  order.cancelCause = cause;
  turn.out.push(endedEvent('cancel_requested', order, desk));
  for (const report of state.outlet.venue.cancel(desk.symbol, clientOrderId, cause, turn.nowUs)) applyReport(turn, report);
}

/** Cancels everything that could still increase the position. Orders that reduce it are never touched. */
export function cancelEntries(turn: Turn, cause: CancelCause): void {
  for (const clientOrderId of turn.desk.entries.keys()) cancelOrder(turn, clientOrderId, cause);
}
