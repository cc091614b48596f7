import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openPackagedFeed, resolveFeed } from '../../src/feed/index.ts';
import { bytes, collect } from './support.ts';

const FILE = new URL('../../src/feed/data/sp500-2000.csv', import.meta.url);

describe('the packaged S&P 500', () => {
  test('is 5105 days of one symbol, each with a roll, an opening tick and a candle', async () => {
    const feed = await resolveFeed({ kind: 'packaged' });
    const batches = await collect(feed);

    const counts = Object.groupBy(
      batches.flatMap((batch) => batch.events),
      (event) => event.type,
    );
    expect(feed.info).toMatchObject({
      symbols: ['SPX'],
      timeframe: '1d',
      dayZone: 'America/New_York',
      periodsPerYear: 252,
      rowsTotal: 5105,
    });
    expect(Object.entries(counts).map(([type, events]) => [type, events?.length])).toEqual([
      ['system.day.rolled', 5105],
      ['market.tick.price', 5105],
      ['market.candle.new', 5105],
    ]);
    expect(feed.status()).toMatchObject({ rowsRead: 5105, rowsAccepted: 5105, rowsSkipped: 0, gaps: 0, progressRatio: 1 });
  });

  test('opens at 09:30 and closes at 16:00 in New York, in winter and in summer', async () => {
    const batches = await collect(await openPackagedFeed());

    const iso = (index: number): string => new Date((batches[index]?.tsEventUs ?? 0) / 1000).toISOString();
    expect([iso(0), iso(1), iso(2)]).toEqual(['2000-01-03T05:00:00.000Z', '2000-01-03T14:30:00.000Z', '2000-01-03T21:00:00.000Z']);
    expect(iso(batches.length - 1)).toBe('2020-04-17T20:00:00.000Z');
  });

  test('is the file that the notice names, with its licence beside it', () => {
    const text = readFileSync(FILE);
    const blob = createHash('sha1').update(`blob ${text.length}\0`).update(text).digest('hex');

    expect(readFileSync(new URL('NOTICE', FILE), 'utf8')).toContain(blob);
    expect(readFileSync(new URL('LICENSE', FILE), 'utf8')).toContain('3-Clause BSD License');
  });

  test('can be read from wherever the host keeps it', async () => {
    const names: string[] = [];
    const feed = await openPackagedFeed(async (name) => {
      names.push(name);
      return readFileSync(FILE);
    });

    expect(bytes(await collect(feed))).toBe(bytes(await collect(await openPackagedFeed())));
    expect(names).toEqual(['sp500-2000.csv']);
  });

  test('that is missing is one clear error', async () => {
    const opening = openPackagedFeed(() => Promise.reject(new Error('gone')));

    await expect(opening).rejects.toMatchObject({
      code: 'QT_FEED_FILE_MISSING',
      message: expect.stringContaining('install the package again') as string,
    });
  });
});

const RECORDED = new URL('../../../shared/data/', import.meta.url);
const isRecordedThere = existsSync(RECORDED) && readdirSync(RECORDED).length > 0;

describe.skipIf(!isRecordedThere)('recorded minutes (skipped without ../shared/data beside the checkout)', () => {
  test.each([
    ['btcusdt-1m-2022-12-13.csv', 'BTCUSDT', 1440, 0],
    ['btcusd-1m-2018-04.csv', 'BTCUSD', 3887, 2],
    ['ethusd-1m-2018-04.csv', 'ETHUSD', 2449, 2],
  ])('of %s are read whole', async (name, symbol, rows, gaps) => {
    const feed = await resolveFeed({ kind: 'csv', files: [new URL(name, RECORDED).pathname] });
    await collect(feed);

    expect(feed.info).toMatchObject({ symbols: [symbol], timeframe: '1m' });
    expect(feed.status()).toMatchObject({ rowsAccepted: rows, rowsSkipped: 0, gaps });
  });

  test('of a session market have no gap overnight', async () => {
    const feed = await resolveFeed({
      kind: 'csv',
      files: [new URL('nifty50-1m-2019-01.csv', RECORDED).pathname],
      zone: 'Asia/Kolkata',
      session: { open: '09:15', close: '15:30' },
    });
    const batches = await collect(feed);

    const days = batches.flatMap((batch) => batch.events).filter((event) => event.type === 'system.day.rolled');
    expect(feed.status()).toMatchObject({ rowsAccepted: 1509, gaps: 0 });
    expect(days.map((event) => (event.payload as { day: string }).day)).toEqual(['2019-01-01', '2019-01-02', '2019-01-03', '2019-01-04']);
  });

  test('of two symbols are merged in order of time', async () => {
    const files = ['btcusd-1m-2018-04.csv', 'ethusd-1m-2018-04.csv'].map((name) => new URL(name, RECORDED).pathname);
    const feed = await resolveFeed({ kind: 'csv', files });
    const batches = await collect(feed);

    expect(feed.info.symbols).toEqual(['BTCUSD', 'ETHUSD']);
    expect(batches.every((batch, index) => index === 0 || batch.tsEventUs > (batches[index - 1]?.tsEventUs ?? 0))).toBe(true);
  });
});
