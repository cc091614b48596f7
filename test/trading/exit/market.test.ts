import { describe, expect, it } from 'vitest';
import {
  MarketCalendarChanged,
  MarketFeedGap,
  MarketFeedRecovered,
  MarketFundingUpdate,
  RegimeVolatilitySpike,
  SystemTimerFired,
} from '../../../src/model/index.ts';
import { actionsOf, createScene, decisionsOf, heartbeatsOf, HOUR, MINUTE, SECOND, stopsOf, summaryOf } from './_fixture.ts';

function createTrend(options = {}, open = {}) {
  const scene = createScene({ ladder: [], trailing: [], ...options });
  scene.tick(100, 0);
  scene.open({ regime: 'TRENDING', detail: 'TREND_UP', volatility: 0.01, ...open });
  return scene;
}

describe('regime exits', () => {
  it.each([
    ['TRENDING', 'TREND_UP', []],
    ['TRENDING', 'TREND_DOWN', ['EXIT_FULL regime_exit 100']],
    ['RANGING', 'RANGE_LOW_VOL', ['EXIT_PARTIAL regime_exit 50']],
    ['CHAOTIC', 'HIGH_VOLATILITY', ['EXIT_FULL regime_exit 100']],
    ['CHAOTIC', 'UNKNOWN', ['EXIT_PARTIAL regime_exit 75']],
  ] as const)('leave a rising trend that became %s %s', (regime, detail, expected) => {
    expect(summaryOf(createTrend().regime(regime, detail, MINUTE))).toEqual(expected);
  });

  it('leave a range with any change of it', () => {
    const scene = createTrend({}, { regime: 'RANGING', detail: 'RANGE_LOW_VOL' });

    expect(summaryOf(scene.regime('RANGING', 'RANGE_HIGH_VOL', MINUTE))).toEqual([]);
    expect(summaryOf(scene.regime('TRENDING', 'TREND_UP', 2 * MINUTE))).toEqual(['EXIT_FULL regime_exit 100']);
  });

  it('cut once, and end the position when the change lasts an hour', () => {
    const scene = createTrend();
    scene.regime('RANGING', 'RANGE_LOW_VOL', MINUTE);
    scene.mark('pos_1', MINUTE + 1, { size: 5 });

    const soon = scene.regime('RANGING', 'RANGE_LOW_VOL', 30 * MINUTE);
    const later = scene.regime('RANGING', 'RANGE_LOW_VOL', 61 * MINUTE);

    expect(actionsOf(soon)).toEqual([]);
    expect(summaryOf(later)).toEqual(['EXIT_FULL regime_exit 100']);
  });

  it('forget a change that went back', () => {
    const scene = createTrend();
    scene.regime('RANGING', 'RANGE_LOW_VOL', MINUTE);
    scene.mark('pos_1', MINUTE + 1, { size: 5 });
    scene.regime('TRENDING', 'TREND_UP', 2 * MINUTE);

    expect(actionsOf(scene.tick(100, 90 * MINUTE))).toEqual([]);
    expect(summaryOf(scene.regime('RANGING', 'RANGE_LOW_VOL', 91 * MINUTE))).toEqual(['EXIT_PARTIAL regime_exit 50']);
  });

  it('use the UNKNOWN row while no regime is known, and take the first one for the one at entry (C22)', () => {
    const scene = createScene({ ladder: [] });
    scene.tick(100, 0);
    scene.open();

    expect(actionsOf(scene.tick(100, 24 * HOUR))).toEqual([]);
    expect(actionsOf(scene.regime('RANGING', 'RANGE_LOW_VOL', 24 * HOUR))).toEqual([]);

    const unknown = createScene({ ladder: [] });
    unknown.tick(100, 0);
    unknown.open();
    expect(summaryOf(unknown.tick(100, 24 * HOUR + 1))).toEqual(['EXIT_FULL time_exit 100']);
  });
});

describe('volatility exits', () => {
  it('tighten 25 and then 50 % of the way, once each, and never back (W19)', () => {
    const scene = createTrend({ lossCut: null }, { stop: 100, entry: 105, volatility: 0.01 });
    scene.tick(110, SECOND);

    const small = scene.regime('TRENDING', 'TREND_UP', 2 * SECOND, { atrPct: 1.5 });
    const large = scene.regime('TRENDING', 'TREND_UP', 4 * SECOND, { atrPct: 2 });
    scene.tick(107, 6 * SECOND);
    const again = scene.regime('TRENDING', 'TREND_UP', 8 * SECOND, { atrPct: 2.2 });

    expect([stopsOf(small), stopsOf(large), stopsOf(again)]).toEqual([[102.5], [106.25], []]);
    expect(actionsOf(small)).toMatchObject([{ decision: 'TIGHTEN_STOP', new_stop: 102.5, priority: 'MEDIUM' }]);
  });

  it.each([
    [1.49, []],
    [1.5, ['TIGHTEN_STOP volatility_exit']],
    [2, ['TIGHTEN_STOP volatility_exit']],
    [3, ['TIGHTEN_STOP volatility_exit']],
    [3.01, ['EXIT_FULL volatility_exit 100']],
  ])('answer a spike of %d times (C44)', (ratio, expected) => {
    const scene = createTrend();

    const out = scene.send(
      RegimeVolatilitySpike,
      { symbol: 'XYZ', current_volatility: ratio, baseline_volatility: 1, spike_ratio: ratio, level: 1.5 },
      MINUTE,
      'XYZ',
    );

    expect(summaryOf(out)).toEqual(expected);
  });
});

