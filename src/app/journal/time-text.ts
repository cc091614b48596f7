import { invalidOption, systemClock } from '../../base/index.ts';
import { DURATION_PATTERN, toDurationUs } from '../config/duration.ts';

/**
 * A time as people write it: ISO 8601 to the microsecond, in UTC unless it says otherwise; integer microseconds since
 * 1970; or a duration before now, such as `-90s`, `-1h` or `-2d`.
 *
 * @param field its name in a message
 * @returns microseconds since 1970
 * @throws QtError QT_OPTION_INVALID
 */
export function toTimeUs(field: string, text: string, nowUs: number = systemClock.nowUs()): number {
  if (/^\d{12,17}$/.test(text)) return Number(text);
  if (text.startsWith('-') && new RegExp(DURATION_PATTERN).test(text.slice(1))) return nowUs - toDurationUs(text.slice(1));
  const [, date = '', time, fraction = '', zone = 'Z'] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.(\d{1,6}))?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(text) ?? [];
  const [seconds = ''] = (time ?? '').split('.');
  const ms = Date.parse(time === undefined ? date : `${date}T${seconds}${zone}`);
  if (!Number.isNaN(ms)) return ms * 1000 + Number(fraction.padEnd(6, '0'));
  throw invalidOption(field, text, 'a time such as 2024-01-02T15:30:00Z, a date, -1h (before now), or microseconds since 1970');
}
