import { TradesReconciliationMismatch } from '../../model/index.ts';
import { wireNumber } from '../micros.ts';
import { chargesMicro, type Turnover } from './costs/charges.ts';
import { sizeOf } from './grid.ts';
import { bookFill, type Holding } from './holding.ts';
import { acceptedEvent, endedEvent, fillEvent, rejectedEvent, tradeEvents } from './order-events.ts';
import { applyFill, isLive, moveOrder, type Fill, type Order } from './order.ts';
import type { Desk, Turn } from './state.ts';
import type { VenueReport } from './venue.ts';

/** Ended orders that a desk keeps for fills which cross their cancellation. */
const ENDED_MAX = 64;

/**
 * Applies what the venue says to the order and the holding and publishes it. What has to be done about it (stops, retries)
 * is left in `turn.consequences`. A report that repeats or contradicts what is known is counted and changes nothing.
 */
export function applyReport(turn: Turn, report: VenueReport): void {
  const { desk, state } = turn;
  const order = desk.orders.get(report.clientOrderId);
  if (order === undefined) {
    state.counters.unknownReports++;
    return;
  }
  switch (report.kind) {
    case 'accepted':
      if (!move(turn, order, 'ACCEPT')) return;
      order.orderId = report.orderId;
      turn.out.push(acceptedEvent(order));
      return;
    case 'rejected':
      if (!move(turn, order, 'REJECT')) return;
      turn.out.push(rejectedEvent(order, report.code, report.reason));
      end(turn, order);
      return;
    case 'cancelled':
      if (!move(turn, order, 'CANCEL')) return;
      order.cancelCause = report.cause;
      turn.out.push(endedEvent('cancelled', order, desk));
      end(turn, order);
      return;
    case 'expired':
      if (!move(turn, order, 'EXPIRE')) return;
      order.cancelCause = 'TTL';
      turn.out.push(endedEvent('expired', order, desk));
      end(turn, order);
      return;
    case 'cancel_refused':
      move(turn, order, 'REFUSE_CANCEL');
      return;
    case 'filled':
      fill(turn, order, report);
  }
}

function move(turn: Turn, order: Order, name: Parameters<typeof moveOrder>[1]): boolean {
  const legal = moveOrder(order, name);
  if (!legal) turn.state.counters.illegalMoves++;
  return legal;
}

function fill(turn: Turn, order: Order, fill: Fill): void {
  const { desk, state } = turn;
  const wasLive = isLive(order);
  const outcome = applyFill(order, fill);
  if (outcome === 'duplicate') state.counters.duplicateFills++;
  else if (outcome !== 'applied') refuse(turn, order, fill);
  if (outcome !== 'applied') return;
  const { terms } = order;
  const size = sizeOf(fill.sizeSteps, desk.instrument);
  order.turnover = grown(order.turnover, fill, size, fill.price * size * desk.instrument.multiplier);
  const feeMicro = chargesMicro(state.options.charges, order.turnover) - order.feesMicro;
  order.feesMicro += feeMicro;
  const before = desk.holding;
  const booked = bookFill(before, { side: terms.side, price: fill.price, steps: fill.sizeSteps, feeMicro }, desk.instrument, () =>
    opened(order),
  );
  order.pnlMicro += booked.pnlMicro ?? 0;
  order.closedCostMicro += booked.closedCostMicro;
  turn.out.push(fillEvent(turn, order, fill, feeMicro));
  if (order.state === 'FILLED') end(turn, order);
  else if (!wasLive) reportTrade(turn, order);
  desk.holding = booked.holding;
  turn.consequences.push({ kind: 'filled', order });
}

/** A fill beyond the order, or of an order never sent: the venue and we disagree, and a human must look. */
function refuse(turn: Turn, order: Order, fill: Fill): void {
  const { desk, state } = turn;
  state.counters.refusedFills++;
  const local = sizeOf(desk.holding?.steps ?? 0, desk.instrument);
  const venue = state.outlet.kind === 'log' ? 0 : sizeOf(state.outlet.venue.positionSteps(desk.symbol), desk.instrument);
  const excess = (100 * fill.sizeSteps) / order.terms.sizeSteps;
  turn.out.push(
    TradesReconciliationMismatch.create({
      symbol: desk.symbol,
      local_size: local,
      venue_size: venue,
      mismatch_percent: wireNumber(local === 0 ? excess : (100 * Math.abs(venue - local)) / Math.abs(local)),
      action: 'INVESTIGATE',
    }),
  );
}

function end(turn: Turn, order: Order): void {
  const { desk } = turn;
  const id = order.terms.clientOrderId;
  reportTrade(turn, order);
  desk.entries.delete(id);
  desk.ended.push(id);
  if (desk.ended.length > ENDED_MAX) desk.orders.delete(desk.ended.shift() as string);
  turn.consequences.push({ kind: 'ended', order });
}

/** `trade.executed` and its company, once per order that filled. */
function reportTrade(turn: Turn, order: Order): void {
  if (order.filledSteps === 0 || order.reported) return;
  order.reported = true;
  turn.out.push(...tradeEvents(turn, order));
}

function opened(order: Order): Holding {
  return {
    steps: 0,
    costMicro: 0,
    feesMicro: 0,
    requestId: order.terms.requestId,
    strategyId: order.terms.strategyId,
    positionId: null,
    stopPrice: null,
    stopCause: 'initial',
    stopOrderId: null,
    stopWait: null,
  };
}

function grown(turnover: Turnover, fill: Fill, size: number, money: number): Turnover {
  const maker = fill.liquidity === 'MAKER';
  return {
    side: turnover.side,
    makerMoney: turnover.makerMoney + (maker ? money : 0),
    takerMoney: turnover.takerMoney + (maker ? 0 : money),
    makerSize: turnover.makerSize + (maker ? size : 0),
    takerSize: turnover.takerSize + (maker ? 0 : size),
  };
}

/** Live orders of a desk, oldest first. */
export function liveOrders(desk: Desk): Order[] {
  return [...desk.orders.values()].filter(isLive);
}
