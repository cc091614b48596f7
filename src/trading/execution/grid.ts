import { defaultInstrument as modelDefault } from '../../model/index.ts';
import { notionalMicros, wireNumber } from '../micros.ts';

/** The price and size grid of one instrument. Prices are held as integer ticks, sizes as integer steps. */
export interface Instrument {
  /** Smallest price move, quote currency, > 0, default 0.01. */
  readonly tick: number;
  /** Smallest size, units, > 0, default 1. */
  readonly step: number;
  /** Account currency per unit per 1 of price, > 0, default 1. */
  readonly multiplier: number;
  /** Smallest order the venue takes, units, >= 0, default one step. A partial exit that would leave less closes all. */
  readonly minSize?: number;
}

/** The catalogue's default, so that every component that was told nothing counts in the same units. */
export const defaultInstrument: Instrument = Object.freeze({
  tick: modelDefault.tick,
  step: modelDefault.step,
  multiplier: modelDefault.multiplier,
});

/** How far, in ticks or steps, a decimal may lie off its grid and still count as on it: floating-point noise only. */
const GRID_NOISE = 1e-6;

export function stepsDown(size: number, step: number): number {
  return Math.floor(size / step + GRID_NOISE);
}

export function sizeOf(steps: number, instrument: Instrument): number {
  return wireNumber(steps * instrument.step);
}

/** On the tick grid, never lower than given. */
export function priceUp(price: number, instrument: Instrument): number {
  return wireNumber(Math.ceil(price / instrument.tick - GRID_NOISE) * instrument.tick);
}

/** On the tick grid, never higher than given. */
export function priceDown(price: number, instrument: Instrument): number {
  return wireNumber(Math.floor(price / instrument.tick + GRID_NOISE) * instrument.tick);
}

/** The nearest price on the tick grid, at least one tick. */
export function priceNearest(price: number, instrument: Instrument): number {
  return wireNumber(Math.max(Math.round(price / instrument.tick), 1) * instrument.tick);
}

/** Micro-units of account currency for so many steps at a price. */
export function moneyOf(price: number, steps: number, instrument: Instrument): number {
  return notionalMicros(price, sizeOf(steps, instrument), instrument.multiplier);
}
