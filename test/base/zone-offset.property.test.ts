import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { zoneOffset } from '../../src/base/index.ts';
import { offsetByIntl, offsetByTemporal } from '../../src/base/zone-offset.ts';

const ZONES = [...Intl.supportedValuesOf('timeZone'), 'UTC', 'US/Eastern', 'america/new_york', 'Etc/GMT+5', '+05:30', '-03'];
const MINUTE_MS = 60_000;
const YEAR_MS = 365.25 * 24 * 60 * MINUTE_MS;

const zone = fc.constantFrom(...ZONES);
// Before 1900 most places kept the mean time of their own sun, with seconds in it.
const minute = fc.integer({ min: Math.round((-170 * YEAR_MS) / MINUTE_MS), max: Math.round((120 * YEAR_MS) / MINUTE_MS) });
const noZone = fc.oneof(
  fc.constantFrom('', 'Z', ' UTC', 'UTC ', '+1', '+25:00', '+01:00:30', 'Europe/\u212Aiev', '2020-01-01T00:00Z', '2020-01-01[UTC]'),
  fc.tuple(fc.constantFrom('2020-01-01T00:00Z', '2020-01-01T00:00', '1970-01-01'), zone).map(([time, name]) => `${time}[${name}]`),
  fc.string().filter((name) => /^[A-Z]/i.test(name) && !ZONES.some((known) => known.startsWith(name))),
);

describe('the offset of a zone', () => {
  test('is the same by Temporal and by Intl, today and in history', () => {
    fc.assert(
      fc.property(zone, fc.array(minute, { minLength: 1, maxLength: 20 }), (name, minutes) => {
        const [temporal, intl] = [offsetByTemporal(name), offsetByIntl(name)];
        for (const at of minutes) expect(temporal(at * MINUTE_MS * 1000), `${name} at minute ${at}`).toBe(intl(at * MINUTE_MS * 1000));
      }),
    );
  });

  test('is refused by both for what Intl knows no zone of', () => {
    fc.assert(
      fc.property(noZone, (name) => {
        expect(() => offsetByIntl(name)).toThrow(RangeError);
        expect(() => offsetByTemporal(name)).toThrow(RangeError);
        expect(() => zoneOffset(name)).toThrow(RangeError);
      }),
    );
  });
});
