import { QtError } from '../base/index.ts';
import { QT_MODEL_OFF_GRID, QT_MODEL_OUT_OF_RANGE } from './errors.ts';
import type { Instrument } from './instrument.ts';
import type { Direction, Side } from './words.ts';

/*
 * Prices are counted in ticks, sizes in steps, money in micro-units of account currency, all as safe integers; on the
 * wire and in options they are decimals. Conversions here are the only way between the two.
 */

/** Micro-units in one unit of account currency. */
export const MICROS = 1_000_000;
/** How far off its grid a decoded value may be, relative to itself. */
const OFF_GRID_MAX = 1e-9;
// A quotient of two decimals is off by a few units in the last place: 0.3 / 0.1 is 2.9999999999999996. Within this
// share of itself it is taken for the integer it means, so that rounding down loses no step. The share is capped,
// because for counts beyond 2^38 it would grow into real fractions.
const NOISE = 2 ** -48;
const NOISE_MAX = 2 ** -10;
const WIRE_DIGITS = 15;

/**
 * A price as its number of ticks.
 *
 * @throws QtError QT_MODEL_OFF_GRID if it is off by more than 1e-9 of itself, QT_MODEL_OUT_OF_RANGE
 */
export function toTicks(price: number, instrument: Pick<Instrument, 'tick'>): number {
  return toGrid('price', price, instrument.tick);
}

/**
 * A size as its number of steps.
 *
 * @throws QtError QT_MODEL_OFF_GRID if it is off by more than 1e-9 of itself, QT_MODEL_OUT_OF_RANGE
 */
export function toSteps(size: number, instrument: Pick<Instrument, 'step'>): number {
  return toGrid('size', size, instrument.step);
}

/** The price of a number of ticks, as it goes on the wire. */
export function fromTicks(ticks: number, instrument: Pick<Instrument, 'tick'>): number {
  return toWire(ticks * instrument.tick);
}

/** The size of a number of steps, as it goes on the wire. */
export function fromSteps(steps: number, instrument: Pick<Instrument, 'step'>): number {
  return toWire(steps * instrument.step);
}

/** A decimal with at most 15 significant digits, which every reader of doubles gets back unchanged. */
export function toWire(value: number): number {
  return Number(value.toPrecision(WIRE_DIGITS));
}

/** Rounds a size down to a step, so that an entry never risks more than asked. */
export function floorSize(size: number, instrument: Pick<Instrument, 'step'>): number {
  return fromSteps(floor(size / instrument.step), instrument);
}

/** Rounds a stop toward the market: up for LONG, down for SHORT. It gets tighter, never wider. */
export function roundStop(stop: number, direction: Direction, instrument: Pick<Instrument, 'tick'>): number {
  const ticks = stop / instrument.tick;
  return fromTicks(direction === 'LONG' ? ceil(ticks) : floor(ticks), instrument);
}

/** Rounds a limit price to one that is never worse than asked: down for BUY, up for SELL. */
export function roundLimit(price: number, side: Side, instrument: Pick<Instrument, 'tick'>): number {
  const ticks = price / instrument.tick;
  return fromTicks(side === 'BUY' ? floor(ticks) : ceil(ticks), instrument);
}

/** Rounds a price to the nearest tick, for prices nobody asked for, such as simulated fills. Ties go to the even tick. */
export function roundPrice(price: number, instrument: Pick<Instrument, 'tick'>): number {
  return fromTicks(halfEven(price / instrument.tick), instrument);
}

/**
 * Money as micro-units, half to even.
 *
 * @throws QtError QT_MODEL_OUT_OF_RANGE beyond 9 billion
 */
export function toMicros(amount: number): number {
  return checkSafe('amount', halfEven(amount * MICROS), amount);
}

/** Micro-units as money, as it goes on the wire. */
export function fromMicros(micros: number): number {
  return toWire(micros / MICROS);
}

/**
 * Value of a size at a price in micro-units, half to even. Exact: the product is taken in integers of any size.
 *
 * @throws QtError QT_MODEL_OUT_OF_RANGE beyond 9 billion
 */
export function notionalMicros(ticks: number, steps: number, instrument: Pick<Instrument, 'tick' | 'step' | 'multiplier'>): number {
  const tick = toDecimal(instrument.tick);
  const step = toDecimal(instrument.step);
  const multiplier = toDecimal(instrument.multiplier);
  const units = BigInt(ticks) * BigInt(steps) * tick.units * step.units * multiplier.units;
  const scale = tick.scale + step.scale + multiplier.scale - 6;
  const micros = scale <= 0 ? units * 10n ** BigInt(-scale) : divideHalfEven(units, 10n ** BigInt(scale));
  return checkSafe('value', Number(micros), `${ticks} ticks times ${steps} steps`);
}

/**
 * Charges are rounded half up to the minor unit of their currency.
 *
 * @param minorUnit such as 0.01
 */
export function roundCharge(amount: number, minorUnit = 0.01): number {
  return toWire(floor(amount / minorUnit + 0.5) * minorUnit);
}

/**
 * Compares a part with a share of a whole in integers, so that exactly -5 % is a hit.
 *
 * @param shareRatio the limit as a ratio, taken to 6 decimals
 * @returns -1, 0 or 1: part below, at or above `shareRatio` of whole
 * @example compareShare(toMicros(-500), toMicros(10_000), -0.05) // 0
 */
export function compareShare(partMicros: number, wholeMicros: number, shareRatio: number): -1 | 0 | 1 {
  const part = BigInt(partMicros) * BigInt(MICROS);
  const limit = BigInt(wholeMicros) * BigInt(Math.round(shareRatio * MICROS));
  if (part === limit) return 0;
  return part < limit ? -1 : 1;
}

function toGrid(what: string, value: number, grid: number): number {
  const count = checkSafe(what, Math.round(value / grid), value);
  if (Math.abs(count * grid - value) > OFF_GRID_MAX * Math.abs(value)) {
    throw new QtError(QT_MODEL_OFF_GRID, `Cannot take ${what} ${value}: it is not a multiple of ${grid}`, {
      details: { value, grid },
    });
  }
  return count;
}

function checkSafe(what: string, integer: number, given: number | string): number {
  if (!Number.isSafeInteger(integer)) {
    throw new QtError(QT_MODEL_OUT_OF_RANGE, `Cannot count ${what} ${given} exactly: it is not finite or too large`, {
      details: { what },
    });
  }
  // Adding 0 turns -0 into 0, which encodes differently and equals it everywhere else.
  return integer + 0;
}

function floor(value: number): number {
  const nearest = Math.round(value);
  return Math.abs(value - nearest) <= noiseOf(value) ? nearest : Math.floor(value);
}

function noiseOf(value: number): number {
  return Math.min(NOISE * Math.abs(value), NOISE_MAX);
}

function ceil(value: number): number {
  return -floor(-value) + 0;
}

function halfEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (Math.abs(rest - 0.5) <= noiseOf(value)) return low % 2 === 0 ? low : low + 1;
  return rest < 0.5 ? low : low + 1;
}

/** A decimal number as an integer and the power of ten it is divided by. */
function toDecimal(value: number): { readonly units: bigint; readonly scale: number } {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { units: BigInt(whole + fraction), scale: fraction.length - Number(exponent) };
}

function divideHalfEven(value: bigint, divisor: bigint): bigint {
  const sign = value < 0n ? -1n : 1n;
  const magnitude = value * sign;
  const quotient = magnitude / divisor;
  const twice = (magnitude % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  return sign * (up ? quotient + 1n : quotient);
}
