import type { Prng } from '../../base/index.ts';
import type { Instrument } from './grid.ts';
import type { OrderTerms } from './order.ts';
import type { VenueBook, VenueCandle } from './venue.ts';

/** A live order at the paper venue. */
export interface RestingOrder {
  readonly terms: OrderTerms;
  remainingSteps: number;
  readonly acceptedAtUs: number;
  /** `seq` of the newest market event when it was accepted: only later ones may fill it. */
  readonly acceptedSeq: number;
  /** A stop that was reached: a STOP goes on as a market order, a STOP_LIMIT as a limit order. */
  triggered: boolean;
  /** `seq` of the last event that was done with it; at most one fill per order and event. */
  doneSeq: number;
  /** Time of the last tick that it could have traded on, -1 for none. */
  tickAtUs: number;
  /** The last draw for a touched limit, and the event it was made for. */
  touchSeq: number;
  touchFills: boolean;
  prng: Prng | null;
}

/** What the paper venue knows of one symbol. */
export interface PaperBook {
  readonly instrument: Instrument;
  readonly orders: RestingOrder[];
  /** Ids it has seen, newest last, so that a repeated submit makes no second order. */
  readonly knownIds: Set<string>;
  positionSteps: number;
  lastSeq: number;
  fillCount: number;
  quote: VenueBook | null;
  /** Volume of the last bar, null before the first. */
  volume: number | null;
  /** Steps filled since the last bar ended; they use up the next bar's share. */
  filledSteps: number;
  previousClose: number | null;
  atr: number | null;
  atrSum: number;
  atrCount: number;
}

export function createPaperBook(instrument: Instrument): PaperBook {
  return {
    instrument,
    orders: [],
    knownIds: new Set(),
    positionSteps: 0,
    lastSeq: 0,
    fillCount: 0,
    quote: null,
    volume: null,
    filledSteps: 0,
    previousClose: null,
    atr: null,
    atrSum: 0,
    atrCount: 0,
  };
}

const ATR_PERIOD = 14;

/** Takes the figures of a closed bar into the book. After matching, so that a bar never prices its own fills. */
export function endBar(book: PaperBook, candle: VenueCandle): void {
  const previous = book.previousClose ?? candle.open;
  const trueRange = Math.max(candle.high - candle.low, Math.abs(candle.high - previous), Math.abs(candle.low - previous));
  book.previousClose = candle.close;
  book.volume = candle.volume;
  book.filledSteps = 0;
  // Wilder 1978: the mean of the first 14, then smoothed.
  if (book.atr !== null) book.atr = (book.atr * (ATR_PERIOD - 1) + trueRange) / ATR_PERIOD;
  else {
    book.atrSum += trueRange;
    book.atrCount++;
    if (book.atrCount === ATR_PERIOD) book.atr = book.atrSum / ATR_PERIOD;
  }
}
