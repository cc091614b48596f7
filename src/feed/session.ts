import { invalidOption } from '../base/index.ts';
import type { Timeframe } from '../model/index.ts';
import { timeframeUs } from './timeframe.ts';
import { dayText, nextDay, wallUsOf, type TradingZone } from './zone.ts';

/** Daily trading hours in local time of the zone, `HH:MM`. */
export interface SessionHours {
  readonly open: string;
  readonly close: string;
}

const DAY_US = 86_400_000_000;
// The longest closing of a big exchange since 1945, September 2001, left 7 days between two bars.
const HOLIDAY_DAYS_MAX = 7;

/**
 * When a market trades, as far as a file of bars lets one know: always, or daily hours on weekdays. There is no list
 * of holidays here, so days without any bar count as holidays unless they are more than a week.
 */
export class Session {
  readonly #zone: TradingZone;
  readonly #openWallUs: number;
  readonly #closeWallUs: number;
  readonly isAlways: boolean;

  /** @throws QtError QT_OPTION_INVALID */
  constructor(zone: TradingZone, hours: SessionHours | null) {
    this.#zone = zone;
    this.isAlways = hours === null;
    this.#openWallUs = hours === null ? 0 : wallTime('session.open', hours.open);
    this.#closeWallUs = hours === null ? DAY_US : wallTime('session.close', hours.close);
    if (this.#openWallUs >= this.#closeWallUs) throw invalidOption('session.close', hours?.close, `later than session.open`);
  }

  /** First and last instant of the trading hours of a local day. */
  hoursOf(day: string): { openUs: number; closeUs: number } {
    if (this.isAlways) return { openUs: this.#zone.dayStartUs(day), closeUs: this.#zone.dayStartUs(nextDay(day)) };
    const at = (wallUs: number): number => this.#zone.instantsOf(wallUsOf(day) + wallUs)[0] ?? this.#zone.dayStartUs(day) + wallUs;
    return { openUs: at(this.#openWallUs), closeUs: at(this.#closeWallUs) };
  }

  /** How many bars should lie between the close of one bar and the open of the next. */
  barsBetween(timeframe: Timeframe, closeUs: number, openUs: number): number {
    if (timeframe === '1d') return this.#daysBetween(closeUs, openUs);
    if (this.isAlways) return barsIn(openUs - closeUs, timeframe);
    const dayBefore = this.#zone.dayOf(closeUs);
    const dayAfter = this.#zone.dayOf(openUs);
    const before = this.hoursOf(dayBefore);
    const after = this.hoursOf(dayAfter);
    if (dayBefore === dayAfter) return barsIn(Math.min(openUs, after.closeUs) - Math.max(closeUs, after.openUs), timeframe);
    return (
      barsIn(before.closeUs - Math.max(closeUs, before.openUs), timeframe) +
      barsIn(Math.min(openUs, after.closeUs) - after.openUs, timeframe)
    );
  }

  #daysBetween(closeUs: number, openUs: number): number {
    // A bar of a full day closes at the first instant of the next one.
    const dayBefore = wallUsOf(this.#zone.dayOf(closeUs - 1));
    const dayAfter = wallUsOf(this.#zone.dayOf(openUs));
    if (!this.isAlways && dayAfter - dayBefore <= HOLIDAY_DAYS_MAX * DAY_US) return 0;
    let missing = 0;
    for (let wallUs = dayBefore + DAY_US; wallUs < dayAfter; wallUs += DAY_US) {
      if (this.isAlways || isWeekday(wallUs)) missing++;
    }
    return missing;
  }
}

function barsIn(us: number, timeframe: Timeframe): number {
  return Math.max(0, Math.round(us / timeframeUs(timeframe)));
}

function isWeekday(wallUs: number): boolean {
  const weekday = new Date(`${dayText(wallUs)}T00:00:00Z`).getUTCDay();
  return weekday !== 0 && weekday !== 6;
}

function wallTime(field: string, text: string): number {
  const match = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text);
  const us = match === null ? Infinity : (Number(match[1]) * 60 + Number(match[2])) * 60_000_000;
  if (us > DAY_US) throw invalidOption(field, text, 'a local time "HH:MM" from 00:00 to 24:00');
  return us;
}
