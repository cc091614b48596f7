import { describe, expect, test } from 'vitest';
import { TradingZone } from '../../src/feed/index.ts';

const HOUR_US = 3_600_000_000;

describe('TradingZone', () => {
  test('refuses a zone that does not exist, naming the option', () => {
    const message = expect.stringContaining('dayZone') as string;

    expect(() => new TradingZone('Mars/Olympus', 'dayZone')).toThrow(expect.objectContaining({ code: 'QT_OPTION_INVALID', message }));
  });

  const newYork = new TradingZone('America/New_York');

  test('knows the days of 23 and 25 hours of New York', () => {
    expect(newYork.dayStartUs('2026-03-08')).toBe(1_772_946_000_000_000);
    expect(newYork.dayStartUs('2026-03-09') - newYork.dayStartUs('2026-03-08')).toBe(23 * HOUR_US);
    expect(newYork.dayStartUs('2026-11-01')).toBe(1_793_505_600_000_000);
    expect(newYork.dayStartUs('2026-11-02') - newYork.dayStartUs('2026-11-01')).toBe(25 * HOUR_US);
  });

  test('finds both passes of a repeated hour and none of a skipped one', () => {
    const wall = (text: string): number => Date.parse(`${text}:00Z`) * 1000;

    const [first, second] = newYork.instantsOf(wall('2026-11-01T01:30')) as [number, number];
    expect(second - first).toBe(HOUR_US);
    expect(newYork.instantsOf(wall('2026-03-08T02:30'))).toEqual([]);
    expect(newYork.instantsOf(wall('2026-07-01T02:30'))).toEqual([wall('2026-07-01T06:30')]);
  });

  test('starts a day at the change where clocks skip midnight', () => {
    const santiago = new TradingZone('America/Santiago');
    const start = santiago.dayStartUs('2024-09-08');

    expect(santiago.dayOf(start)).toBe('2024-09-08');
    expect(santiago.dayOf(start - 1)).toBe('2024-09-07');
  });

  test.each(['UTC', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/New_York', 'Pacific/Kiritimati'])(
    'says the same as Temporal in %s',
    (name) => {
      const zone = new TradingZone(name);
      for (let day = 0; day < 800; day += 3) {
        const us = (1_600_000_000 + day * 86_400 + day * 977) * 1_000_000;
        const expected = Temporal.Instant.fromEpochMilliseconds(us / 1000).toZonedDateTimeISO(name);
        expect(zone.offsetUs(us), `offset at ${us}`).toBe(expected.offsetNanoseconds / 1000);
        expect(zone.dayOf(us)).toBe(expected.toPlainDate().toString());
        expect(zone.dayStartUs(zone.dayOf(us))).toBe(expected.startOfDay().epochMilliseconds * 1000);
      }
    },
  );
});
