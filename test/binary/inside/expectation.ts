/**
 * As much of vitest's `expect` as the contract suite of the bus uses. Vitest itself cannot run inside the executable.
 *
 * `toEqual` and `toMatchObject` take undefined fields for absent ones, as vitest's do.
 */
import { inspect } from 'node:util';

type Matcher = (...args: readonly unknown[]) => void;

interface Matchers {
  readonly [name: string]: Matcher;
}

/** Stands in an expected value for all values it accepts. */
class Pattern {
  readonly accepts: (actual: unknown) => boolean;
  readonly text: string;

  constructor(accepts: (actual: unknown) => boolean, text: string) {
    this.accepts = accepts;
    this.text = text;
  }

  [inspect.custom](): string {
    return this.text;
  }
}

export function expect(actual: unknown, hint = ''): Matchers & { rejects: { [name: string]: (...args: unknown[]) => Promise<void> } } {
  const fail = (matcher: string, expected: unknown): never => {
    const label = hint === '' ? '' : `${hint}: `;
    throw new Error(`${label}${matcher}: expected ${inspect(expected, { depth: 6 })}, got ${inspect(actual, { depth: 6 })}`);
  };
  const must = (name: string, check: (expected: never) => boolean): [string, Matcher] => [
    name,
    (expected) => {
      if (!check(expected as never)) fail(name, expected);
    },
  ];
  const matchers = Object.fromEntries([
    must('toBe', (expected) => Object.is(actual, expected)),
    must('toEqual', (expected) => isEqual(actual, expected, false)),
    must('toMatchObject', (expected) => isEqual(actual, expected, true)),
    must('toHaveLength', (expected: number) => (actual as { length?: unknown }).length === expected),
    must('toBeGreaterThan', (expected: number) => (actual as number) > expected),
    must('toBeGreaterThanOrEqual', (expected: number) => (actual as number) >= expected),
    must('toBeLessThan', (expected: number) => (actual as number) < expected),
    must('toBeLessThanOrEqual', (expected: number) => (actual as number) <= expected),
    must('toThrow', (expected) => doesThrow(actual as () => unknown, expected)),
  ]);
  return Object.assign(matchers, { rejects: rejecting(actual as Promise<unknown>, hint) });
}

expect.objectContaining = (fields: object): Pattern => new Pattern((actual) => isEqual(actual, fields, true), `like ${inspect(fields)}`);
expect.stringContaining = (part: string): Pattern =>
  new Pattern((actual) => typeof actual === 'string' && actual.includes(part), `with "${part}"`);

function rejecting(promise: Promise<unknown>, hint: string): { [name: string]: (...args: unknown[]) => Promise<void> } {
  const settled = (name: string) => async (expected: unknown) => {
    const reason: unknown = await promise.then(
      () => {
        throw new Error(`${hint}: expected a rejection`);
      },
      (error: unknown) => error,
    );
    expect(reason, hint)[name]?.(expected);
  };
  return { toMatchObject: settled('toMatchObject'), toEqual: settled('toEqual') };
}

function doesThrow(run: () => unknown, expected: unknown): boolean {
  try {
    run();
  } catch (error) {
    if (expected === undefined) return true;
    if (typeof expected === 'string') return (error as Error).message.includes(expected);
    if (expected instanceof RegExp) return expected.test((error as Error).message);
    return isEqual(error, expected, true);
  }
  return false;
}

/** @param isPart true if objects of the actual value may have more fields than expected */
function isEqual(actual: unknown, expected: unknown, isPart: boolean): boolean {
  if (expected instanceof Pattern) return expected.accepts(actual);
  if (Object.is(actual, expected)) return true;
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) return false;
  if (Array.isArray(expected) || ArrayBuffer.isView(expected)) {
    const [left, right] = [actual as ArrayLike<unknown>, expected as unknown as ArrayLike<unknown>];
    return left.length === right.length && Array.from(right).every((value, i) => isEqual(left[i], value, isPart));
  }
  if (expected instanceof Set || expected instanceof Map) {
    const isSame = actual.constructor === expected.constructor;
    return isSame && isEqual(entriesOf(actual as Set<unknown>), entriesOf(expected), false);
  }
  const fields = (value: object): string[] => Object.keys(value).filter((name) => (value as Record<string, unknown>)[name] !== undefined);
  const names = isPart ? Object.keys(expected) : [...new Set([...fields(actual), ...fields(expected)])];
  return names.every((name) => isEqual((actual as Record<string, unknown>)[name], (expected as Record<string, unknown>)[name], isPart));
}

/** Neither has an order. */
function entriesOf(collection: Iterable<unknown>): unknown[] {
  return [...collection].toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
}
