import { checkNumber, invalidOption } from '../../base/index.ts';
import { checkPattern, matches, type QtEvent } from '../../event/index.ts';
import { TIMESTAMP } from '../../codec/index.ts';
import { RecordedFrames, toRecordedEvent } from './recorded.ts';

/** Which events of a journal are wanted; all by default. */
export interface JournalQuery {
  /** Types, such as `trades.*`; an event must match each of them. */
  readonly patterns?: readonly string[];
  /** Event time, microseconds since 1970, from which on. */
  readonly sinceUs?: number;
  /** Event time before which. */
  readonly untilUs?: number;
  /** How many at most, an integer >= 1. */
  readonly limit?: number;
}

/**
 * The events of a journal in log order, also of one that is being written: up to where it is now.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_EVENT_TOPIC_INVALID, QT_OPTION_INVALID, QT_JOURNAL_DAMAGED,
 *   QT_JOURNAL_VERSION_UNSUPPORTED
 * @example
 * for (const event of queryJournal('./journal', { patterns: ['trades.**'], limit: 10 })) console.log(event.type);
 */
export function* queryJournal(directory: string, query: JournalQuery = {}): Generator<QtEvent<object>, void, undefined> {
  const { limit = Infinity, patterns = [], sinceUs = -Infinity, untilUs = Infinity } = query;
  for (const pattern of patterns) checkPattern(pattern);
  if (limit !== Infinity) checkNumber('limit', limit, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
  // The reader begins at the first event that late; event times need not rise from there, so each is looked at.
  using frames = new RecordedFrames(directory, sinceUs === -Infinity ? {} : { fromTimeUs: sinceUs });
  let found = 0;
  for (let frame = frames.next(); frame !== null && found < limit; frame = frames.next()) {
    const timestamp = frame.views.f64[TIMESTAMP >> 3]!;
    if (timestamp < sinceUs || timestamp >= untilUs) continue;
    const type = frame.decoder.type(frame.views, 0);
    if (!patterns.every((pattern) => matches(pattern, type))) continue;
    found++;
    yield toRecordedEvent(frame);
  }
}

/**
 * A time as people write it: ISO 8601 to the millisecond, in UTC unless it says otherwise, or integer microseconds since 1970.
 *
 * @param field its name in a message
 * @returns microseconds since 1970
 * @throws QtError QT_OPTION_INVALID
 */
export function toTimeUs(field: string, text: string): number {
  if (/^\d{12,17}$/.test(text)) return Number(text);
  const [, date = '', time, zone = 'Z'] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(text) ?? [];
  const ms = Date.parse(time === undefined ? date : `${date}T${time}${zone}`);
  if (Number.isNaN(ms)) throw invalidOption(field, text, 'a time such as 2024-01-02T15:30:00Z, a date, or microseconds since 1970');
  return ms * 1000;
}
