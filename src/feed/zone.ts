import { invalidOption, zoneOffset, type ZoneOffset } from '../base/index.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 86_400_000_000;
// Offsets change on quarter hours everywhere, and not twice a day, so one question (about 5 us) serves most days.
const BUCKET_US = 15 * MINUTE_US;
const OFFSETS_MAX = 4096;

/**
 * Local time of one IANA zone, with its clock changes, in integer microseconds since 1970 UTC.
 *
 * @example new TradingZone('America/New_York').dayStartUs('2026-03-08') // 1772946000000000, a day of 23 hours
 */
export class TradingZone {
  readonly name: string;
  readonly #ask: ZoneOffset;
  readonly #offsets = new Map<number, number>();

  /** @throws QtError QT_OPTION_INVALID for an unknown zone */
  constructor(name: string, field = 'zone') {
    try {
      this.#ask = zoneOffset(name);
    } catch {
      throw invalidOption(field, name, 'an IANA time zone such as "America/New_York" or "UTC"');
    }
    this.name = name;
  }

  /** Local time minus UTC at an instant. */
  offsetUs(us: number): number {
    const dayUs = Math.floor(us / DAY_US) * DAY_US;
    const atStart = this.#offsetAt(dayUs);
    return atStart === this.#offsetAt(dayUs + DAY_US) ? atStart : this.#offsetAt(Math.floor(us / BUCKET_US) * BUCKET_US);
  }

  /**
   * The instants at which the zone's clocks show this wall time: two when clocks go back over it, none when they skip it.
   *
   * @param wallUs the wall time written as if it were UTC
   */
  instantsOf(wallUs: number): number[] {
    const candidates = new Set([wallUs - this.offsetUs(wallUs - DAY_US), wallUs - this.offsetUs(wallUs + DAY_US)]);
    return [...candidates].filter((us) => us + this.offsetUs(us) === wallUs).toSorted((a, b) => a - b);
  }

  /** The local calendar day of an instant, `YYYY-MM-DD`. */
  dayOf(us: number): string {
    return dayText(us + this.offsetUs(us));
  }

  /** The first instant of a local day. Where clocks skip midnight the day starts with the change. */
  dayStartUs(day: string): number {
    const wallUs = wallUsOf(day);
    return this.instantsOf(wallUs)[0] ?? wallUs - this.offsetUs(wallUs - DAY_US);
  }

  #offsetAt(us: number): number {
    const known = this.#offsets.get(us);
    if (known !== undefined) return known;
    const offset = this.#ask(us);
    if (this.#offsets.size >= OFFSETS_MAX) this.#offsets.clear();
    this.#offsets.set(us, offset);
    return offset;
  }
}

/** Midnight of a calendar day, as wall time: `1970-01-02` is 86400000000. */
export function wallUsOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) * 1000;
}

/** The calendar day of a wall time. */
export function dayText(wallUs: number): string {
  return new Date(Math.floor(wallUs / 1000)).toISOString().slice(0, 10);
}

/** The calendar day after. */
export function nextDay(day: string): string {
  return dayText(wallUsOf(day) + DAY_US);
}
