import { signOf, type Side } from '../../model/index.ts';
import { proRata } from '../micros.ts';
import type { Deadline } from './deadline.ts';
import { moneyOf, type Instrument } from './grid.ts';

/** What one symbol holds between flat and flat, counted from our fills. */
export interface Holding {
  /** Signed size in steps, never 0. */
  steps: number;
  /** Entry money of what is held, micro-units. */
  costMicro: number;
  /** Entry fees of what is held, micro-units. */
  feesMicro: number;
  /** Request of the first entry; names every closing order of this life. */
  readonly requestId: string;
  readonly strategyId: string;
  /** Known once `position.opened` has arrived. */
  positionId: string | null;
  /** Where the protective stop belongs; null only for a position that nobody asked for. */
  stopPrice: number | null;
  /** Why the stop is where it is. */
  stopCause: string;
  /** Our order id of the resting stop. */
  stopOrderId: string | null;
  /** Set when the exit brain saw the stop hit and the venue's own fill is awaited. */
  stopWait: Deadline | null;
}

export interface Booked {
  /** Profit of the closed part net of its share of entry fees and of the exit fee; null if nothing was closed. */
  readonly pnlMicro: number | null;
  readonly closedCostMicro: number;
  readonly holding: Holding | null;
}

/**
 * Books one fill: the closing part first, then what is left opens a new holding. Money is integer micro-units and the last
 * part takes the rest, so partial closes add up to the whole exactly.
 *
 * @param open makes the holding when the fill opens one
 */
export function bookFill(
  holding: Holding | null,
  fill: { readonly side: Side; readonly price: number; readonly steps: number; readonly feeMicro: number },
  instrument: Instrument,
  open: () => Holding,
): Booked {
  const sign = signOf(fill.side);
  const held = holding === null ? 0 : Math.abs(holding.steps);
  const closing = holding !== null && Math.sign(holding.steps) === -sign ? Math.min(fill.steps, held) : 0;
  const closingFee = closing === 0 ? 0 : proRata(fill.feeMicro, closing, fill.steps);
  const booked = holding !== null && closing > 0 ? closePart(holding, fill.price, closing, closingFee, instrument) : null;
  let next = holding !== null && holding.steps !== 0 ? holding : null;
  const opening = fill.steps - closing;
  if (opening > 0) {
    next ??= open();
    next.steps += sign * opening;
    next.costMicro += moneyOf(fill.price, opening, instrument);
    next.feesMicro += fill.feeMicro - closingFee;
  }
  return { pnlMicro: booked?.pnlMicro ?? null, closedCostMicro: booked?.costMicro ?? 0, holding: next };
}

function closePart(
  holding: Holding,
  price: number,
  steps: number,
  feeMicro: number,
  instrument: Instrument,
): { pnlMicro: number; costMicro: number } {
  const sign = Math.sign(holding.steps);
  const held = Math.abs(holding.steps);
  const costMicro = steps === held ? holding.costMicro : proRata(holding.costMicro, steps, held);
  const entryFees = steps === held ? holding.feesMicro : proRata(holding.feesMicro, steps, held);
  holding.steps -= sign * steps;
  holding.costMicro -= costMicro;
  holding.feesMicro -= entryFees;
  return { pnlMicro: sign * (moneyOf(price, steps, instrument) - costMicro) - feeMicro - entryFees, costMicro };
}
