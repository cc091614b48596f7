import type { CancelCause } from '../../model/index.ts';
import type { Fill, OrderTerms } from './order.ts';

/** What a venue says about an order. Every report names the order by our id. */
export type VenueReport =
  | { readonly kind: 'accepted'; readonly clientOrderId: string; readonly orderId: string }
  | { readonly kind: 'rejected'; readonly clientOrderId: string; readonly code: string; readonly reason: string }
  | ({ readonly kind: 'filled'; readonly clientOrderId: string } & Fill)
  | { readonly kind: 'cancelled'; readonly clientOrderId: string; readonly cause: CancelCause }
  | { readonly kind: 'cancel_refused'; readonly clientOrderId: string; readonly reason: string }
  | { readonly kind: 'expired'; readonly clientOrderId: string };

/**
 * The door to a market. The execution engine speaks to no other: one implementation per venue, chosen once by mode.
 *
 * A venue answers at once in what it returns; one that answers later does so through an event of its own. `submit` with
 * a client order id that it has seen must not make a second order.
 */
export interface Venue {
  submit(order: OrderTerms, nowUs: number): readonly VenueReport[];
  /** Asks to cancel; the answer is `cancelled` (`expired` for cause TTL), or `cancel_refused` when the order is not alive. */
  cancel(symbol: string, clientOrderId: string, cause: CancelCause, nowUs: number): readonly VenueReport[];
  /** Live signed size in steps as the venue has it; closing orders ask for it first. */
  positionSteps(symbol: string): number;
}

/** A venue that makes its own fills from market data. It yields one report at a time, so that the engine can act on it (place the stop) before the next. */
export interface SimulatedVenue extends Venue {
  onTick(tick: VenueTick): Iterable<VenueReport>;
  /** Bars of one timeframe only, each once: longer ones repeat the same trades. */
  onCandle(candle: VenueCandle): Iterable<VenueReport>;
  onBook(book: VenueBook): void;
}

/** Last price, with the extremes since the tick before when several were coalesced into it. */
export interface VenueTick {
  readonly symbol: string;
  readonly timestampUs: number;
  readonly seq: number;
  readonly price: number;
  readonly low: number;
  readonly high: number;
}

export interface VenueCandle {
  readonly symbol: string;
  /** Close of the bar. */
  readonly timestampUs: number;
  readonly seq: number;
  readonly openTimeUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface VenueBook {
  readonly symbol: string;
  readonly timestampUs: number;
  readonly bid: number;
  readonly ask: number;
}
