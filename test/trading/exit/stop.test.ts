import { describe, expect, it } from 'vitest';
import { actionsOf, createScene, decisionsOf, MINUTE, SECOND, stopsOf, summaryOf, triggersOf } from './_fixture.ts';

const fine = { instruments: [{ symbol: 'XYZ', tick: 0.001 }] };

describe('stops and trailing', () => {
  it('trail 2, 1.5 and 1 % below the best price and fire on the way back (W18)', () => {
    const scene = createScene({ ...fine, ladder: [] });
    scene.tick(100, 0);
    scene.open();

    const moved = [102, 103, 104.5].map((price, i) => stopsOf(scene.tick(price, (i + 1) * 2 * SECOND)));
    const out = scene.tick(103.4, 8 * SECOND);

    expect(moved).toEqual([[99.96], [101.455], [103.455]]);
    expect(triggersOf(out)).toEqual([
      { position_id: 'pos_1', symbol: 'XYZ', trigger_price: 103.4, stop_price: 103.455, resting_at_venue: true },
    ]);
    expect(summaryOf(out)).toEqual(['EXIT_FULL stop 100']);
  });

  it('mirror themselves for SHORT', () => {
    const scene = createScene({ ...fine, ladder: [] });
    scene.tick(100, 0);
    scene.open({ direction: 'SHORT', stop: 102 });

    expect(stopsOf(scene.tick(98, SECOND))).toEqual([99.96]);
    expect(scene.tick(99.9, 3 * SECOND)).toEqual([]);
    expect(triggersOf(scene.tick(99.96, 4 * SECOND))).toHaveLength(1);
  });

  it('fire on a dip that coalescing hid (C48)', () => {
    const scene = createScene();
    scene.tick(100, 0);
    scene.open();

    const out = scene.tick(100.1, SECOND / 10, { low: 97.9, high: 100.2 });

    expect(triggersOf(out)[0]).toMatchObject({ trigger_price: 97.9, stop_price: 98 });
    expect(summaryOf(out)).toEqual(['EXIT_FULL stop 100']);
  });

  it('win over a take-profit in the same event: one full exit (C43)', () => {
    const scene = createScene();
    scene.tick(100, 0);
    scene.open();

    const out = scene.candle([100, 105, 97, 105], MINUTE, 0);

    expect(summaryOf(out)).toEqual(['EXIT_FULL stop 100']);
    expect(triggersOf(out)).toHaveLength(1);
  });

  it('test the old stop with a bar before the bar raises it', () => {
    const bar = [100, 103, 100.5, 102.9] as const;
    const first = createScene({ ladder: [] });
    first.tick(100, 0);
    first.open();
    const second = createScene({ ladder: [], barConvention: 'ratchet_then_stop' });
    second.tick(100, 0);
    second.open();

    expect(stopsOf(first.candle(bar, MINUTE, 0))).toEqual([101.46]);
    expect(summaryOf(second.candle(bar, MINUTE, 0))).toEqual(['EXIT_FULL stop 100']);
  });

  it('count as hit when a bar closes beyond the stop that it raised', () => {
    const scene = createScene({ ladder: [] });
    scene.tick(100, 0);
    scene.open();

    const out = scene.candle([100, 104.5, 100, 103.4], MINUTE, 0);

    expect(triggersOf(out)[0]).toMatchObject({ trigger_price: 103.4, resting_at_venue: false });
    expect(summaryOf(out)).toEqual(['EXIT_FULL trailing 100']);
    expect(stopsOf(out)).toEqual([]);
  });

  it('ignore extremes of a bar that began before the position or before the stop', () => {
    const scene = createScene({ ladder: [] });
    scene.tick(100, MINUTE / 2);
    scene.open({ at: MINUTE / 2 });

    expect(actionsOf(scene.candle([97, 101, 90, 100], MINUTE, 0))).toEqual([]);
    expect(triggersOf(scene.candle([100, 101, 97, 100], 2 * MINUTE, MINUTE))).toHaveLength(1);
  });

  it('are told at most once a second, while the brain tests the tightest at once', () => {
    const scene = createScene({ ladder: [] });
    scene.tick(100, 0);
    scene.open();
    scene.tick(102, SECOND);

    const early = scene.tick(102.5, SECOND + 1000);
    const fired = scene.tick(100.45, SECOND + 2000);

    expect(stopsOf(early)).toEqual([]);
    expect(triggersOf(fired)[0]).toMatchObject({ stop_price: 100.45, resting_at_venue: false });
  });

  it('are owed to every position: without one it goes at once', () => {
    const scene = createScene();
    scene.tick(100, 0);

    const out = scene.open({ stop: null });

    expect(decisionsOf(out)).toMatchObject([{ decision: 'EXIT_FULL', rule: 'STOP_MISSING', priority: 'URGENT' }]);
  });

  it('on the wrong side of the entry fire when the position is taken over', () => {
    const scene = createScene();
    scene.tick(97, 0);

    const out = scene.open({ entry: 97, stop: 98 });

    expect(triggersOf(out)[0]).toMatchObject({ trigger_price: 97, stop_price: 98, resting_at_venue: false });
  });
});

describe('a stop that the venue fills itself', () => {
  it('is decided once, forgotten with the position, and never decided for a flat one', () => {
    const scene = createScene();
    scene.tick(100, 0);
    scene.open();

    const hit = scene.candle([100, 100, 97, 97.5], MINUTE, 0);
    const again = scene.redeliver();
    const waiting = scene.tick(97, MINUTE + SECOND);
    scene.close('pos_1', MINUTE + 2 * SECOND);
    const flat = [...scene.tick(90, MINUTE + 3 * SECOND), ...scene.kill(MINUTE + 4 * SECOND)];

    expect(triggersOf(hit)[0]).toMatchObject({ resting_at_venue: true });
    expect(actionsOf(hit)).toHaveLength(1);
    expect(again).toEqual([]);
    expect(actionsOf(waiting)).toEqual([]);
    expect(flat).toEqual([]);
  });

  it('is not brought back by a mark that arrives after the close', () => {
    const scene = createScene();
    scene.tick(100, 0);
    scene.open();
    scene.close('pos_1', SECOND);
    const brain = scene.brains[0];

    brain?.account.book.closedSeq.set('XYZ', 1_000);
    const late = scene.mark('pos_1', SECOND, { size: 10 });

    expect(late).toEqual([]);
    expect(brain?.account.book.entries.size).toBe(0);
  });
});