describe('data and funding', () => {
  const gap = { symbol: 'XYZ', from: 0, to: 1, missing: 0, cause: 'STALE' } as const;

  it('leave when the feed reported a gap and no price came for 30 s', () => {
    const scene = createTrend();

    const reported = scene.send(MarketFeedGap, gap, 5 * SECOND, 'XYZ');
    const early = scene.send(SystemTimerFired, { name: 'exit_brain', due: 0 }, 29 * SECOND);
    const late = scene.send(SystemTimerFired, { name: 'exit_brain', due: 0 }, 30 * SECOND);

    expect([actionsOf(reported), actionsOf(early), summaryOf(late)]).toEqual([[], [], ['EXIT_FULL data_gap 100']]);
  });

  it('stay when a price ends the gap, when the market is closed, and on recorded data', () => {
    const priced = createTrend();
    priced.send(MarketFeedGap, gap, 5 * SECOND, 'XYZ');
    priced.tick(100, 20 * SECOND);
    const closed = createTrend();
    closed.send(MarketCalendarChanged, { market: 'M', state: 'CLOSED', reason: '', until: 0 }, 1);
    closed.send(MarketFeedGap, gap, 5 * SECOND, 'XYZ');
    const recorded = createTrend({ dataGap: { staleUs: null } });
    recorded.send(MarketFeedGap, gap, 5 * SECOND, 'XYZ');

    for (const scene of [priced, closed, recorded]) {
      expect(actionsOf(scene.send(SystemTimerFired, { name: 'exit_brain', due: 0 }, HOUR))).toEqual([]);
    }
  });

  it('leave when candles are lost for good', () => {
    const lost = { symbol: 'XYZ', gap_from: 0, gap_to: 1, backfilled: 1, lost: 0 };
    const scene = createTrend();

    expect(actionsOf(scene.send(MarketFeedRecovered, lost, MINUTE, 'XYZ'))).toEqual([]);
    expect(summaryOf(scene.send(MarketFeedRecovered, { ...lost, lost: 1 }, 2 * MINUTE, 'XYZ'))).toEqual(['EXIT_FULL data_gap 100']);
  });

  it('leave when the position pays extreme funding, not when it receives it', () => {
    const funding = { symbol: 'XYZ', rate: 0.002, p95: 0.001, p99: 0.002, next_at: 0 };
    const short = createTrend({}, { direction: 'SHORT', stop: 102, detail: 'TREND_DOWN' });

    expect(summaryOf(createTrend().send(MarketFundingUpdate, funding, MINUTE, 'XYZ'))).toEqual(['EXIT_FULL funding 100']);
    expect(actionsOf(short.send(MarketFundingUpdate, funding, MINUTE, 'XYZ'))).toEqual([]);
  });
});

