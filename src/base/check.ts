import { QtError } from './error.ts';

/** One of our options has a value outside its range. Remedy: the message names the field, the value and the range. */
export const QT_OPTION_INVALID = 'QT_OPTION_INVALID';

export interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

/**
 * Returns the option, or refuses it by name.
 *
 * @throws QtError QT_OPTION_INVALID
 */
export function checkNumber(field: string, value: number, range: Range): number {
  const { min = -Infinity, max = Infinity, integer = false } = range;
  if (!Number.isFinite(value) || value < min || value > max || (integer && !Number.isInteger(value))) {
    const kind = integer ? 'an integer' : 'a number';
    throw invalidOption(field, value, `${kind} from ${min} to ${max}`);
  }
  return value;
}

/**
 * Returns the option if it is one of the allowed values.
 *
 * @throws QtError QT_OPTION_INVALID
 */
export function checkOneOf<T extends string>(field: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) throw invalidOption(field, value, `one of ${allowed.join(', ')}`);
  return value;
}

/** The refusal of an option, for the caller to throw: which field, what it was, what it may be. */
export function invalidOption(field: string, value: unknown, expected: string): QtError {
  return new QtError(QT_OPTION_INVALID, `Option ${field} is ${describe(value)}: expected ${expected}`, {
    details: { field, expected },
  });
}

/** A short, safe picture of any value for a message. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  try {
    return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  } catch {
    // Even this question throws for a revoked proxy.
    return 'an unreadable object';
  }
}
