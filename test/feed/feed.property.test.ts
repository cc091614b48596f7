import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openCsvFeed, type FeedBatch } from '../../src/feed/index.ts';
import { bytes, collect, withFiles } from './support.ts';

const T0_MS = 1_700_000_040_000;

/** A row that is mostly good: sometimes late, doubled, broken, missing or jumping. */
const row = fc.record({
  step: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, { weight: 2, arbitrary: fc.integer({ min: -3, max: 6 }) }),
  close: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 95, max: 105 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, -5, 10, 300, 310) },
  ),
  text: fc.oneof({ weight: 20, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constantFrom('', 'x', 'NaN') }),
});
const file = fc.array(row, { minLength: 1, maxLength: 40 }).map((rows) => {
  let minute = 0;
  const lines = rows.map(({ step, close, text }) => {
    minute = Math.max(0, minute + step);
    return `${T0_MS + minute * 60_000},100,${Math.max(100, close)},${Math.min(100, close)},${text ?? close},1`;
  });
  return ['timestamp_ms,open,high,low,close,volume', ...lines].join('\n');
});

async function read(texts: readonly string[]): Promise<{ batches: FeedBatch[]; again: FeedBatch[]; rowsLost: number }> {
  const files = Object.fromEntries(texts.map((text, index) => [`s${index}.csv`, text]));
  return withFiles(files, async (path) => {
    const feed = await openCsvFeed({ kind: 'csv', files: Object.keys(files).map(path), timeframe: '1m', badRows: 'skip', timeUnit: 'ms' });
    const batches = await collect(feed);
    const { rowsRead, rowsAccepted, rowsRepeated, rowsSkipped } = feed.status();
    return { batches, rowsLost: rowsRead - rowsAccepted - rowsRepeated - rowsSkipped, again: await collect(feed) };
  });
}

describe('whatever the rows', () => {
  test('batches rise in time, events carry the time of their batch, and no event is older than one of its symbol', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 3 }), async (texts) => {
        const { batches, again } = await read(texts);

        let beforeUs = -1;
        for (const batch of batches) {
          expect(batch.tsEventUs).toBeGreaterThan(beforeUs);
          expect(batch.events.every((event) => event.timestamp === batch.tsEventUs)).toBe(true);
          beforeUs = batch.tsEventUs;
        }
        expect(bytes(again)).toBe(bytes(batches));
      }),
      { numRuns: 60 },
    );
  });

  test('every row is a candle, a repetition or listed as a fault', async () => {
    await fc.assert(
      fc.asyncProperty(file, async (text) => {
        expect((await read([text])).rowsLost).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('a gap is followed by a recovery before the second next candle, unless the data ends', async () => {
    await fc.assert(
      fc.asyncProperty(file, async (text) => {
        const { batches } = await read([text]);

        let isOpen = false;
        let candlesSince = 0;
        for (const { type, payload } of batches.flatMap((batch) => batch.events)) {
          if (type === 'market.feed.gap') isOpen = true;
          if (type === 'market.feed.recovered') [isOpen, candlesSince] = [false, 0];
          // A candle from quarantine is published together with the one that confirmed it.
          if (type === 'market.candle.new' && isOpen && !(payload as { backfilled: boolean }).backfilled) candlesSince++;
          expect(candlesSince).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 60 },
    );
  });
});
