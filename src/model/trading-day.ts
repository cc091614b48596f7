import { QtError, zoneOffset, type ZoneOffset } from '../base/index.ts';
import { QT_MODEL_ZONE_INVALID } from './errors.ts';

/** One calendar day of a zone, as a half-open span of instants. */
export interface TradingDay {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly zone: string;
  readonly startsAtUs: number;
  /** Start of the next day; 23 or 25 hours later when clocks change. */
  readonly endsAtUs: number;
}

/** The days of one zone. Keeps the last one it answered, so that asking for every event of a day costs a comparison. */
export interface TradingDays {
  readonly zone: string;
  /** @param timestampUs microseconds since 1970 UTC */
  at(timestampUs: number): TradingDay;
}

const MS_US = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
// No zone is further than 14 hours from UTC; two days to either side are beyond every boundary.
const SEARCH_MS = 2 * DAY_MS;
// Clocks never change by more than this in one day of our time.
const CHANGE_MS = 4 * HOUR_MS;

/**
 * The trading days of a zone, each from midnight to midnight there.
 *
 * @param zone IANA name; the zone of the machine is never used
 * @throws QtError QT_MODEL_ZONE_INVALID
 * @example createTradingDays('America/New_York').at(1_772_946_000_000_000).day // '2026-03-08'
 */
export function createTradingDays(zone: string): TradingDays {
  const dayOf = createDayReader(zone);
  let current: TradingDay | undefined;
  return {
    zone,
    at(timestampUs) {
      if (current !== undefined && timestampUs >= current.startsAtUs && timestampUs < current.endsAtUs) return current;
      const day = dayOf(Math.floor(timestampUs / MS_US));
      const startMs = findStart(day, dayOf, current === undefined ? undefined : guessStart(day, current));
      const endMs = findEnd(day, startMs, dayOf);
      current = Object.freeze({ day, zone, startsAtUs: startMs * MS_US, endsAtUs: endMs * MS_US });
      return current;
    },
  };
}

type DayReader = (ms: number) => string;

function createDayReader(zone: string): DayReader {
  if (zone === 'UTC') return isoDay;
  let offsetUs: ZoneOffset;
  try {
    offsetUs = zoneOffset(zone);
  } catch (cause) {
    throw new QtError(QT_MODEL_ZONE_INVALID, `Cannot use time zone ${zone}: Node does not know it`, { cause, details: { zone } });
  }
  return (ms) => isoDay(ms + offsetUs(ms * MS_US) / MS_US);
}

function isoDay(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 10);
}

/** Where a day starts if no clock changed since a day we know. */
function guessStart(day: string, known: TradingDay): number {
  return known.startsAtUs / MS_US + midnightUtc(day) - midnightUtc(known.day);
}

/** The first millisecond of a day. A right guess costs two looks at the calendar, a search about thirty. */
function findStart(day: string, dayOf: DayReader, guessMs: number | undefined): number {
  if (guessMs !== undefined && dayOf(guessMs) === day && dayOf(guessMs - 1) < day) return guessMs;
  // Midnight need not exist: some zones change their clocks at it. So we search for the change of the date instead.
  let before = midnightUtc(day) - SEARCH_MS;
  let after = midnightUtc(day) + SEARCH_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayOf(middle) >= day) after = middle;
    else before = middle;
  }
  return after;
}

function findEnd(day: string, startMs: number, dayOf: DayReader): number {
  const guessMs = startMs + DAY_MS;
  if (dayOf(guessMs - 1) === day && dayOf(guessMs) > day) return guessMs;
  // The next date is not always the next day: a zone that crosses the date line skips one.
  let nextMs = startMs + DAY_MS - CHANGE_MS;
  while (dayOf(nextMs) === day) nextMs += HOUR_MS;
  return findStart(dayOf(nextMs), dayOf, undefined);
}

function midnightUtc(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}
