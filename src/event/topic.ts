import { describe, QtError } from '../base/index.ts';
import { QT_EVENT_TOPIC_INVALID } from './errors.ts';

const SEGMENT = '[a-z0-9]+(?:[_-][a-z0-9]+)*';
const TYPE = new RegExp(`^${SEGMENT}(?:\\.${SEGMENT})*$`);
const PATTERN = new RegExp(`^(?:\\*\\*|(?:${SEGMENT}|\\*)(?:\\.(?:${SEGMENT}|\\*))*(?:\\.\\*\\*)?)$`);
const LENGTH_MAX = 200;

/**
 * Refuses what is not an event type: dotted lower case, as in `trades.order.filled`.
 *
 * @throws QtError QT_EVENT_TOPIC_INVALID
 */
export function checkType(type: string): void {
  if (typeof type !== 'string' || type.length > LENGTH_MAX || !TYPE.test(type)) {
    throw new QtError(
      QT_EVENT_TOPIC_INVALID,
      `Cannot use ${describe(type)} as an event type: expected dotted lower case such as "trades.order.filled"`,
    );
  }
}

/**
 * Refuses what is not a pattern: a type in which `*` stands for one segment and a final `**` for one or more.
 *
 * @throws QtError QT_EVENT_TOPIC_INVALID
 */
export function checkPattern(pattern: string): void {
  if (typeof pattern !== 'string' || pattern.length > LENGTH_MAX || !PATTERN.test(pattern)) {
    throw new QtError(
      QT_EVENT_TOPIC_INVALID,
      `Cannot subscribe to ${describe(pattern)}: expected a type, "*" for one segment or a final "**" for the rest`,
    );
  }
}

/** True if the type falls under the pattern. Both must have passed their check. */
export function matches(pattern: string, type: string): boolean {
  if (pattern === type || pattern === '**') return true;
  if (!pattern.includes('*')) return false;
  const wanted = pattern.split('.');
  const given = type.split('.');
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '**') return given.length > i;
    if (i >= given.length || (wanted[i] !== '*' && wanted[i] !== given[i])) return false;
  }
  return wanted.length === given.length;
}
