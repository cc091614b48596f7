import { mkdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openCsvFeed, resolveFeed, type CsvFeedOptions } from '../../src/feed/index.ts';
import { bytes, collect, lines, withFiles } from './support.ts';

const HEADER = 'timestamp_ms,open,high,low,close,volume';
const T0 = 1_700_000_040; // a whole minute, in seconds

function minute(index: number, close = 100, open = close): string {
  return `${(T0 + index * 60) * 1000},${open},${Math.max(open, close)},${Math.min(open, close)},${close},1`;
}

function csv(...rows: string[]): Record<string, string> {
  return { 'abc-1m.csv': [HEADER, ...rows].join('\n') };
}

async function run(files: Record<string, string>, options: Partial<CsvFeedOptions> = {}) {
  return withFiles(files, async (path) => {
    const feed = await openCsvFeed({ kind: 'csv', files: Object.keys(files).map(path), timeframe: '1m', ...options });
    const batches = await collect(feed);
    return { feed, batches, lines: lines(batches), status: feed.status() };
  });
}

async function refusal(files: Record<string, string>, options: Partial<CsvFeedOptions> = {}): Promise<{ code: string; message: string }> {
  try {
    await run(files, options);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('nothing was refused');
}

describe('a bar file', () => {
  test('becomes a day roll, and an opening tick before each candle', async () => {
    const { lines: seen } = await run(csv(minute(0, 101, 100), minute(1, 102, 101.5)));

    expect(seen).toEqual([
      '1699920000 day.rolled  2023-11-14',
      `${T0} tick.price ABC 100`,
      `${T0 + 60} candle.new ABC 101`,
      `${T0 + 60.000001} tick.price ABC 101.5`,
      `${T0 + 120} candle.new ABC 102`,
    ]);
  });

  test('gives the candle its open time and its close as event time', async () => {
    const { batches } = await run(csv(minute(0)));

    const candle = batches.at(-1)?.events[0];
    expect(candle?.timestamp).toBe((T0 + 60) * 1e6);
    expect(candle?.payload).toMatchObject({ open_time: T0 * 1e6, backfilled: false, timeframe: '1m' });
    expect(candle?.source).toBe('data_collector');
  });

  test('stamped at the close opens a bar earlier', async () => {
    const { lines: seen } = await run(csv(minute(0)), { stamp: 'close' });

    expect(seen.slice(1)).toEqual([`${T0 - 60} tick.price ABC 100`, `${T0} candle.new ABC 100`]);
  });

  test('can be read again with the same result', async () => {
    await withFiles(csv(minute(0), minute(1), minute(4)), async (path) => {
      const feed = await openCsvFeed({ kind: 'csv', files: [path('abc-1m.csv')] });
      expect(bytes(await collect(feed))).toBe(bytes(await collect(feed)));
    });
  });

  test.each([
    ['Date,Open,High,Low,Close,Volume', '2023-11-14T22:14:00Z,1,1,1,1,5'],
    ['t;o;h;l;c;v', `${T0};1;1;1;1;5`],
    ['DATETIME,OPEN,HIGH,LOW,CLOSE,VOL', '2023-11-14 22:14:00+00:00,1,1,1,1,5'],
    ['timestamp,open,high,low,close', `${T0}000000,1,1,1,1`],
    ['\uFEFFtime,"open",high,low,close,volume', `${T0 * 1000},1,1,1,1,5`],
    ['volume,close,low,high,open,timestamp_ms,extra', `5,1,1,1,1,${T0 * 1000},x`],
  ])('is understood with the header %s', async (header, row) => {
    const { lines: seen } = await run({ 'x.csv': `${header}\n${row}\r\n` }, header.includes(';') ? { delimiter: ';' } : {});

    expect(seen.slice(1)).toEqual([`${T0} tick.price X 1`, `${T0 + 60} candle.new X 1`]);
  });

  test('takes columns by name and, without a header, by number', async () => {
    const named = await run(
      { 'x.csv': `when,a,b,c,d\n${T0},1,3,1,2\n` },
      { columns: { time: 'when', open: 'a', high: 'B', low: 'c', close: 'd' } },
    );
    const numbered = await run({ 'x.csv': `${T0},1,3,1,2\n` }, { header: false, columns: { time: 0, open: 1, high: 2, low: 3, close: 4 } });

    expect(numbered.lines).toEqual(named.lines);
    expect(named.lines.at(-1)).toBe(`${T0 + 60} candle.new X 2`);
  });

  test('tells its timeframe by the spacing of its rows', async () => {
    await withFiles({ 'x.csv': `${HEADER}\n${minute(0)}\n${minute(5)}\n${minute(10)}` }, async (path) => {
      const feed = await openCsvFeed({ kind: 'csv', files: [path('x.csv')] });
      expect(feed.info).toMatchObject({ timeframe: '5m', symbols: ['X'], dayZone: 'UTC', periodsPerYear: 365, rowsTotal: null });
    });
  });

  test('of local times needs a zone and follows its clocks through both passes of an hour', async () => {
    const rows = ['2026-11-01 01:59,1,1,1,1', '2026-11-01 01:00,1,1,1,1', '2026-11-01 01:01,1,1,1,1'];
    const files = { 'x.csv': ['time,open,high,low,close', ...rows].join('\n') };

    const { batches } = await run(files, { zone: 'America/New_York' });
    const refused = await refusal(files);

    const candles = batches.flatMap((batch) => batch.events).filter((event) => event.type === 'market.candle.new');
    const opens = candles.map((event) => new Date((event.payload as { open_time: number }).open_time / 1000).toISOString().slice(11, 16));
    expect(opens).toEqual(['05:59', '06:00', '06:01']);
    expect(refused.message).toContain('no zone was given');
  });

  test('refuses a local time that clocks skip', async () => {
    const error = await refusal({ 'x.csv': 'time,open,high,low,close\n2026-03-08 02:30,1,1,1,1' }, { zone: 'America/New_York' });

    expect(error).toMatchObject({ code: 'QT_FEED_BAD_ROW' });
    expect(error.message).toContain('clocks skip it');
  });

  test('of several symbols merges by time and then by file order', async () => {
    const files = { 'b.csv': `${HEADER}\n${minute(0, 2)}\n${minute(1, 3)}`, 'a.csv': `${HEADER}\n${minute(0, 20)}` };

    const { batches, lines: seen } = await run(files);

    expect(seen.slice(1, 5)).toEqual([
      `${T0} tick.price B 2`,
      `${T0} tick.price A 20`,
      `${T0 + 60} candle.new B 2`,
      `${T0 + 60} candle.new A 20`,
    ]);
    expect(batches[1]?.events).toHaveLength(2);
  });

  test('in parts is read as one, whatever the order of the parts', async () => {
    const part = (name: string, ...rows: string[]) => [name, [HEADER, ...rows].join('\n')] as const;
    const first = part('x-1.csv', minute(0, 1), minute(1, 1.1));
    const second = part('x-2.csv', minute(2, 1.2), minute(3, 1.3));

    const forth = await run(Object.fromEntries([first, second]));
    const back = await run(Object.fromEntries([second, first]));

    expect(back.lines).toEqual(forth.lines);
    expect(forth.feed.info.symbols).toEqual(['X']);
  });

  test('stops between two batches when it is aborted', async () => {
    await withFiles(csv(minute(0), minute(1)), async (path) => {
      const feed = await openCsvFeed({ kind: 'csv', files: [path('abc-1m.csv')] });
      const controller = new AbortController();
      const seen: number[] = [];
      const reading = (async () => {
        for await (const batch of feed.batches(controller.signal)) {
          seen.push(batch.tsEventUs);
          controller.abort(new Error('enough'));
        }
      })();
      await expect(reading).rejects.toThrow('enough');
      expect(seen).toHaveLength(1);
    });
  });
});

describe('a bad row', () => {
  test.each([
    ['open,high', `${T0 + 60}000,1,2,1,3,1`, 'high 2 is below open 1 or close 3'],
    ['low', `${T0 + 60}000,1,3,2,3,1`, 'low 2 is above open 1 or close 3'],
    ['zero', `${T0 + 60}000,0,3,0,3,1`, 'open is 0: expected a price above 0'],
    ['negative volume', `${T0 + 60}000,1,1,1,1,-1`, 'volume is -1'],
    ['text', `${T0 + 60}000,1,1,1,n/a,1`, 'close "n/a" is no number'],
    ['infinity', `${T0 + 60}000,1,1,1,Infinity,1`, 'close "Infinity" is no number'],
    ['hexadecimal', `${T0 + 60}000,1,1,1,0x1,1`, 'close "0x1" is no number'],
    ['overflow', `${T0 + 60}000,1,1e999,1,1,1`, 'high is Infinity'],
    ['empty', `${T0 + 60}000,1,1,1,,1`, 'close "" is no number'],
    ['short', `${T0 + 60}000,1,1`, 'low "" is no number'],
    ['time', `yesterday,1,1,1,1,1`, 'time "yesterday" is no count since 1970'],
    ['older', `${T0 - 60}000,1,1,1,1,1`, 'its time is before that of line 2'],
    ['conflicting', `${T0}000,1,1,1,1,2`, 'has the same time as line 2'],
    ['overlapping', `${T0 + 30}000,1,1,1,1,2`, 'overlaps line 2'],
  ])('(%s) stops the run with its file and line, or is listed when it may be skipped', async (_name, row, reason) => {
    const files = csv(minute(0, 1), row, minute(2, 1));

    const error = await refusal(files);
    const { status, lines: seen } = await run(files, { badRows: 'skip' });

    expect(error.code).toBe('QT_FEED_BAD_ROW');
    expect(error.message).toContain('line 3 of');
    expect(error.message).toContain(reason);
    expect(status).toMatchObject({ rowsRead: 3, rowsAccepted: 2, rowsSkipped: 1 });
    expect(status.faults[0]).toMatchObject({ line: 3, reason: expect.stringContaining(reason) as string });
    expect(seen.at(-2)).toBe(`${T0 + 180} candle.new ABC 1`);
  });

  test('with broken quotes stops the run with its line', async () => {
    const error = await refusal(csv(minute(0), '"1,2'));

    expect(error).toMatchObject({ code: 'QT_FEED_BAD_ROW' });
    expect(error.message).toMatch(/line \d of/);
  });
});

describe('a hole', () => {
  test('is a gap before the next opening tick and a recovery after its candle', async () => {
    const { lines: seen, status } = await run(csv(minute(0), minute(3)));

    expect(seen.slice(3)).toEqual([
      `${T0 + 180} feed.gap ABC SEQUENCE`,
      `${T0 + 180} tick.price ABC 100`,
      `${T0 + 240} candle.new ABC 100`,
      `${T0 + 240} feed.recovered ABC lost 2`,
    ]);
    expect(status.gaps).toBe(1);
  });

  test('of an older row that was skipped is a gap OUT_OF_ORDER and then a recovery', async () => {
    const { lines: seen } = await run(csv(minute(0), minute(-5), minute(1)), { badRows: 'skip' });

    expect(seen.slice(2)).toEqual([
      `${T0 + 60} candle.new ABC 100`,
      `${T0 + 60} feed.gap ABC OUT_OF_ORDER`,
      `${T0 + 60.000001} tick.price ABC 100`,
      `${T0 + 120} candle.new ABC 100`,
      `${T0 + 120} feed.recovered ABC lost 1`,
    ]);
  });

  test('overnight, at a weekend or on a holiday of a session market is none', async () => {
    const at = (text: string): string => `${text},1,1,1,1`;
    const rows = ['2024-01-05 15:58', '2024-01-05 15:59', '2024-01-08 09:30', '2024-01-10 09:30', '2024-01-10 09:33'].map(at);
    const options = { zone: 'America/New_York', session: { open: '09:30', close: '16:00' } };

    const { batches } = await run({ 'x.csv': ['time,open,high,low,close', ...rows].join('\n') }, options);

    const gaps = batches.flatMap((batch) => batch.events).filter((event) => event.type === 'market.feed.gap');
    expect(gaps.map((event) => (event.payload as { missing: number }).missing)).toEqual([389, 2]);
  });

  test('of daily bars in a market that never closes counts days', async () => {
    const { lines: seen } = await run(
      { 'x.csv': 'date,open,high,low,close\n2024-01-05,1,1,1,1\n2024-01-08,1,1,1,1' },
      { timeframe: '1d', zone: 'UTC' },
    );

    expect(seen.filter((line) => line.includes('feed'))).toEqual([
      `${Date.UTC(2024, 0, 8) / 1e3} feed.gap X SEQUENCE`,
      `${Date.UTC(2024, 0, 9) / 1e3} feed.recovered X lost 2`,
    ]);
  });

  test('an exact repetition of a row is dropped and counted', async () => {
    const { lines: seen, status } = await run(csv(minute(0), minute(0), minute(1)));

    expect(seen.filter((line) => line.includes('candle'))).toHaveLength(2);
    expect(status).toMatchObject({ rowsRepeated: 1, rowsSkipped: 0, gaps: 0 });
  });
});

describe('a bar that jumps', () => {
  test('waits for the next one and is published late when that agrees', async () => {
    const { lines: seen, batches } = await run(csv(minute(0, 100), minute(1, 150, 100), minute(2, 151)));

    expect(seen.slice(3)).toEqual([
      `${T0 + 60.000001} tick.price ABC 100`,
      `${T0 + 120} feed.gap ABC QUARANTINE`,
      `${T0 + 180} candle.new ABC 150`,
      `${T0 + 180} candle.new ABC 151`,
      `${T0 + 180} feed.recovered ABC lost 0`,
    ]);
    expect(batches.at(-1)?.events[0]?.payload).toMatchObject({ open_time: (T0 + 60) * 1e6, backfilled: true });
  });

  test('is refused when the next one does not agree', async () => {
    const files = csv(minute(0, 100), minute(1, 10, 100), minute(2, 101));

    const error = await refusal(files);
    const { lines: seen, status } = await run(files, { badRows: 'skip' });

    expect(error.message).toContain('line 3 of');
    expect(error.message).toContain('close 10 jumps from 100 and line 4 does not agree');
    expect(seen.filter((line) => line.includes('candle'))).toEqual([`${T0 + 60} candle.new ABC 100`, `${T0 + 180} candle.new ABC 101`]);
    expect(seen.at(-1)).toBe(`${T0 + 180} feed.recovered ABC lost 1`);
    expect(status.rowsSkipped).toBe(1);
  });

  test('at the end of the data is left out and listed, but does not stop the run', async () => {
    const { lines: seen, status } = await run(csv(minute(0, 100), minute(1, 200, 100)));

    expect(seen.at(-1)).toBe(`${T0 + 120} feed.gap ABC QUARANTINE`);
    expect(status.faults).toMatchObject([{ line: 3, reason: 'close jumps and no bar follows that agrees' }]);
  });
});

describe('a file that cannot be read', () => {
  test.each([
    ['is missing', (path: string) => path, 'QT_FEED_FILE_MISSING', 'no such file'],
    ['is a directory', (path: string) => (mkdirSync(path), path), 'QT_FEED_FILE_UNREADABLE', 'it is a directory'],
  ])('because it %s is refused at once by name', async (_name, prepare, code, text) => {
    await withFiles({}, async (path) => {
      const file = prepare(path('nothing.csv'));
      const opening = openCsvFeed({ kind: 'csv', files: [file] });
      await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(text) as string });
      await expect(opening).rejects.toThrow(file);
    });
  });

  test.each([
    ['', 'QT_FEED_FILE_EMPTY', 'it is empty'],
    [`${HEADER}\n`, 'QT_FEED_FILE_EMPTY', 'a header but no rows'],
    ['time,open,high,close\n1,1,1,1', 'QT_FEED_COLUMN_MISSING', 'Cannot find the low column'],
    ['time;open;high;low;close\n1;1;1;1;1', 'QT_FEED_COLUMN_MISSING', 'seem to be split by ";": set delimiter'],
    ['date,open,high,low,close\n20240105,1,1,1,1', 'QT_FEED_TIME_AMBIGUOUS', 'set timeUnit'],
    ['date,open,high,low,close\n01/05/2024,1,1,1,1', 'QT_FEED_TIME_AMBIGUOUS', 'set timeUnit'],
    ['timestamp_ms,open,high,low,close\n1700000000,1,1,1,1', 'QT_FEED_TIME_AMBIGUOUS', 'set timeUnit'],
    ['date,open,high,low,close\n2024-01-05,1,1,1,1', 'QT_FEED_TIME_AMBIGUOUS', 'set zone'],
  ])('because it holds %j is refused with what to do', async (text, code, message) => {
    const error = await refusal({ 'x.csv': text }, { timeframe: '1m' });

    expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  test('because its spacing is that of no timeframe is refused', async () => {
    await withFiles({ 'x.csv': `${HEADER}\n${minute(0)}\n${minute(7)}` }, async (path) => {
      await expect(openCsvFeed({ kind: 'csv', files: [path('x.csv')] })).rejects.toThrow('set timeframe');
    });
  });
});

describe('feed options', () => {
  test.each([
    [{ kind: 'tape' }, 'feed.kind'],
    [{ kind: 'csv', files: [] }, 'files'],
    [{ kind: 'csv', files: ['x.csv'], timeframe: '2m' }, 'timeframe'],
    [{ kind: 'csv', files: ['x.csv'], badRows: 'ignore' }, 'badRows'],
    [{ kind: 'csv', files: ['x.csv'], columns: { price: 'p' } }, 'columns'],
    [{ kind: 'csv', files: ['x.csv'], session: { open: '09:30', close: '16:00' } }, 'zone'],
    [{ kind: 'csv', files: [{ path: '---.csv' }] }, 'files[0].symbol'],
    [{ kind: 'synthetic', bars: 0 }, 'bars'],
    [{ kind: 'synthetic', symbols: ['A', 'A'] }, 'symbols'],
    [{ kind: 'synthetic', pace: { rate: 1, speed: 1 } }, 'rate'],
    [{ kind: 'synthetic', pace: { rate: 0 } }, 'rate'],
  ])('%j are refused by the name of the field', async (options, field) => {
    await expect(resolveFeed(options as never)).rejects.toMatchObject({ code: 'QT_OPTION_INVALID', details: { field } });
  });

  test('with an unknown zone or hours that end before they start are refused', async () => {
    const files = csv(minute(0));

    expect((await refusal(files, { zone: 'Mars/Olympus' })).message).toContain('IANA time zone');
    expect((await refusal(files, { zone: 'UTC', session: { open: '16:00', close: '09:30' } })).message).toContain('session.close');
  });
});
