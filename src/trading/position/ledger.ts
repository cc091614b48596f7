import { toWire, type Instrument } from '../../model/index.ts';

/*
 * All sums are integers. Money is counted in units of one tick times one step, as BigInt, because a year of fills of a
 * fine-grained instrument passes 2^53; fees are counted in micro-units of account currency. Nothing is rounded before it
 * is published, so what goes out of one sum goes into another to the last unit.
 */

/** The books of one position from flat to flat. */
export interface Ledger {
  /** 1 for LONG, -1 for SHORT. */
  readonly sign: 1 | -1;
  /** Held now, and the most that was held. */
  steps: number;
  maxSteps: number;
  /** What the held steps cost. */
  costUnits: bigint;
  realizedUnits: bigint;
  feesMicros: number;
  entrySteps: number;
  entryUnits: bigint;
  exitSteps: number;
  exitUnits: bigint;
}

export function createLedger(sign: 1 | -1): Ledger {
  return {
    sign,
    steps: 0,
    maxSteps: 0,
    costUnits: 0n,
    realizedUnits: 0n,
    feesMicros: 0,
    entrySteps: 0,
    entryUnits: 0n,
    exitSteps: 0,
    exitUnits: 0n,
  };
}

/** Takes steps in at a price: the average becomes the size-weighted one. */
export function enter(ledger: Ledger, ticks: number, steps: number): void {
  const units = BigInt(ticks) * BigInt(steps);
  ledger.steps += steps;
  ledger.maxSteps = Math.max(ledger.maxSteps, ledger.steps);
  ledger.costUnits += units;
  ledger.entrySteps += steps;
  ledger.entryUnits += units;
}

/**
 * Lets at most the held steps go at a price. The average of the rest stays: what leaves takes its share of the cost,
 * rounded half to even, and a unit that rounding leaves behind is found again when the rest goes.
 */
export function leave(ledger: Ledger, ticks: number, steps: number): void {
  const units = BigInt(ticks) * BigInt(steps);
  const cost = divideHalfEven(ledger.costUnits * BigInt(steps), BigInt(ledger.steps));
  ledger.steps -= steps;
  ledger.costUnits -= cost;
  ledger.realizedUnits += BigInt(ledger.sign) * (units - cost);
  ledger.exitSteps += steps;
  ledger.exitUnits += units;
}

/** What the held steps have gained at a mark, in units, before fees. */
export function unrealizedUnits(ledger: Ledger, markTicks: number): bigint {
  return BigInt(ledger.sign) * (BigInt(markTicks) * BigInt(ledger.steps) - ledger.costUnits);
}

/** Average price of so many units over so many steps, as a decimal that may lie off the tick grid. */
export function averagePrice(units: bigint, steps: number, { tick }: Pick<Instrument, 'tick'>): number {
  return toWire((Number(units) / steps) * tick);
}

/** Average price of what is held; of all that was when it is flat. */
export function entryPrice(ledger: Ledger, instrument: Pick<Instrument, 'tick'>): number {
  if (ledger.steps === 0) return averagePrice(ledger.entryUnits, ledger.entrySteps, instrument);
  return averagePrice(ledger.costUnits, ledger.steps, instrument);
}

/** Units as micro-units of account currency, half to even. */
export function toMicroUnits(units: bigint, instrument: Pick<Instrument, 'tick' | 'step' | 'multiplier'>): number {
  let numerator = units * 1_000_000n;
  let scale = 0;
  for (const factor of [instrument.tick, instrument.step, instrument.multiplier]) {
    const [mantissa = '', exponent = '0'] = String(factor).split('e');
    const [whole = '', fraction = ''] = mantissa.split('.');
    numerator *= BigInt(whole + fraction);
    scale += fraction.length - Number(exponent);
  }
  if (scale <= 0) return Number(numerator * 10n ** BigInt(-scale));
  return Number(divideHalfEven(numerator, 10n ** BigInt(scale)));
}

function divideHalfEven(value: bigint, divisor: bigint): bigint {
  const magnitude = value < 0n ? -value : value;
  const quotient = magnitude / divisor;
  const twice = (magnitude % divisor) * 2n;
  const rounded = twice > divisor || (twice === divisor && quotient % 2n === 1n) ? quotient + 1n : quotient;
  return value < 0n ? -rounded : rounded;
}
