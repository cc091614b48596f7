import { checkNumber } from '../base/index.ts';

/** Grid and smallest trade of one instrument, as far as risk and size are concerned; a model `Instrument` is one. */
export interface TradedInstrument {
  /** Smallest size, units, > 0. Sizes are held as integer steps. */
  readonly step: number;
  /** Account currency per unit per 1 of price, > 0, default 1. */
  readonly multiplier?: number;
  /** Smallest order the venue takes, units, >= 0, default one step. */
  readonly minSize?: number;
  /** Smallest order value the venue takes, account currency, >= 0, default 0. */
  readonly minNotional?: number;
}

export type ResolvedInstrument = Required<TradedInstrument>;

/** Only for fills of a symbol nobody described: they count, but no entry in such a symbol is ever approved. */
export const UNDESCRIBED: ResolvedInstrument = Object.freeze({ step: 0.000001, multiplier: 1, minSize: 0, minNotional: 0 });

/** Highest leverage of the scaling levels 1 to 4. */
export const LEVERAGE_BY_LEVEL = [2, 3, 4, 5] as const;

/** @throws QtError QT_OPTION_INVALID */
export function resolveInstruments(instruments: Readonly<Record<string, TradedInstrument>> = {}): ReadonlyMap<string, ResolvedInstrument> {
  const entries = Object.entries(instruments);
  return new Map(entries.map(([symbol, instrument]) => [symbol, resolveInstrument(`instruments.${symbol}`, instrument)]));
}

/** @throws QtError QT_OPTION_INVALID */
export function resolveInstrument(field: string, instrument: TradedInstrument): ResolvedInstrument {
  const { step, multiplier = 1, minSize = step, minNotional = 0 } = instrument;
  checkNumber(`${field}.step`, step, { min: 1e-9, max: 1e9 });
  checkNumber(`${field}.multiplier`, multiplier, { min: 1e-9, max: 1e9 });
  checkNumber(`${field}.minSize`, minSize, { min: 0, max: 1e9 });
  checkNumber(`${field}.minNotional`, minNotional, { min: 0, max: 1e9 });
  return { step, multiplier, minSize, minNotional };
}

export function toSteps(size: number, instrument: TradedInstrument): number {
  return Math.round(size / instrument.step);
}

export function toSize(steps: number, instrument: TradedInstrument): number {
  return Number((steps * instrument.step).toPrecision(15));
}

/** True if the venue takes an order of this size. */
export function isTradable(steps: number, price: number, instrument: ResolvedInstrument): boolean {
  const size = toSize(steps, instrument);
  return steps > 0 && steps >= toSteps(instrument.minSize, instrument) && size * price * instrument.multiplier >= instrument.minNotional;
}
