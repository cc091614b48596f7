/**
 * Exact money for the account components: integers of micro-units (10^-6 of account currency), shares as parts per
 * million. Products go through BigInt, so a limit of exactly 5 % is hit at exactly 5 % and no rounding can move it.
 *
 * @module
 */

/** One whole share (100 %) in parts per million. */
export const WHOLE_PPM = 1_000_000;

const NANO = 1_000_000_000;
const NANO_PRODUCT_PER_MICRO = 10n ** 21n;

/** Micro-units of an amount in account currency, to the nearest one. */
export function toMicros(amount: number): number {
  return Math.round(amount * 1e6);
}

/** The amount as it goes on the wire: at most 15 significant digits. */
export function fromMicros(micros: number): number {
  return wireNumber(micros / 1e6);
}

/** A decimal of at most 15 significant digits, and never -0, which msgpack would not carry. */
export function wireNumber(value: number): number {
  return Number(value.toPrecision(15)) + 0;
}

/** Parts per million of a ratio. */
export function toPpm(ratio: number): number {
  return Math.round(ratio * WHOLE_PPM);
}

/** `ppm` of an amount, rounded down (toward less). */
export function shareOf(micros: number, ppm: number): number {
  const product = BigInt(micros) * BigInt(ppm);
  const whole = product / 1_000_000n;
  return Number(product < 0n && whole * 1_000_000n !== product ? whole - 1n : whole);
}

/** True if `part` is at least `ppm` of `whole`. Exact; meaningful for whole > 0. */
export function reachesShare(part: number, whole: number, ppm: number): boolean {
  return BigInt(part) * 1_000_000n >= BigInt(whole) * BigInt(ppm);
}

/** Micro-units for so many units at a price, half to even. */
export function notionalMicros(price: number, size: number, multiplier: number): number {
  const product = nano(price) * nano(size) * nano(multiplier);
  const whole = product / NANO_PRODUCT_PER_MICRO;
  const twice = (product - whole * NANO_PRODUCT_PER_MICRO) * 2n;
  const up = twice > NANO_PRODUCT_PER_MICRO || (twice === NANO_PRODUCT_PER_MICRO && whole % 2n === 1n);
  return Number(up ? whole + 1n : whole);
}

/** How many whole steps of `step` units fit into an amount at `perUnit` each, >= 0; rounds down, so never above the amount. */
export function stepsWithin(micros: number, perUnit: number, step: number, multiplier: number): number {
  const cost = nano(perUnit) * nano(step) * nano(multiplier);
  if (micros <= 0 || cost <= 0n) return 0;
  return Number((BigInt(micros) * NANO_PRODUCT_PER_MICRO) / cost);
}

/** `part / whole` of an amount, half away from zero; the rest of the amount stays with the caller. */
export function proRata(micros: number, part: number, whole: number): number {
  const doubled = (BigInt(micros) * BigInt(part) * 2n) / BigInt(whole);
  return Number((doubled + (doubled < 0n ? -1n : 1n)) / 2n);
}

function nano(value: number): bigint {
  return BigInt(Math.round(value * NANO));
}
