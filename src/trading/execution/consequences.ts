import { isLatched } from '../kill-latch.ts';
import { beginExit, onClosingEnded } from './exits.ts';
import { cancelEntries, cancelOrder } from './send.ts';
import { liveOrders } from './reports.ts';
import type { Order } from './order.ts';
import type { Turn } from './state.ts';
import { setStop, syncStop } from './stops.ts';

/** Does what fills and ends of orders ask for, until nothing is left. Each step can cause more; each order ends once. */
export function settle(turn: Turn): void {
  for (let next = turn.consequences.shift(); next !== undefined; next = turn.consequences.shift()) {
    if (next.kind === 'filled') onFilled(turn, next.order);
    else onEnded(turn, next.order);
  }
}

function onFilled(turn: Turn, order: Order): void {
  const { desk } = turn;
  if (desk.holding === null) {
    clearDesk(turn);
    return;
  }
  if (order.terms.intent === 'ENTRY') {
    if (order.terms.protectiveStop !== null) setStop(turn, order.terms.protectiveStop, 'initial');
    // The fill crossed the kill or the exit: what it opened is closed at once.
    if (isLatched(turn.state.latch)) beginExit(turn, { all: true, reason: 'kill_switch' });
  } else {
    // Something is leaving: what is still on its way in would be left behind.
    if (order.terms.intent === 'STOP') cancelEntries(turn, 'REPLACED');
    if (desk.closing !== null && desk.closing.orderId === order.terms.clientOrderId) {
      desk.closing.targetSteps = Math.max(order.terms.sizeSteps - order.filledSteps, 0);
    }
  }
  syncStop(turn);
}

/** Flat: nothing may stay that could open a position again. The stop goes last. */
function clearDesk(turn: Turn): void {
  const { desk } = turn;
  desk.closing = null;
  const live = liveOrders(desk);
  const cause = isLatched(turn.state.latch) ? 'KILL' : 'REPLACED';
  for (const order of live) if (order.terms.intent !== 'STOP') cancelOrder(turn, order.terms.clientOrderId, cause);
  for (const order of live) if (order.terms.intent === 'STOP') cancelOrder(turn, order.terms.clientOrderId, cause);
}

function onEnded(turn: Turn, order: Order): void {
  const { holding } = turn.desk;
  if (order.terms.intent === 'STOP') {
    if (holding === null || holding.stopOrderId !== order.terms.clientOrderId) return;
    holding.stopOrderId = null;
    // A holding without a stop is not left alone: one that the venue would not take is closed.
    if (order.state === 'REJECTED') beginExit(turn, { all: true, reason: 'stop', tactic: 'EMERGENCY_MARKET' });
    else syncStop(turn);
    return;
  }
  if (order.terms.intent !== 'ENTRY') onClosingEnded(turn, order);
}
