import { signOf, type CancelCause } from '../../model/index.ts';
import type { Liquidity } from './costs/charges.ts';
import { defaultInstrument, sizeOf, type Instrument } from './grid.ts';
import { barPath, firstTouch, PATH_START, type PathPoint } from './in-bar.ts';
import type { OrderTerms } from './order.ts';
import { createPaperBook, endBar, type PaperBook, type RestingOrder } from './paper-book.ts';
import type { PaperVenueOptions } from './paper-options.ts';
import { actsAsMarket, gapped, isStop, levelOf, limitPrice, marketPrice, reaches, stopPrice, type Span } from './paper-pricing.ts';
import type { SimulatedVenue, VenueBook, VenueCandle, VenueReport, VenueTick } from './venue.ts';

/** How many client order ids a book remembers to recognise a repeated submit. */
const KNOWN_IDS_MAX = 1_000;

/**
 * A venue made of market data. Pure: what it fills depends on the orders and events it was given, in their order.
 *
 * It promises: no fill on data from before the order was accepted; a fill on a bar lies inside the bar; a reduce-only
 * order never opens or turns a position; an order fills at most once per market event; a fill counts against the
 * bar's volume share, except while volume is unknown and the option says `unlimited`.
 *
 * On recorded bars it is stepped twice: an opening tick (price = open) fills market orders and stops that the open has
 * gapped through, then the closed candle tests resting orders against its whole range. A market order that never saw
 * a tick fills at the open of the first bar that began after its decision.
 */
export class PaperVenue implements SimulatedVenue {
  readonly #options: PaperVenueOptions;
  readonly #instruments: Readonly<Record<string, Instrument>>;
  readonly #fallback: Instrument;
  readonly #books = new Map<string, PaperBook>();

  constructor(
    options: PaperVenueOptions,
    instruments: Readonly<Record<string, Instrument>> = {},
    fallback: Instrument = defaultInstrument,
  ) {
    this.#fallback = fallback;
    this.#options = options;
    this.#instruments = instruments;
  }

  submit(terms: OrderTerms, nowUs: number): readonly VenueReport[] {
    const { clientOrderId } = terms;
    const book = this.#book(terms.symbol);
    if (book.knownIds.has(clientOrderId)) return [];
    book.knownIds.add(clientOrderId);
    if (book.knownIds.size > KNOWN_IDS_MAX) book.knownIds.delete(book.knownIds.values().next().value as string);
    if (!(Number.isSafeInteger(terms.sizeSteps) && terms.sizeSteps > 0)) {
      return [{ kind: 'rejected', clientOrderId, code: 'SIZE', reason: `size of ${terms.sizeSteps} steps` }];
    }
    if (terms.reduceOnly && reducible(book, terms) === 0) {
      return [{ kind: 'rejected', clientOrderId, code: 'REDUCE_ONLY', reason: 'no position to reduce' }];
    }
    book.orders.push({
      terms,
      remainingSteps: terms.sizeSteps,
      acceptedAtUs: nowUs,
      acceptedSeq: book.lastSeq,
      triggered: false,
      doneSeq: 0,
      tickAtUs: -1,
      touchSeq: 0,
      touchFills: false,
      prng: null,
    });
    return [{ kind: 'accepted', clientOrderId, orderId: `paper-${clientOrderId}` }];
  }

  cancel(symbol: string, clientOrderId: string, cause: CancelCause): readonly VenueReport[] {
    const book = this.#book(symbol);
    if (!remove(book, clientOrderId)) return [{ kind: 'cancel_refused', clientOrderId, reason: 'order is not alive' }];
    return [cause === 'TTL' ? { kind: 'expired', clientOrderId } : { kind: 'cancelled', clientOrderId, cause }];
  }

  positionSteps(symbol: string): number {
    return this.#book(symbol).positionSteps;
  }

  onBook(quote: VenueBook): void {
    this.#book(quote.symbol).quote = quote;
  }

  *onTick(tick: VenueTick): Generator<VenueReport> {
    const book = this.#book(tick.symbol);
    book.lastSeq = tick.seq;
    const single = tick.low === tick.high;
    const span: Span = {
      first: single ? tick.price : null,
      low: tick.low,
      high: tick.high,
      timestampUs: tick.timestampUs,
      seq: tick.seq,
      bounded: false,
    };
    const offered = (order: RestingOrder): boolean => order.acceptedSeq < tick.seq && order.acceptedAtUs <= tick.timestampUs;
    for (const order of book.orders) if (offered(order)) order.tickAtUs = tick.timestampUs;
    yield* this.#match(book, offered, span, tick.price, null);
  }

  *onCandle(candle: VenueCandle): Generator<VenueReport> {
    const book = this.#book(candle.symbol);
    book.lastSeq = candle.seq;
    const span: Span = {
      first: candle.open,
      low: candle.low,
      high: candle.high,
      timestampUs: candle.timestampUs,
      seq: candle.seq,
      bounded: true,
    };
    // An order placed while this bar is matched (the stop of an entry that just filled) lives through the rest of the bar.
    const offered = (order: RestingOrder): boolean =>
      order.acceptedSeq < candle.seq
        ? order.acceptedAtUs <= candle.openTimeUs && !(actsAsMarket(order) && order.tickAtUs >= candle.openTimeUs)
        : order.terms.type !== 'MARKET';
    book.volume = candle.volume;
    yield* this.#match(book, offered, span, candle.open, barPath(this.#options.inBar, candle));
    endBar(book, candle);
  }

