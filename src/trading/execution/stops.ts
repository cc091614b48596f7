import { roundStop, type ExitStopTriggeredPayload, type ExitStopUpdatedPayload } from '../../model/index.ts';
import { deadlineIn } from './deadline.ts';
import { beginExit } from './exits.ts';
import type { Holding } from './holding.ts';
import { isLive, remainingSteps, type Order } from './order.ts';
import { cancelOrder, sendOrder } from './send.ts';
import type { Turn } from './state.ts';

/**
 * Makes the resting stop fit the holding: one reduce-only STOP for all of it, at its stop price. A stop that has begun to
 * fill is left alone, it is already selling. A holding without a stop price is closed at once.
 */
export function syncStop(turn: Turn): void {
  const { holding } = turn.desk;
  if (holding === null) return;
  if (holding.stopPrice === null) {
    beginExit(turn, { all: true, reason: 'stop', tactic: 'EMERGENCY_MARKET' });
    return;
  }
  const resting = restingStop(turn, holding);
  const wanted = Math.abs(holding.steps);
  if (resting !== null) {
    const fits = remainingSteps(resting) === wanted && resting.terms.triggerPrice === holding.stopPrice;
    if (fits || resting.filledSteps > 0) return;
    cancelOrder(turn, resting.terms.clientOrderId, 'REPLACED');
    // A venue that answers later still has the old stop: the new one follows when that is known to be gone.
    if (isLive(resting)) return;
    holding.stopOrderId = null;
  }
  const order = sendOrder(turn, {
    requestId: holding.requestId,
    intent: 'STOP',
    side: holding.steps > 0 ? 'SELL' : 'BUY',
    type: 'STOP',
    sizeSteps: wanted,
    triggerPrice: holding.stopPrice,
    decisionPrice: holding.stopPrice,
    reason: 'stop',
    strategyId: holding.strategyId,
  });
  holding.stopOrderId = order.terms.clientOrderId;
}

/** The first stop of a holding, from the request that opened it; a later one only counts if it is tighter. */
export function setStop(turn: Turn, price: number, cause: string): boolean {
  const { holding, instrument } = turn.desk;
  if (holding === null) return false;
  const stop = roundStop(price, holding.steps > 0 ? 'LONG' : 'SHORT', instrument);
  const { stopPrice } = holding;
  if (stopPrice !== null && (holding.steps > 0 ? stop <= stopPrice : stop >= stopPrice)) return false;
  holding.stopPrice = stop;
  holding.stopCause = cause;
  return true;
}

export function onStopUpdated(turn: Turn, payload: ExitStopUpdatedPayload): void {
  if (isOurs(turn, payload.position_id) && setStop(turn, payload.new_stop, payload.cause)) syncStop(turn);
}

/**
 * The exit brain saw the stop hit. If ours rests at the venue, its fill is on the way or has come: a second close would
 * be one too many, so it is given time. If none rests, the holding is closed now.
 */
export function onStopTriggered(turn: Turn, payload: ExitStopTriggeredPayload): void {
  if (isOurs(turn, payload.position_id)) exitByStop(turn);
}

export function exitByStop(turn: Turn): void {
  const { holding } = turn.desk;
  if (holding === null) return;
  if (restingStop(turn, holding) === null) beginExit(turn, { all: true, reason: 'stop' });
  else holding.stopWait ??= deadlineIn(turn.nowUs, turn.state.options.stopWaitUs);
}

/** The wait is over: the venue's stop did not close the holding, so it is cancelled and the market does. */
export function giveUpOnStop(turn: Turn): void {
  const { holding } = turn.desk;
  if (holding === null) return;
  holding.stopWait = null;
  const { stopOrderId } = holding;
  holding.stopOrderId = null;
  if (stopOrderId !== null) cancelOrder(turn, stopOrderId, 'REPLACED');
  beginExit(turn, { all: true, reason: 'stop', tactic: 'MARKET' });
}

export function isOurs(turn: Turn, positionId: string): boolean {
  const ours = turn.desk.holding !== null && turn.desk.holding.positionId === positionId;
  if (!ours) turn.state.counters.ignoredExits++;
  return ours;
}

function restingStop(turn: Turn, holding: Holding): Order | null {
  const order = holding.stopOrderId === null ? undefined : turn.desk.orders.get(holding.stopOrderId);
  return order !== undefined && isLive(order) ? order : null;
}
