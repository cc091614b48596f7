/** Local time minus UTC at an instant, both in microseconds; the instant is a whole millisecond. */
export type ZoneOffset = (us: number) => number;

/**
 * The offsets of one IANA zone, historic ones too. Temporal gives them at once; where Node has none (before 26), Intl says
 * the same, but a formatter takes tens of milliseconds to make, a tenth of a whole start.
 *
 * @throws RangeError for an unknown zone
 * @example zoneOffset('America/New_York')(1_772_946_000_000_000) // -18000000000
 */
export function zoneOffset(name: string): ZoneOffset {
  return (globalThis as { Temporal?: unknown }).Temporal === undefined ? offsetByIntl(name) : offsetByTemporal(name);
}

/** @throws RangeError for an unknown zone */
export function offsetByTemporal(name: string): ZoneOffset {
  // It also takes a date with a zone at its end, which is no name of one. Of names it keeps all but the case.
  const { timeZoneId } = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
  if (!/^[+-]/.test(name) && timeZoneId.toLowerCase() !== name.toLowerCase()) throw new RangeError(`${name} is no time zone`);
  return (us) => Temporal.Instant.fromEpochMilliseconds(us / 1000).toZonedDateTimeISO(timeZoneId).offsetNanoseconds / 1000;
}

/** @throws RangeError for an unknown zone */
export function offsetByIntl(name: string): ZoneOffset {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  return (us) => {
    const text = format.formatToParts(us / 1000).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
    const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
    if (match?.[1] === undefined) return 0;
    const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
    return (match[1] === '-' ? -1 : 1) * seconds * 1_000_000;
  };
}