  /** Fills one order after another, each time the one whose turn it is, until none of the offered orders trades. */
  *#match(
    book: PaperBook,
    offered: (order: RestingOrder) => boolean,
    span: Span,
    base: number,
    path: readonly number[] | null,
  ): Generator<VenueReport> {
    let cursor: PathPoint = { position: PATH_START, price: base };
    for (;;) {
      const turn = this.#nextTurn(book, offered, span, path, cursor);
      if (turn === null) return;
      turn.order.doneSeq = span.seq;
      const price = yield* this.#trade(book, turn.order, turn.view, base);
      // A rule has no path: what comes after a fill begins at its price.
      if (path !== null) cursor = turn.at;
      else if (price !== null) cursor = { position: PATH_START, price };
    }
  }

  /** The order that trades next. Equal ranks go by acceptance. */
  #nextTurn(
    book: PaperBook,
    offered: (order: RestingOrder) => boolean,
    span: Span,
    path: readonly number[] | null,
    cursor: PathPoint,
  ): Turn | null {
    let best: Turn | null = null;
    for (const order of book.orders) {
      if (order.doneSeq === span.seq || !offered(order)) continue;
      // An order that was placed inside this bar sees it from here on, not from the open.
      const view = order.acceptedSeq >= span.seq ? { ...span, first: cursor.price } : span;
      const turn = this.#turnOf(order, view, path, cursor);
      if (turn !== null && (best === null || turn.rank < best.rank)) best = turn;
    }
    return best;
  }

  #turnOf(order: RestingOrder, view: Span, path: readonly number[] | null, cursor: PathPoint): Turn | null {
    if (actsAsMarket(order)) return { order, view, at: cursor, rank: -1 };
    if (!reaches(order, view, this.#options)) return null;
    const level = levelOf(order);
    if (path !== null) {
      const at = firstTouch(path, cursor, level.price, level.falling);
      return at === null ? null : { order, view, at, rank: at.position };
    }
    // `worst`: what the opening price settles, then stops, then entries (whose stops come next), profit-taking last.
    const resting = !order.terms.reduceOnly ? 2 : isStop(order) ? 1 : 3;
    return { order, view, at: cursor, rank: gapped(level, view) ? 0 : resting };
  }

  /** Fills what may be filled of one order; returns the price, or null when nothing traded. */
  *#trade(book: PaperBook, order: RestingOrder, view: Span, base: number): Generator<VenueReport, number | null> {
    const { terms } = order;
    const { clientOrderId } = terms;
    const wanted = terms.reduceOnly ? Math.min(order.remainingSteps, reducible(book, terms)) : order.remainingSteps;
    if (wanted === 0) {
      remove(book, clientOrderId);
      yield { kind: 'cancelled', clientOrderId, cause: 'VENUE' };
      return null;
    }
    const steps = Math.min(wanted, this.#share(book));
    const quote = this.#quote(book, order, sizeOf(steps, book.instrument), view, base);
    if (isStop(order)) order.triggered = true;
    const trades = steps > 0 && quote !== null;
    if (trades) {
      order.remainingSteps -= steps;
      book.filledSteps += steps;
      book.positionSteps += signOf(terms.side) * steps;
      if (order.remainingSteps === 0) remove(book, clientOrderId);
      yield { kind: 'filled', clientOrderId, fillId: `f_${view.seq}_${book.fillCount++}`, ...quote, sizeSteps: steps };
    }
    if (terms.timeInForce === 'IOC' && remove(book, clientOrderId)) yield { kind: 'cancelled', clientOrderId, cause: 'VENUE' };
    return trades ? quote.price : null;
  }

  /** Price and liquidity of the order now, or null when it was only triggered (a stop-limit that gapped past its limit). */
  #quote(book: PaperBook, order: RestingOrder, size: number, view: Span, base: number): { price: number; liquidity: Liquidity } | null {
    const { terms } = order;
    if (actsAsMarket(order)) return { price: marketPrice(book, terms.side, size, base, view, this.#options), liquidity: 'TAKER' };
    if (!isStop(order))
      return { price: limitPrice(order, view, book.instrument), liquidity: gapped(levelOf(order), view) ? 'TAKER' : 'MAKER' };
    const price = stopPrice(book, order, size, view, this.#options);
    if (terms.type === 'STOP') return { price, liquidity: 'TAKER' };
    const limit = terms.limitPrice as number;
    return (terms.side === 'SELL' ? price >= limit : price <= limit) ? { price, liquidity: 'TAKER' } : null;
  }

  /** How many steps this bar may still fill. Between bars the last bar's volume stands in for the one not yet known. */
  #share(book: PaperBook): number {
    if (book.volume === null || book.volume <= 0) return this.#options.unknownVolume === 'unlimited' ? Infinity : 0;
    const allowed = Math.floor((book.volume * this.#options.participationRatioMax) / book.instrument.step + 1e-6);
    return Math.max(allowed - book.filledSteps, 0);
  }

  #book(symbol: string): PaperBook {
    let book = this.#books.get(symbol);
    if (book === undefined) this.#books.set(symbol, (book = createPaperBook(this.#instruments[symbol] ?? this.#fallback)));
    return book;
  }
}

/** An order, what it sees of the event, and where in the queue it stands: the lowest rank trades first. */
interface Turn {
  readonly order: RestingOrder;
  readonly view: Span;
  readonly at: PathPoint;
  readonly rank: number;
}

/** How much an order can take off the position. */
function reducible(book: PaperBook, terms: OrderTerms): number {
  return Math.max(-signOf(terms.side) * book.positionSteps, 0);
}

function remove(book: PaperBook, clientOrderId: string): boolean {
  const index = book.orders.findIndex((order) => order.terms.clientOrderId === clientOrderId);
  if (index >= 0) book.orders.splice(index, 1);
  return index >= 0;
}
