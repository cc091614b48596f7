import type { Direction, RiskExposureReleasedPayload } from '../../model/index.ts';
import { notionalMicros } from '../micros.ts';
import { toSize, type ResolvedInstrument } from '../instrument.ts';

export type ReleaseCause = RiskExposureReleasedPayload['cause'];

/** Exposure that was approved and is not filled yet. */
export interface Reservation {
  readonly evaluationId: string;
  readonly symbol: string;
  readonly direction: Direction;
  readonly instrument: ResolvedInstrument;
  readonly entryPrice: number;
  readonly stopPrice: number;
  readonly expiresAt: number;
  /** What is still reserved. */
  steps: number;
  requestId: string | null;
  /** True once an order is out: from then on only the end of the order releases it, not the clock. */
  ordered: boolean;
}

/** Reservations by evaluation, and the way to them from a request. */
export interface Reservations {
  readonly byEvaluation: Map<string, Reservation>;
  readonly byRequest: Map<string, Reservation>;
}

export function createReservations(): Reservations {
  return { byEvaluation: new Map(), byRequest: new Map() };
}

export function add(reservations: Reservations, reservation: Reservation): void {
  reservations.byEvaluation.set(reservation.evaluationId, reservation);
}

/** Ties a request to its reservation and shrinks it to the requested size; never grows it. */
export function attach(reservations: Reservations, reservation: Reservation, requestId: string, steps: number): void {
  reservation.requestId = requestId;
  reservation.steps = Math.min(reservation.steps, steps);
  reservations.byRequest.set(requestId, reservation);
}

export function remove(reservations: Reservations, reservation: Reservation): void {
  reservations.byEvaluation.delete(reservation.evaluationId);
  if (reservation.requestId !== null) reservations.byRequest.delete(reservation.requestId);
}

/** Those without an order whose time is over, oldest first. */
export function overdue(reservations: Reservations, now: number, graceUs: number): Reservation[] {
  return all(reservations).filter((reservation) => !reservation.ordered && now > reservation.expiresAt + graceUs);
}

/** In the order they were made. */
export function all(reservations: Reservations): Reservation[] {
  return [...reservations.byEvaluation.values()];
}

export function reservedNotionalMicros(reservation: Reservation): number {
  return perUnitMicros(reservation, reservation.entryPrice);
}

export function reservedRiskMicros(reservation: Reservation): number {
  return perUnitMicros(reservation, Math.abs(reservation.entryPrice - reservation.stopPrice));
}

function perUnitMicros(reservation: Reservation, price: number): number {
  return notionalMicros(price, toSize(reservation.steps, reservation.instrument), reservation.instrument.multiplier);
}
