import type { EventInput } from '../../event/index.ts';
import {
  accountKey,
  RiskExposureReleased,
  RiskExposureReserved,
  type TradesOrderCancelledPayload,
  type TradesOrderFilledPayload,
  type TradesOrderLoggedPayload,
  type TradesOrderRejectedPayload,
  type TradesOrderSubmittedPayload,
  type TradesRequestDeniedPayload,
  type TradesRequestNewPayload,
} from '../../model/index.ts';
import { fromMicros } from '../micros.ts';
import { applyFill, holdingOf } from './exposure.ts';
import { toSteps } from '../instrument.ts';
import {
  all,
  attach,
  overdue,
  remove,
  reservedNotionalMicros,
  reservedRiskMicros,
  type ReleaseCause,
  type Reservation,
} from './reservations.ts';
import type { RiskState } from './state.ts';

/** A request shrinks its reservation to what it asks for. */
export function onRequest(state: RiskState, request: TradesRequestNewPayload, out: EventInput[]): void {
  const reservation = state.reservations.byEvaluation.get(request.evaluation_id);
  if (reservation === undefined || reservation.requestId !== null) return;
  const before = reservation.steps;
  attach(state.reservations, reservation, request.request_id, toSteps(request.size, reservation.instrument));
  if (reservation.steps !== before) out.push(reserved(state, reservation));
}

/** The guard at the door refused, or the sizer found nothing to trade. */
export function onDenied(state: RiskState, denied: TradesRequestDeniedPayload, out: EventInput[]): void {
  const reservation = state.reservations.byEvaluation.get(denied.evaluation_id);
  if (reservation !== undefined) release(state, reservation, 'DENIED', out);
}

export function onSubmitted(state: RiskState, order: TradesOrderSubmittedPayload): void {
  const reservation = state.reservations.byRequest.get(order.request_id);
  if (reservation !== undefined && order.intent === 'ENTRY') reservation.ordered = true;
}

/** Nothing was sent in logging_only, so nothing stays reserved. */
export function onLogged(state: RiskState, order: TradesOrderLoggedPayload, out: EventInput[]): void {
  if (order.intent === 'ENTRY') releaseRequest(state, order.request_id, 'CANCELLED', out);
}

export function onRejected(state: RiskState, order: TradesOrderRejectedPayload, out: EventInput[]): void {
  if (order.intent === 'ENTRY') releaseRequest(state, order.request_id, 'REJECTED', out);
}

export function onCancelled(state: RiskState, order: TradesOrderCancelledPayload, out: EventInput[]): void {
  if (order.intent !== 'ENTRY') return;
  releaseRequest(state, order.request_id, order.cause === 'TTL' ? 'EXPIRED' : order.cause === 'KILL' ? 'KILL' : 'CANCELLED', out);
}

export function onExpired(state: RiskState, order: TradesOrderCancelledPayload, out: EventInput[]): void {
  if (order.intent === 'ENTRY') releaseRequest(state, order.request_id, 'EXPIRED', out);
}

/** Books a fill once; an entry's fill turns its part of the reservation into exposure. */
export function onFill(state: RiskState, fill: TradesOrderFilledPayload, at: number, out: EventInput[]): void {
  if (!state.fills.add(`${fill.symbol} ${fill.fill_id}`)) return;
  const holding = holdingOf(state.holdings, fill.symbol, state.options);
  state.equity.realized += applyFill(holding, { side: fill.side, price: fill.fill_price, size: fill.fill_size, fees: fill.fees, at });
  const reservation = fill.intent === 'ENTRY' ? state.reservations.byRequest.get(fill.request_id) : undefined;
  if (reservation === undefined) return;
  const left = reservation.steps - toSteps(fill.fill_size, reservation.instrument);
  if (left <= 0 || fill.remaining_size === 0) release(state, reservation, 'FILLED', out);
  else {
    reservation.steps = left;
    out.push(reserved(state, reservation));
  }
}

/** Gives back what no order ever used. */
export function releaseOverdue(state: RiskState, out: EventInput[]): void {
  const graceUs = state.options.reservationGraceMs * 1_000;
  for (const reservation of overdue(state.reservations, state.now, graceUs)) release(state, reservation, 'EXPIRED', out);
}

/** After a kill only what has an order stays reserved, until that order has ended. */
export function releaseForKill(state: RiskState, out: EventInput[]): void {
  for (const reservation of all(state.reservations)) {
    if (!reservation.ordered) release(state, reservation, 'KILL', out);
  }
}

/** What is reserved for an evaluation now; published when it is made and whenever it shrinks. */
export function reserved(state: RiskState, reservation: Reservation): EventInput {
  return RiskExposureReserved.create(amounts(reservation), { key: accountKey(state.options.account) });
}

function releaseRequest(state: RiskState, requestId: string, cause: ReleaseCause, out: EventInput[]): void {
  const reservation = state.reservations.byRequest.get(requestId);
  if (reservation !== undefined) release(state, reservation, cause, out);
}

function release(state: RiskState, reservation: Reservation, cause: ReleaseCause, out: EventInput[]): void {
  remove(state.reservations, reservation);
  out.push(RiskExposureReleased.create({ ...amounts(reservation), cause }, { key: accountKey(state.options.account) }));
}

function amounts(reservation: Reservation): { evaluation_id: string; symbol: string; notional_usd: number; risk_usd: number } {
  return {
    evaluation_id: reservation.evaluationId,
    symbol: reservation.symbol,
    notional_usd: fromMicros(reservedNotionalMicros(reservation)),
    risk_usd: fromMicros(reservedRiskMicros(reservation)),
  };
}
