import type { QtEvent } from '../../event/index.ts';
import type { PositionClosedPayload, PositionOpenedPayload, PositionStateUpdatePayload, Regime, RegimeDetail } from '../../model/index.ts';
import { reached } from './levels.ts';
import type { CapitalOptions } from './options.ts';
import type { BookEntry, KnownRegime } from './watch.ts';

/** Every open position of the account, one for each symbol, as far as this instance has heard. */
export interface Book {
  readonly entries: Map<string, BookEntry>;
  /** `seq` of the last close per symbol: an older mark that arrives late must not bring the position back. */
  readonly closedSeq: Map<string, number>;
}

export function createBook(): Book {
  return { entries: new Map(), closedSeq: new Map() };
}

/** @returns false for news that is older than what is known */
export function bookOpened(book: Book, event: QtEvent<PositionOpenedPayload>): boolean {
  const { payload } = event;
  const known = book.entries.get(payload.symbol);
  if (isStale(book, known, payload.symbol, event.seq)) return false;
  book.entries.set(payload.symbol, {
    positionId: payload.position_id,
    symbol: payload.symbol,
    direction: payload.direction,
    openedAt: event.timestamp,
    entryRegime: knownRegime(payload.entry_regime, payload.entry_regime_detail),
    entryDetail: payload.entry_regime_detail ?? 'UNKNOWN',
    entryVolatility: payload.entry_volatility ?? null,
    initialStop: payload.stop_loss,
    size: payload.size,
    entryPrice: payload.entry_price,
    stop: payload.stop_loss,
    price: payload.entry_price,
    unrealizedPct: 0,
    seq: event.seq,
  });
  return true;
}

/** A position whose opening was missed is taken over all the same, without an entry regime. */
export function bookUpdate(book: Book, event: QtEvent<PositionStateUpdatePayload>): void {
  const { payload } = event;
  const known = book.entries.get(payload.symbol);
  if (isStale(book, known, payload.symbol, event.seq)) return;
  if (known === undefined || known.positionId !== payload.position_id) {
    book.entries.set(payload.symbol, {
      positionId: payload.position_id,
      symbol: payload.symbol,
      direction: payload.direction,
      openedAt: event.timestamp - payload.age_seconds * 1_000_000,
      entryRegime: 'UNKNOWN',
      entryDetail: 'UNKNOWN',
      entryVolatility: null,
      initialStop: payload.initial_stop,
      size: payload.size,
      entryPrice: payload.entry_price,
      stop: payload.stop_loss,
      price: payload.current_price,
      unrealizedPct: payload.unrealized_pnl_percent,
      seq: event.seq,
    });
    return;
  }
  known.size = payload.size;
  known.entryPrice = payload.entry_price;
  known.stop = payload.stop_loss;
  known.price = payload.current_price;
  known.unrealizedPct = payload.unrealized_pnl_percent;
  known.seq = event.seq;
}

/** @returns true if that position was the open one */
export function bookClosed(book: Book, event: QtEvent<PositionClosedPayload>): boolean {
  const { position_id, symbol } = event.payload;
  book.closedSeq.set(symbol, Math.max(event.seq, book.closedSeq.get(symbol) ?? 0));
  if (book.entries.get(symbol)?.positionId !== position_id) return false;
  return book.entries.delete(symbol);
}

/** The position that has lost most in percent; equal ones by id, so that every instance names the same. */
export function weakestOf(book: Book): string | null {
  let weakest: BookEntry | null = null;
  for (const entry of book.entries.values()) {
    const isWeaker = weakest === null || entry.unrealizedPct < weakest.unrealizedPct;
    const isTie = entry.unrealizedPct === weakest?.unrealizedPct && entry.positionId < weakest.positionId;
    if (isWeaker || isTie) weakest = entry;
  }
  return weakest?.positionId ?? null;
}

/**
 * The positions that are the smaller half of a pair with the one just opened on `symbol`, each with a name for its pair.
 * Judged once, from what every instance knows, so that only one of the two is ever cut for it. Equal ones: the symbol that
 * sorts last.
 */
export function smallerHalves(book: Book, symbol: string, { correlations, pairRho }: CapitalOptions): { id: string; pair: string }[] {
  const found: { id: string; pair: string }[] = [];
  for (const { a, b, rho } of correlations) {
    if ((a !== symbol && b !== symbol) || !reached(rho, pairRho, true)) continue;
    const first = book.entries.get(a);
    const second = book.entries.get(b);
    if (first === undefined || second === undefined || first.direction !== second.direction) continue;
    const difference = first.size * first.price - second.size * second.price;
    const isFirst = difference < 0 || (difference === 0 && first.symbol > second.symbol);
    found.push({ id: (isFirst ? first : second).positionId, pair: `pair:${first.positionId}:${second.positionId}` });
  }
  return found;
}

export function knownRegime(regime: Regime | undefined, detail: RegimeDetail | undefined): KnownRegime {
  return regime === undefined || detail === 'UNKNOWN' ? 'UNKNOWN' : regime;
}

function isStale(book: Book, known: BookEntry | undefined, symbol: string, seq: number): boolean {
  return seq <= (book.closedSeq.get(symbol) ?? 0) || (known !== undefined && seq <= known.seq);
}
