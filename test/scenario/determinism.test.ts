import { expect, test } from 'vitest';
import { marketSettings, runWith } from './recording.ts';

const PACKAGED = { mode: 'backtest' };
const SYNTHETIC = { 'feed.kind': 'synthetic', 'feed.bars': 400, 'advisory.candlesMin': 20, seed: 3 };

test(
  'a packaged run trades, loses nothing, and decides the same on any number of threads and without them',
  { timeout: 120_000 },
  async () => {
    const inline = await runWith(PACKAGED);
    const again = await runWith(PACKAGED);
    const threads = [];
    for (const workers of [1, 2, 4]) threads.push(await runWith({ mode: 'paper', 'engine.workers': workers }));

    expect(inline.trades.length).toBeGreaterThan(30);
    expect(again.decisionHash).toBe(inline.decisionHash);
    for (const run of [inline, ...threads]) {
      expect(run.decisionHash, `${run.mode} with ${run.engine.workers} workers`).toBe(inline.decisionHash);
      expect(run.engine, `${run.mode} with ${run.engine.workers} workers`).toMatchObject({
        lost: 0,
        deadLettered: 0,
        pending: 0,
        dropped: 0,
      });
      expect(run.engine.latency).toMatchObject({ count: run.engine.marketEvents, warmupCount: 0 });
    }
  },
);

test('many symbols spread over threads decide what they decide on one', { timeout: 60_000 }, async () => {
  const settings = { ...SYNTHETIC, 'feed.symbols': ['AAA', 'BBB', 'CCC', 'DDD', 'EEE'] };

  const inline = await runWith({ ...settings, mode: 'backtest' });
  const two = await runWith({ ...settings, mode: 'paper', 'engine.workers': 2 });
  const three = await runWith({ ...settings, mode: 'paper', 'engine.workers': 3 });

  expect(inline.trades.length).toBeGreaterThan(0);
  expect([two.decisionHash, three.decisionHash]).toEqual([inline.decisionHash, inline.decisionHash]);
});

test('another seed makes another market and other decisions', async () => {
  const [one, other] = [await runWith({ ...SYNTHETIC, mode: 'backtest' }), await runWith({ ...SYNTHETIC, mode: 'backtest', seed: 4 })];

  expect(other.decisionHash).not.toBe(one.decisionHash);
  expect(other.runId).not.toBe(one.runId);
});

test('a kill on one thread stops the positions of another thread alike', { timeout: 60_000 }, async () => {
  const market = marketSettings({ days: 240, crashDay: 234, crashTo: 0.84 });

  const inline = await runWith({ ...market, mode: 'backtest' });
  const threads = await runWith({ ...market, mode: 'paper', 'engine.workers': 3 });

  expect(inline.kill).toMatchObject({ state: 'HALTED', activations: 1 });
  expect(threads.decisionHash).toBe(inline.decisionHash);
});
