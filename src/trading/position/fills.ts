import type { EventInput, QtEvent } from '../../event/index.ts';
import { signOf, toMicros, toSteps, toTicks, type Instrument, type TradesOrderFilledPayload } from '../../model/index.ts';
import { proRata } from '../micros.ts';
import type { RecentIds } from '../recent-ids.ts';
import { createExcursion, touch } from './excursion.ts';
import { createLedger, enter, leave } from './ledger.ts';
import { closedEvent, openedEvent, type EntryRegime, type Life, type RequestTerms } from './life.ts';
import { publishState, type Quote } from './monitor.ts';
import type { ResolvedPositionStateOptions } from './options.ts';

/** The part of a symbol's books that fills change. */
export interface FillBooks {
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly requests: ReadonlyMap<string, RequestTerms>;
  readonly fillIds: RecentIds;
  readonly regime: EntryRegime | null;
  readonly last: Quote | null;
  life: Life | null;
}

/**
 * Nets a fill into the position of its symbol: opens, adds, reduces, closes, or closes and opens the other way round. The
 * fee of a fill that turns the position is shared by the steps that closed and the steps that opened.
 *
 * @throws QtError QT_MODEL_OFF_GRID, QT_MODEL_OUT_OF_RANGE before anything has changed
 */
export function applyFill(books: FillBooks, event: QtEvent<TradesOrderFilledPayload>, options: ResolvedPositionStateOptions): EventInput[] {
  const { payload, timestamp } = event;
  const { instrument } = books;
  if (books.fillIds.has(payload.fill_id)) return [];
  const ticks = toTicks(payload.fill_price, instrument);
  const steps = toSteps(payload.fill_size, instrument);
  const feesMicros = toMicros(payload.fees);
  if (steps === 0) return [];
  books.fillIds.add(payload.fill_id);

  const sign = signOf(payload.side);
  const { life } = books;
  if (life === null) return open(books, event, { sign, ticks, steps, feesMicros }, options);
  if (life.ledger.sign === sign) {
    enter(life.ledger, ticks, steps);
    life.ledger.feesMicros += feesMicros;
    touch(life.excursion, ticks);
    return [publishState(life, timestamp, options.markStepR)];
  }

  const closing = Math.min(steps, life.ledger.steps);
  const closingFees = proRata(feesMicros, closing, steps);
  leave(life.ledger, ticks, closing);
  life.ledger.feesMicros += closingFees;
  touch(life.excursion, ticks);
  if (life.ledger.steps > 0) return [publishState(life, timestamp, options.markStepR)];
  books.life = null;
  const closed = closedEvent(life, timestamp, reasonOf(life, payload));
  if (closing === steps) return [closed];
  const rest = { sign, ticks, steps: steps - closing, feesMicros: feesMicros - closingFees };
  return [closed, ...open(books, event, rest, options)];
}

interface Opening {
  readonly sign: 1 | -1;
  readonly ticks: number;
  readonly steps: number;
  readonly feesMicros: number;
}

function open(
  books: FillBooks,
  { payload, seq, timestamp }: QtEvent<TradesOrderFilledPayload>,
  { feesMicros, sign, steps, ticks }: Opening,
  options: ResolvedPositionStateOptions,
): EventInput[] {
  const direction = sign > 0 ? 'LONG' : 'SHORT';
  const request = books.requests.get(payload.request_id);
  // An exit that went through zero names the request of the position it closed, whose stop lies on the wrong side now.
  const terms = request?.direction === direction ? request : null;
  const ledger = createLedger(sign);
  enter(ledger, ticks, steps);
  ledger.feesMicros = feesMicros;
  const isMarked = books.last !== null && books.last.at >= timestamp;
  const life: Life = {
    positionId: `pos_${seq}_0`,
    symbol: books.symbol,
    direction,
    instrument: books.instrument,
    mode: options.mode,
    openedAt: timestamp,
    terms,
    regime: books.regime,
    ledger,
    excursion: createExcursion(ticks),
    initialStop: terms?.stop ?? null,
    stop: terms?.stop ?? null,
    markTicks: isMarked && books.last !== null ? books.last.ticks : ticks,
    markAt: timestamp,
    publishedAt: timestamp,
    publishedStep: null,
    exitReason: null,
  };
  books.life = life;
  return [openedEvent(life), publishState(life, timestamp, options.markStepR)];
}

/** Why the position ended: the order that closed it knows best, then the last decision. */
function reasonOf(life: Life, { intent }: TradesOrderFilledPayload): string {
  if (intent === 'STOP') return 'stop';
  if (intent === 'ENTRY') return 'reversed';
  return life.exitReason ?? intent.toLowerCase();
}
