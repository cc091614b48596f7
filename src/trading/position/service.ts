import type { EventDefinition, EventInput, QtEvent } from '../../event/index.ts';
import {
  createInstrument,
  ExitDecisionMade,
  ExitStopUpdated,
  MarketBookTop,
  MarketCandleNew,
  MarketTickPrice,
  RegimeClassificationUpdate,
  roundPrice,
  toCandle,
  toTicks,
  TradesOrderFilled,
  TradesOrderPartiallyFilled,
  TradesRequestNew,
  type ExitDecisionMadePayload,
  type ExitStopUpdatedPayload,
  type Instrument,
  type MarketBookTopPayload,
  type MarketCandleNewPayload,
  type MarketTickPricePayload,
  type RegimeClassificationUpdatePayload,
  type TradesRequestNewPayload,
} from '../../model/index.ts';
import { RecentIds } from '../recent-ids.ts';
import { AppliedSequences } from '../redelivery.ts';
import { touch, touchBar } from './excursion.ts';
import { applyFill } from './fills.ts';
import { stateEvent, type EntryRegime, type Life, type RequestTerms } from './life.ts';
import { setMark, type Quote } from './monitor.ts';
import { resolvePositionStateOptions, type PositionStateOptions, type ResolvedPositionStateOptions } from './options.ts';

/** What is known about one symbol. */
export interface SymbolBooks {
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly requests: Map<string, RequestTerms>;
  readonly fillIds: RecentIds;
  regime: EntryRegime | null;
  /** Last price and last mid. */
  last: Quote | null;
  mid: Quote | null;
  life: Life | null;
}

/** The books of every symbol that this instance owns; changed by `step` only. */
export interface PositionState {
  readonly options: ResolvedPositionStateOptions;
  readonly symbols: Map<string, SymbolBooks>;
  readonly applied: AppliedSequences;
}

type Handle = (state: PositionState, event: QtEvent<never>) => EventInput[];

const HANDLES: ReadonlyMap<string, Handle> = new Map([
  on(TradesRequestNew, onRequest),
  on(TradesOrderPartiallyFilled, (state, event) => applyFill(booksOf(state, event.payload.symbol), event, state.options)),
  on(TradesOrderFilled, (state, event) => applyFill(booksOf(state, event.payload.symbol), event, state.options)),
  on(ExitStopUpdated, onStopMoved),
  on(ExitDecisionMade, onExitDecided),
  on(MarketTickPrice, onTick),
  on(MarketCandleNew, onCandle),
  on(MarketBookTop, onBook),
  on(RegimeClassificationUpdate, onRegime),
]);

/** Types the service listens to. */
export const POSITION_INPUTS: readonly string[] = [...HANDLES.keys()];

/** @throws QtError QT_OPTION_INVALID */
export function createPositionState(options: PositionStateOptions = {}): PositionState {
  return { options: resolvePositionStateOptions(options), symbols: new Map(), applied: new AppliedSequences() };
}

/**
 * Keeps positions from fills, and from nothing else, and values them at marks. Pure but for its own state; time is the
 * event's. A fill counts once per fill id; an event that was seen already changes nothing.
 *
 * @throws QtError QT_MODEL_OFF_GRID, QT_MODEL_OUT_OF_RANGE for a fill that is not on its instrument's grid
 */
export function step(state: PositionState, event: QtEvent<object>): EventInput[] {
  const handle = HANDLES.get(event.type);
  if (handle === undefined) return [];
  return state.applied.once(event, () => handle(state, event as QtEvent<never>));
}

function on<P extends object>(
  { type }: EventDefinition<P>,
  handle: (state: PositionState, event: QtEvent<P>) => EventInput[],
): readonly [string, Handle] {
  return [type, handle as Handle];
}

function booksOf({ options, symbols }: PositionState, symbol: string): SymbolBooks {
  const known = symbols.get(symbol);
  if (known !== undefined) return known;
  const instrument = options.instruments.find((one) => one.symbol === symbol) ?? createInstrument({ symbol });
  const books: SymbolBooks = {
    symbol,
    instrument,
    requests: new Map(),
    fillIds: new RecentIds(FILL_IDS_KEPT),
    regime: null,
    last: null,
    mid: null,
    life: null,
  };
  symbols.set(symbol, books);
  return books;
}

