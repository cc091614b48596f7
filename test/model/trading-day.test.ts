import { describe, expect, test } from 'vitest';
import { createTradingDays } from '../../src/model/index.ts';

const HOUR_US = 3_600_000_000;

describe('createTradingDays', () => {
  test.each([
    { day: '2026-03-08', startsAtUs: 1_772_946_000_000_000, hours: 23 },
    { day: '2026-11-01', startsAtUs: 1_793_505_600_000_000, hours: 25 },
  ])('makes $day in New York last $hours hours', ({ day, startsAtUs, hours }) => {
    const found = createTradingDays('America/New_York').at(startsAtUs + 5 * HOUR_US);

    expect(found).toEqual({ day, zone: 'America/New_York', startsAtUs, endsAtUs: startsAtUs + hours * HOUR_US });
  });

  test('puts the last microsecond into the day and the next one into the next', () => {
    const days = createTradingDays('America/New_York');

    const { endsAtUs } = days.at(1_772_946_000_000_000);

    expect(days.at(endsAtUs - 1).day).toBe('2026-03-08');
    expect(days.at(endsAtUs).day).toBe('2026-03-09');
  });

  test('answers for events of one day with the same object', () => {
    const days = createTradingDays('Asia/Kolkata');

    expect(days.at(1_772_946_000_000_000)).toBe(days.at(1_772_946_000_000_001));
  });

  // Two of these change their clocks at midnight, one left out a whole day (2011-12-30), one moves by half an hour.
  test.each(['UTC', 'Asia/Kolkata', 'America/New_York', 'America/Sao_Paulo', 'America/Havana', 'Pacific/Apia', 'Australia/Lord_Howe'])(
    'leaves no gap and no overlap between the days of %s',
    (zone) => {
      const days = createTradingDays(zone);
      const walk = [days.at(Date.UTC(2011, 0, 1) * 1_000)];

      for (let i = 0; i < 800; i++) walk.push(days.at(walk[i]?.endsAtUs ?? 0));

      const broken = walk.filter((day, i) => i > 0 && (day.startsAtUs !== walk[i - 1]?.endsAtUs || day.day <= (walk[i - 1]?.day ?? '')));
      expect(broken).toEqual([]);
    },
  );

  test('gives the same day whatever was asked before', () => {
    const used = createTradingDays('America/New_York');
    for (const at of [1_793_505_600_000_000, 0, 1_772_946_000_000_000]) used.at(at);

    expect(used.at(1_793_592_000_000_000)).toEqual(createTradingDays('America/New_York').at(1_793_592_000_000_000));
  });

  test('refuses a zone that does not exist', () => {
    expect(() => createTradingDays('Mars/Olympus')).toThrow(expect.objectContaining({ code: 'QT_MODEL_ZONE_INVALID' }));
  });
});
