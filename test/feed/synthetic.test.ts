import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import { openSyntheticFeed, paceFeed, resolveFeed, type FeedBatch } from '../../src/feed/index.ts';
import { bytes, collect } from './support.ts';

interface CandleLike {
  symbol: string;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

async function candles(symbols: string[], seed: number, bars: number): Promise<CandleLike[]> {
  const batches = await collect(openSyntheticFeed({ kind: 'synthetic', symbols, seed, bars }));
  return batches.flatMap((batch) =>
    batch.events.filter((event) => event.type === 'market.candle.new').map((event) => event.payload as CandleLike),
  );
}

describe('a synthetic feed', () => {
  test('gives the same events for the same seed and others for another', async () => {
    const run = async (seed: number): Promise<string> => bytes(await collect(openSyntheticFeed({ kind: 'synthetic', seed, bars: 300 })));

    expect(await run(7)).toBe(await run(7));
    expect(await run(7)).not.toBe(await run(8));
  });

  test('gives a symbol the same bars whatever other symbols there are', async () => {
    const alone = await candles(['ETHUSDT'], 3, 200);
    const together = await candles(['BTCUSDT', 'ETHUSDT', 'XYZ'], 3, 200);

    expect(together.filter((candle) => candle.symbol === 'ETHUSDT')).toEqual(alone);
  });

  test('makes valid bars that follow on each other', async () => {
    const bars = await candles(['BTCUSDT'], 1, 5000);

    expect(
      bars.every(
        (bar) => bar.low > 0 && bar.low <= Math.min(bar.open, bar.close) && bar.high >= Math.max(bar.open, bar.close) && bar.volume > 0,
      ),
    ).toBe(true);
    expect(bars.slice(1).every((bar, index) => bar.open === bars[index]?.close)).toBe(true);
  });

  test('changes between calm and wild hours', async () => {
    const bars = await candles(['BTCUSDT'], 1, 6000);
    const hours = Array.from({ length: 100 }, (_, hour) => {
      const returns = bars.slice(hour * 60, hour * 60 + 60).map((bar) => Math.log(bar.close / bar.open));
      return Math.sqrt(returns.reduce((sum, value) => sum + value * value, 0) / 60);
    }).toSorted((a, b) => a - b);

    expect((hours[90] as number) / (hours[10] as number)).toBeGreaterThan(2);
  });

  test('has a known digest, so that no change of the generator goes unnoticed', async () => {
    const [first] = await candles(['BTCUSDT'], 1, 1);

    expect(first).toMatchInlineSnapshot(`
      {
        "backfilled": false,
        "close": 42029,
        "high": 42029,
        "low": 41993.1,
        "open": 42000,
        "open_time": 1704067200000000,
        "symbol": "BTCUSDT",
        "timeframe": "1m",
        "volume": 44.4236,
      }
    `);
  });
});

describe('a paced feed', () => {
  /** A clock that only sleeping and the reader move. */
  async function pace(rate: number, workMs: (index: number) => number, options: { durationS?: number; bars?: number } = {}) {
    const clock = new ManualClock(1_000_000);
    const feed = await resolveFeed(
      {
        kind: 'synthetic',
        symbols: ['A'],
        bars: options.bars ?? 50,
        pace: { rate, ...(options.durationS && { durationS: options.durationS }) },
      },
      { clock, sleep: async (ms) => clock.advanceMs(ms) },
    );
    const sent: { batch: FeedBatch; atUs: number }[] = [];
    for await (const batch of feed.batches()) {
      sent.push({ batch, atUs: clock.nowUs() });
      clock.advanceMs(workMs(sent.length - 1));
    }
    return sent;
  }

  test('means event i to leave at start + i / rate', async () => {
    const sent = await pace(10, () => 0);

    let before = 0;
    for (const { batch, atUs } of sent) {
      expect(batch.intendedUs).toBe(1_000_000 + before * 100_000);
      expect(atUs).toBe(batch.intendedUs);
      before += batch.events.length;
    }
    expect(before).toBe(101);
  });

  test('catches up after a stall without shifting the schedule', async () => {
    const sent = await pace(10, (index) => (index === 4 ? 1000 : 0));

    const late = sent.map(({ batch, atUs }) => (atUs - (batch.intendedUs ?? 0)) / 1000);
    expect(late.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(late.slice(5, 9)).toEqual([900, 800, 700, 600]);
    expect(late.at(-1)).toBe(0);
  });

  test('ends after its duration', async () => {
    const sent = await pace(10, () => 0, { durationS: 2, bars: 1000 });

    expect(sent.reduce((sum, { batch }) => sum + batch.events.length, 0)).toBe(20);
  });

  test('with a duration makes as many bars as it takes', async () => {
    const clock = new ManualClock();
    const feed = await resolveFeed(
      { kind: 'synthetic', symbols: ['A'], pace: { rate: 1000, durationS: 10 } },
      { clock, sleep: async (ms) => clock.advanceMs(ms) },
    );
    const batches = await collect(feed);

    expect(feed.info.rowsTotal).toBeNull();
    expect(batches.reduce((sum, batch) => sum + batch.events.length, 0)).toBe(10_000);
  });

  test('at a speed keeps the distances of event time', async () => {
    const clock = new ManualClock();
    const feed = paceFeed(
      openSyntheticFeed({ kind: 'synthetic', symbols: ['A'], bars: 3 }),
      { speed: 60 },
      { clock, sleep: async (ms) => clock.advanceMs(ms) },
    );
    const batches = await collect(feed);

    expect(batches.map((batch) => batch.intendedUs)).toEqual([0, 1_000_000, 1_000_000, 2_000_000, 2_000_000, 3_000_000]);
  });

  test('stops waiting when it is aborted, and throws the reason', async () => {
    const controller = new AbortController();
    const feed = await resolveFeed({ kind: 'synthetic', symbols: ['A'], pace: { rate: 0.001 } });
    const reading = (async () => {
      for await (const _ of feed.batches(controller.signal)) setImmediate(() => controller.abort(new Error('enough')));
    })();

    await expect(reading).rejects.toThrow('enough');
  });
});
