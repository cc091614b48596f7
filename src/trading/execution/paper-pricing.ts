import { createPrng } from '../../base/index.ts';
import type { Side } from '../../model/index.ts';
import { takerSlippage } from './costs/slippage.ts';
import { priceDown, priceNearest, priceUp, type Instrument } from './grid.ts';
import type { PaperBook, RestingOrder } from './paper-book.ts';
import type { PaperVenueOptions } from './paper-options.ts';

/** The prices of one market event. `first` is its opening trade, null when several trades were coalesced. */
export interface Span {
  readonly first: number | null;
  readonly low: number;
  readonly high: number;
  readonly timestampUs: number;
  readonly seq: number;
  /** True when the low and high are the whole range of a bar, so that no fill may lie outside. */
  readonly bounded: boolean;
}

/** The level an order waits for, and from which side: a limit buy and a stop sell wait for the price to fall. */
export interface Level {
  readonly price: number;
  readonly falling: boolean;
  /** Limits need a trade through them, stops only a touch. */
  readonly strict: boolean;
}

export function actsAsMarket(order: RestingOrder): boolean {
  return order.terms.type === 'MARKET' || (order.terms.type === 'STOP' && order.triggered);
}

export function isStop(order: RestingOrder): boolean {
  return (order.terms.type === 'STOP' || order.terms.type === 'STOP_LIMIT') && !order.triggered;
}

export function levelOf(order: RestingOrder): Level {
  const stop = isStop(order);
  const price = stop ? order.terms.triggerPrice : order.terms.limitPrice;
  return { price: price as number, falling: stop === (order.terms.side === 'SELL'), strict: !stop };
}

/** True if the span reaches the order's level; a mere touch of a limit counts with probability `touchRatio`. */
export function reaches(order: RestingOrder, span: Span, options: PaperVenueOptions): boolean {
  const level = levelOf(order);
  const depth = level.falling ? level.price - span.low : span.high - level.price;
  if (depth > 0 || (depth === 0 && !level.strict)) return true;
  return depth === 0 && options.touchRatio > 0 && touchFills(order, span.seq, options);
}

/** True if the span begins at or through the level: nothing traded between the order and this price. */
export function gapped(level: Level, span: Span): boolean {
  if (span.first === null) return level.falling ? span.high <= level.price : span.low >= level.price;
  return level.falling ? span.first <= level.price : span.first >= level.price;
}

/** Price of a market order around a last price: half the spread and the slippage against us. */
export function marketPrice(book: PaperBook, side: Side, size: number, base: number, span: Span, options: PaperVenueOptions): number {
  return against(
    side,
    base,
    halfSpread(book, base, span.timestampUs, options) + slippageAt(book, base, size, options),
    span,
    book.instrument,
  );
}

/** Price of a stop that the span reaches: its opening price after a gap, else the stop less slippage. */
export function stopPrice(book: PaperBook, order: RestingOrder, size: number, span: Span, options: PaperVenueOptions): number {
  const level = levelOf(order);
  const { side } = order.terms;
  if (gapped(level, span)) return against(side, span.first ?? (level.falling ? span.low : span.high), 0, span, book.instrument);
  return against(side, level.price, slippageAt(book, level.price, size, options), span, book.instrument);
}

/** Price of a limit that the span reaches: the limit, or the better price the span begins at. */
export function limitPrice(order: RestingOrder, span: Span, instrument: Instrument): number {
  const level = levelOf(order);
  const begin = span.first ?? (level.falling ? span.high : span.low);
  return priceNearest(level.falling ? Math.min(level.price, begin) : Math.max(level.price, begin), instrument);
}

function halfSpread(book: PaperBook, price: number, nowUs: number, options: PaperVenueOptions): number {
  const quote = book.quote;
  const usable = quote !== null && nowUs - quote.timestampUs <= options.quoteAgeUsMax && quote.ask > quote.bid;
  return usable ? (quote.ask - quote.bid) / 2 : (price * options.spreadBps) / 2e4;
}

function slippageAt(book: PaperBook, price: number, size: number, options: PaperVenueOptions): number {
  return takerSlippage(options.slippage, { price, atr: book.atr, volume: book.volume }, size);
}

/**
 * Moves a price against the side and onto the tick grid, never outside a bounded span and never below one tick. Where a
 * bar's own prices are off the grid the grid wins, by at most half a tick: everyone who books the fill counts in ticks.
 */
function against(side: Side, price: number, distance: number, span: Span, instrument: Instrument): number {
  const moved = side === 'BUY' ? priceUp(price + distance, instrument) : priceDown(price - distance, instrument);
  const inside = span.bounded ? Math.min(Math.max(moved, span.low), span.high) : moved;
  return priceNearest(inside, instrument);
}

/** One draw per order and event, however often it is asked. */
function touchFills(order: RestingOrder, seq: number, options: PaperVenueOptions): boolean {
  if (order.touchSeq !== seq) {
    order.prng ??= createPrng(`fill:${order.terms.clientOrderId}`);
    order.touchSeq = seq;
    order.touchFills = order.prng.next() < options.touchRatio;
  }
  return order.touchFills;
}