/** Fill ids remembered per symbol: more than a venue can still repeat after a reconnect. */
const FILL_IDS_KEPT = 10_000;

/** A request lives seconds; this many of one symbol are never in flight together. */
const REQUESTS_KEPT = 64;

function onRequest(state: PositionState, { payload }: QtEvent<TradesRequestNewPayload>): EventInput[] {
  const { requests } = booksOf(state, payload.symbol);
  requests.set(payload.request_id, {
    direction: payload.direction,
    stop: payload.stop_loss,
    riskAmount: payload.risk_amount,
    signalId: payload.signal_id,
    strategyId: payload.strategy_id,
  });
  for (const oldest of requests.keys()) {
    if (requests.size <= REQUESTS_KEPT) break;
    requests.delete(oldest);
  }
  return [];
}

function onStopMoved(state: PositionState, { payload, timestamp }: QtEvent<ExitStopUpdatedPayload>): EventInput[] {
  const { life } = booksOf(state, payload.symbol);
  if (life === null || life.positionId !== payload.position_id) return [];
  if (life.stop !== null && (payload.new_stop - life.stop) * life.ledger.sign <= 0) return [];
  life.stop = payload.new_stop;
  return [stateEvent(life, timestamp)];
}

function onExitDecided(state: PositionState, { payload }: QtEvent<ExitDecisionMadePayload>): EventInput[] {
  const { life } = booksOf(state, payload.symbol);
  const isExit = payload.decision === 'EXIT_FULL' || payload.decision === 'EXIT_PARTIAL';
  if (life !== null && isExit && life.positionId === payload.position_id) life.exitReason = payload.reason;
  return [];
}

function onTick(state: PositionState, { payload, timestamp }: QtEvent<MarketTickPricePayload>): EventInput[] {
  const books = booksOf(state, payload.symbol);
  const ticks = nearest(payload.price, books.instrument);
  if (books.life !== null) {
    touch(books.life.excursion, nearest(payload.low ?? payload.price, books.instrument));
    touch(books.life.excursion, nearest(payload.high ?? payload.price, books.instrument));
  }
  return priced(state, books, ticks, timestamp);
}

function onCandle(state: PositionState, { payload, timestamp }: QtEvent<MarketCandleNewPayload>): EventInput[] {
  const books = booksOf(state, payload.symbol);
  const { close, high, low, open, openTimeUs } = toCandle(payload, timestamp);
  const { instrument, life } = books;
  const ticks = nearest(close, instrument);
  if (life !== null) {
    const stop = life.stop === null ? null : nearest(life.stop, instrument);
    // The extremes of a bar that began before the position did may be older than it.
    if (openTimeUs < life.openedAt) touch(life.excursion, ticks);
    else {
      const bar = { open: nearest(open, instrument), high: nearest(high, instrument), low: nearest(low, instrument) };
      touchBar(life.excursion, bar, life.ledger.sign, stop);
    }
  }
  return priced(state, books, ticks, timestamp);
}

function priced({ options }: PositionState, books: SymbolBooks, ticks: number, at: number): EventInput[] {
  if (books.last === null || at >= books.last.at) books.last = { ticks, at };
  return setMark(books, options, at);
}

function onBook(state: PositionState, { payload, timestamp }: QtEvent<MarketBookTopPayload>): EventInput[] {
  const books = booksOf(state, payload.symbol);
  const isUsable = payload.bid < payload.ask;
  books.mid = isUsable ? { ticks: nearest((payload.bid + payload.ask) / 2, books.instrument), at: timestamp } : null;
  return isUsable ? setMark(books, state.options, timestamp) : [];
}

function onRegime(state: PositionState, { payload }: QtEvent<RegimeClassificationUpdatePayload>): EventInput[] {
  booksOf(state, payload.symbol).regime = {
    regime: payload.regime,
    detail: payload.regime_detail,
    volatility: payload.atr_percent === null ? null : payload.atr_percent / 100,
  };
  return [];
}

/** Marks are measurements, not orders: adjusted or averaged prices are taken to the nearest tick. */
function nearest(price: number, instrument: Instrument): number {
  return toTicks(roundPrice(price, instrument), instrument);
}
