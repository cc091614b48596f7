import { describe, QtError } from '../base/index.ts';
import type { QtEvent } from '../event/index.ts';
import { QT_BUS_SUBSCRIPTION_INVALID } from './errors.ts';

export const FILTER_OPS = ['==', '!=', '<', '<=', '>', '>=', 'in', 'exists'] as const;

/** A filter as data, so that it can travel to a worker thread. */
export interface FilterRule {
  /** Field of the payload, dotted for nested ones. */
  readonly field: string;
  readonly op: (typeof FILTER_OPS)[number];
  /** What the field is compared with; a list for `in`; not used by `exists`. */
  readonly value?: unknown;
}

/** All rules must hold. */
export type Filter = FilterRule | readonly FilterRule[];

export type FilterFunction = (event: QtEvent) => boolean;

/**
 * Turns rules into a function.
 *
 * @throws QtError QT_BUS_SUBSCRIPTION_INVALID naming the rule
 */
export function compileFilter(filter: Filter): FilterFunction {
  const tests = (Array.isArray(filter) ? (filter as readonly FilterRule[]) : [filter as FilterRule]).map(compileRule);
  return (event) => tests.every((test) => test(event));
}

function compileRule(rule: FilterRule): FilterFunction {
  if (typeof rule !== 'object' || rule === null || typeof rule.field !== 'string' || !FILTER_OPS.includes(rule.op)) {
    throw new QtError(
      QT_BUS_SUBSCRIPTION_INVALID,
      `Cannot filter by ${describe(rule)}: expected { field, op: ${FILTER_OPS.join(' | ')}, value }`,
    );
  }
  const path = rule.field.split('.');
  const read = (event: QtEvent): unknown => {
    let value: unknown = event.payload;
    for (const name of path) value = (value as Record<string, unknown> | null | undefined)?.[name];
    return value;
  };
  const wanted = rule.value;
  switch (rule.op) {
    case '==':
      return (event) => read(event) === wanted;
    case '!=':
      return (event) => read(event) !== wanted;
    case '<':
      return (event) => (read(event) as number) < (wanted as number);
    case '<=':
      return (event) => (read(event) as number) <= (wanted as number);
    case '>':
      return (event) => (read(event) as number) > (wanted as number);
    case '>=':
      return (event) => (read(event) as number) >= (wanted as number);
    case 'exists':
      return (event) => read(event) !== undefined;
    case 'in': {
      if (!Array.isArray(wanted))
        throw new QtError(QT_BUS_SUBSCRIPTION_INVALID, `Cannot filter ${rule.field} by "in": value must be a list`);
      const allowed = new Set<unknown>(wanted);
      return (event) => allowed.has(read(event));
    }
  }
}
