import { describe, QtError } from '../base/index.ts';
import { QT_FEED_TIME_AMBIGUOUS } from './errors.ts';
import { wallUsOf, type TradingZone } from './zone.ts';

/** How a time column is written: ISO 8601 day, ISO 8601 day and time, or a count since 1970 UTC. */
export type TimeUnit = 'date' | 'datetime' | 's' | 'ms' | 'us';

export const TIME_UNITS: readonly TimeUnit[] = ['date', 'datetime', 's', 'ms', 'us'];

const PER_UNIT_US = { s: 1_000_000, ms: 1000, us: 1 } as const;
const DATE = /^(\d{4}-\d{2}-\d{2})$/;
const DATETIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const COUNT = /^\d+(?:\.0+)?$/;
// 1973 to 2286 in each unit; the three ranges do not touch, so a count inside one of them has one meaning.
const COUNT_RANGES: readonly (readonly [TimeUnit, number, number])[] = [
  ['s', 1e8, 1e10],
  ['ms', 1e11, 1e13],
  ['us', 1e14, 1e16],
];

/**
 * Decides how a time column is written from its name and its first value.
 *
 * @throws QtError QT_FEED_TIME_AMBIGUOUS when more than one reading is possible, or none
 */
export function detectTimeUnit(file: string, column: string, sample: string): TimeUnit {
  if (DATE.test(sample)) return 'date';
  if (DATETIME.test(sample)) return 'datetime';
  const count = COUNT.test(sample) ? Number(sample) : Number.NaN;
  const bySize = COUNT_RANGES.find(([, low, high]) => count >= low && count < high)?.[0];
  const byName = /_(s|ms|us)$/i.exec(column)?.[1]?.toLowerCase();
  if (bySize !== undefined && (byName === undefined || byName === bySize)) return bySize;
  throw new QtError(
    QT_FEED_TIME_AMBIGUOUS,
    `Cannot tell how column ${describe(column)} of ${file} writes time from ${describe(sample)}: ` +
      `expected YYYY-MM-DD, YYYY-MM-DDTHH:MM:SS or a count since 1970; set timeUnit to one of ${TIME_UNITS.join(', ')}`,
    { details: { file, column, sample } },
  );
}

/** A time that was read: a calendar day, or the instants it may stand for (two when clocks went back over a local time). */
export type Stamp = { readonly day: string } | { readonly instantsUs: readonly number[] };

/**
 * Reads one time.
 *
 * @param zone for local times without an offset; null refuses them
 * @returns the stamp, or a sentence that says what is wrong with the text
 */
export function readStamp(text: string, unit: TimeUnit, zone: TradingZone | null): Stamp | string {
  if (unit === 'date') return DATE.test(text) && isDay(text) ? { day: text } : `time ${describe(text)} is no day YYYY-MM-DD`;
  if (unit === 'datetime') return readDatetime(text, zone);
  if (!COUNT.test(text)) return `time ${describe(text)} is no count since 1970`;
  const us = Number(text) * PER_UNIT_US[unit];
  return Number.isSafeInteger(us) ? { instantsUs: [us] } : `time ${describe(text)} in ${unit} is beyond the year 2255`;
}

function readDatetime(text: string, zone: TradingZone | null): Stamp | string {
  const match = DATETIME.exec(text);
  const [, day = '', hour = '', minute = '', second = '0', fraction = '', offset] = match ?? [];
  if (match === null || !isDay(day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return `time ${describe(text)} is no day and time YYYY-MM-DDTHH:MM:SS`;
  }
  const wallUs = wallUsOf(day) + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000_000 + Number(fraction.padEnd(6, '0'));
  if (offset !== undefined) return { instantsUs: [wallUs - offsetOf(offset)] };
  if (zone === null) return `time ${describe(text)} has no offset from UTC and no zone was given`;
  const instantsUs = zone.instantsOf(wallUs);
  return instantsUs.length > 0 ? { instantsUs } : `time ${describe(text)} does not exist in ${zone.name}: clocks skip it`;
}

function isDay(text: string): boolean {
  const us = wallUsOf(text);
  return Number.isFinite(us) && new Date(us / 1000).toISOString().startsWith(text);
}

function offsetOf(text: string): number {
  if (text.toUpperCase() === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return (text.startsWith('-') ? -1 : 1) * minutes * 60_000_000;
}
