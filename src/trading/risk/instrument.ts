/** Grid and smallest trade of one instrument, as far as risk is concerned. */
export interface RiskInstrument {
  /** Smallest size, units, > 0. Sizes are held as integer steps. */
  readonly step: number;
  /** Account currency per unit per 1 of price, > 0, default 1. */
  readonly multiplier?: number;
  /** Smallest order the venue takes, units, >= 0, default one step. */
  readonly minSize?: number;
  /** Smallest order value the venue takes, account currency, >= 0, default 0. */
  readonly minNotionalUsd?: number;
}

/** Only for fills of a symbol nobody described: they count, but no entry in such a symbol is ever approved. */
export const UNDESCRIBED: Required<RiskInstrument> = Object.freeze({ step: 0.000001, multiplier: 1, minSize: 0, minNotionalUsd: 0 });

export function toSteps(size: number, instrument: RiskInstrument): number {
  return Math.round(size / instrument.step);
}

export function toSize(steps: number, instrument: RiskInstrument): number {
  return Number((steps * instrument.step).toPrecision(15));
}
