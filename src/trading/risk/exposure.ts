import type { Direction, Side } from '../../model/index.ts';
import { notionalMicros, proRata, toMicros } from '../micros.ts';
import { toSize, toSteps, UNDESCRIBED, type ResolvedInstrument } from '../instrument.ts';
import type { ResolvedRiskOptions } from './options.ts';

/** A price at a time. */
export interface Mark {
  readonly at: number;
  readonly price: number;
}

/** How many marks in a row make a price believed: one bad tick moves nothing that matters. */
export const CONFIRMING_MARKS = 3;

/** What the account holds of one symbol, folded from fills. Money in micro-units. */
export interface Holding {
  readonly symbol: string;
  readonly instrument: ResolvedInstrument;
  /** Signed: negative is short. */
  steps: number;
  /** What the open size cost (or brought, when short), >= 0. */
  cost: number;
  /** Realized in this flat-to-flat life, fees included. */
  booked: number;
  /** Realized in finished lives whose `position.closed` has not arrived yet, oldest first. */
  readonly finished: number[];
  /** The last marks of this life, newest last, at most `CONFIRMING_MARKS`. */
  marks: Mark[];
  /** False while the holding is only known from a snapshot. */
  fromFills: boolean;
}

export type Holdings = Map<string, Holding>;

export function instrumentOf(options: ResolvedRiskOptions, symbol: string): ResolvedInstrument {
  return options.instruments.get(symbol) ?? options.defaultInstrument ?? UNDESCRIBED;
}

export function holdingOf(holdings: Holdings, symbol: string, options: ResolvedRiskOptions): Holding {
  let holding = holdings.get(symbol);
  if (holding === undefined) {
    const instrument = instrumentOf(options, symbol);
    holding = { symbol, instrument, steps: 0, cost: 0, booked: 0, finished: [], marks: [], fromFills: false };
    holdings.set(symbol, holding);
  }
  return holding;
}

export interface Fill {
  readonly side: Side;
  readonly price: number;
  readonly size: number;
  readonly fees: number;
  readonly at: number;
}

/**
 * Applies a fill and returns what it realized, fees deducted, in micro-units. Reducing takes its share of the cost, so
 * the parts of a position always add up to the whole; a fill through zero ends one life and begins the next.
 */
export function applyFill(holding: Holding, fill: Fill): number {
  holding.fromFills = true;
  const sign = fill.side === 'BUY' ? 1 : -1;
  const filled = toSteps(fill.size, holding.instrument);
  const value = notionalMicros(fill.price, fill.size, holding.instrument.multiplier);
  let realized = -toMicros(fill.fees);
  const closing = Math.sign(holding.steps) === -sign ? Math.min(filled, Math.abs(holding.steps)) : 0;
  const valueClosed = closing === 0 ? 0 : proRata(value, closing, filled);
  if (closing > 0) {
    const cost = proRata(holding.cost, closing, Math.abs(holding.steps));
    realized += (valueClosed - cost) * -sign;
    holding.cost -= cost;
    holding.steps += sign * closing;
  }
  holding.booked += realized;
  if (closing > 0 && holding.steps === 0) endLife(holding);
  if (filled > closing) {
    if (holding.steps === 0) holding.marks = [{ at: fill.at, price: fill.price }];
    holding.steps += sign * (filled - closing);
    holding.cost += value - valueClosed;
  }
  return realized;
}

function endLife(holding: Holding): void {
  holding.finished.push(holding.booked);
  holding.booked = 0;
  holding.cost = 0;
  holding.marks = [];
}

/** Takes a position that no fill of this run explains, as after a start with open positions. */
export function adopt(holding: Holding, direction: Direction, size: number, entryPrice: number, at: number): void {
  if (holding.fromFills || holding.steps !== 0) return;
  holding.steps = toSteps(size, holding.instrument) * (direction === 'LONG' ? 1 : -1);
  holding.cost = notionalMicros(entryPrice, size, holding.instrument.multiplier);
  holding.marks = [{ at, price: entryPrice }];
}

/**
 * Settles a closed position with what its fills booked already and returns the difference in micro-units: the position
 * service is the authority on its P&L, and a position without fills here books it whole.
 */
export function settle(holding: Holding, realizedPnl: number): number {
  const booked = holding.finished.shift();
  if (booked !== undefined) return toMicros(realizedPnl) - booked;
  const early = holding.booked;
  holding.steps = 0;
  endLife(holding);
  holding.finished.length = 0;
  return toMicros(realizedPnl) - early;
}

/** Adds a mark; a repeat of the last one (same instant) replaces it, so a repeated bad tick does not confirm itself. */
export function addMark(holding: Holding, mark: Mark): void {
  if (holding.steps === 0) return;
  const last = holding.marks.at(-1);
  if (last !== undefined && mark.at < last.at) return;
  if (last?.at === mark.at) holding.marks.pop();
  holding.marks.push(mark);
  if (holding.marks.length > CONFIRMING_MARKS) holding.marks.shift();
}

/** |size| at the last mark, micro-units. */
export function exposureMicros(holding: Holding): number {
  const price = holding.marks.at(-1)?.price;
  if (holding.steps === 0 || price === undefined) return 0;
  return valueAt(holding, price);
}

/** Profit of the open size at the last mark, micro-units. */
export function unrealizedMicros(holding: Holding): number {
  const price = holding.marks.at(-1)?.price;
  return price === undefined ? 0 : profitAt(holding, price);
}

/** The best of the last marks: a loss counts as confirmed only when every one of them shows it. */
export function confirmedUnrealizedMicros(holding: Holding): number {
  return holding.marks.length === 0 ? 0 : Math.max(...holding.marks.map((mark) => profitAt(holding, mark.price)));
}

/** The worst of the last marks: a gain counts as confirmed only when every one of them shows it. */
export function confirmedGainMicros(holding: Holding): number {
  return holding.marks.length === 0 ? 0 : Math.min(...holding.marks.map((mark) => profitAt(holding, mark.price)));
}

function profitAt(holding: Holding, price: number): number {
  return holding.steps === 0 ? 0 : (valueAt(holding, price) - holding.cost) * Math.sign(holding.steps);
}

function valueAt(holding: Holding, price: number): number {
  return notionalMicros(price, toSize(Math.abs(holding.steps), holding.instrument), holding.instrument.multiplier);
}

/** Open holdings by symbol. */
export function openHoldings(holdings: Holdings): Holding[] {
  return [...holdings.values()].filter((holding) => holding.steps !== 0).toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1));
}