describe('time, loss cut and the ladder', () => {
  it('announce the end at 80 % and leave after the limit, later for a winner', () => {
    const scene = createTrend();
    scene.regime('TRENDING', 'TREND_UP', 1);
    const winner = createTrend();
    winner.regime('TRENDING', 'TREND_UP', 1);

    expect(decisionsOf(scene.tick(100, 58 * HOUR))).toMatchObject([{ decision: 'HOLD', rule: 'TIME_NEAR' }]);
    expect(actionsOf(scene.tick(100, 72 * HOUR))).toEqual([]);
    expect(summaryOf(scene.tick(100, 72 * HOUR + 1))).toEqual(['EXIT_FULL time_exit 100']);
    expect(actionsOf(winner.tick(103, 72 * HOUR + 1))).toEqual([]);
    expect(summaryOf(winner.tick(103, 96 * HOUR + 1))).toEqual(['EXIT_FULL time_exit 100']);
  });

  it('take their limits from the options, in days for daily bars', () => {
    const days = { calmUs: 90 * 24 * HOUR, volatileUs: 60 * 24 * HOUR };
    const scene = createTrend({ time: { trending: days, unknown: days } });

    expect(actionsOf(scene.tick(100, 89 * 24 * HOUR))).toEqual([]);
    expect(summaryOf(scene.tick(100, 90 * 24 * HOUR + 1))).toEqual(['EXIT_FULL time_exit 100']);
  });

  it('cut an old loser once', () => {
    const scene = createTrend({}, { stop: 90 });

    expect(actionsOf(scene.tick(98, 12 * HOUR))).toEqual([]);
    const out = scene.tick(98, 12 * HOUR + 1);
    scene.mark('pos_1', 12 * HOUR + 2, { size: 5 });

    expect(actionsOf(out)).toMatchObject([{ decision: 'EXIT_PARTIAL', reason: 'loss_cut', exit_percent: 50, new_stop: 92 }]);
    expect(actionsOf(scene.tick(98, 13 * HOUR))).toEqual([]);
  });

  it.each([
    [7, [2, 2, 3]],
    [10, [4, 3, 3]],
  ])('sell %d lots up the ladder in whole lots (W18)', (lots, expected) => {
    const scene = createScene({ trailing: [] });
    scene.tick(100, 0);
    scene.open({ size: lots });
    let held = lots;
    const sold = [102, 103, 104].map((price, i) => {
      const [decision] = actionsOf(scene.tick(price, (i + 1) * SECOND));
      const cut = Math.floor((held * (decision?.exit_percent ?? 0)) / 100);
      held -= cut;
      if (held > 0) scene.mark('pos_1', (i + 1) * SECOND + 1, { size: held, price });
      return cut;
    });

    expect(sold).toEqual(expected);
  });

  it('take one step at a time and wait for the fill of a partial exit', () => {
    const scene = createScene({ trailing: [] });
    scene.tick(100, 0);
    scene.open();

    const first = scene.tick(103.2, SECOND);
    const waiting = scene.tick(103.3, 2 * SECOND);
    const filled = scene.mark('pos_1', 3 * SECOND, { size: 6, price: 103.3 });

    expect(summaryOf(first)).toEqual(['EXIT_PARTIAL take_profit 40']);
    expect(actionsOf(waiting)).toEqual([]);
    expect(summaryOf(filled)).toEqual(['EXIT_PARTIAL take_profit 50']);
  });

  it('still leave by time after a trailing stop is armed and a partial is booked (C28)', () => {
    const scene = createScene();
    scene.tick(100, 0);
    scene.open();
    scene.tick(102.1, SECOND);
    scene.mark('pos_1', 2 * SECOND, { size: 6, price: 102.1 });

    expect(summaryOf(scene.tick(102.1, 25 * HOUR))).toEqual(['EXIT_FULL time_exit 100']);
  });
});

describe('what is published', () => {
  it('says HOLD once, when it takes a position over, and nothing on 10 000 quiet ticks (C49)', () => {
    const scene = createScene();
    scene.tick(100, 0);
    const out = scene.open();
    for (let i = 1; i <= 10_000; i++) out.push(...scene.tick(100 + (i % 3) / 100, i * 1000));

    expect(decisionsOf(out)).toMatchObject([{ decision: 'HOLD', rule: 'OWNED' }]);
  });

  it('beats once per candle while the symbol has a position, and not twice within a second', () => {
    const scene = createScene();
    const flat = scene.candle([100, 100, 100, 100], MINUTE, 0);
    scene.open({ at: MINUTE });
    const open = scene.candle([100, 100, 100, 100], 2 * MINUTE, MINUTE);
    const soon = scene.send(SystemTimerFired, { name: 'exit_brain', due: 0 }, 2 * MINUTE + SECOND / 2);
    const off = createScene({ heartbeat: { when: 'off' } });
    off.tick(100, 0);
    off.open();

    expect(heartbeatsOf(flat)).toEqual([]);
    expect(heartbeatsOf(open)).toMatchObject([{ payload: { service_id: 'exit_brain:XYZ', status: 'OK', active_positions: 1 } }]);
    expect(heartbeatsOf(soon)).toEqual([]);
    expect(heartbeatsOf(off.candle([100, 100, 100, 100], MINUTE, 0))).toEqual([]);
  });

  it('calls itself DEGRADED when timers come and prices do not', () => {
    const scene = createScene();
    scene.tick(100, 0);
    scene.open();
    const timer = (at: number) => scene.send(SystemTimerFired, { name: 'exit_brain', due: at }, at);

    expect(heartbeatsOf(timer(10 * SECOND))).toMatchObject([{ payload: { status: 'OK' } }]);
    expect(heartbeatsOf(timer(11 * SECOND))).toMatchObject([{ payload: { status: 'DEGRADED', last_decision_ts: 0 } }]);
    expect(heartbeatsOf(timer(11.5 * SECOND))).toMatchObject([{ payload: { status: 'DEGRADED' } }]);
  });

  it('leaves the positions of another owner alone', () => {
    const scene = createScene();

    expect(scene.open({ symbol: 'ELSEWHERE' })).toEqual([]);
    expect(scene.kill(SECOND)).toEqual([]);
  });

  it('takes over a position whose opening it missed', () => {
    const scene = createScene();
    scene.open({ stop: 98 });

    const out = scene.tick(97, SECOND);

    expect(summaryOf(out)).toEqual(['EXIT_FULL stop 100']);
  });
});
