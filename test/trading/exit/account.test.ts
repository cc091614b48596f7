import { describe, expect, it } from 'vitest';
import {
  MarketCalendarChanged,
  OrchestratorPolicyUpdated,
  RiskKillSwitchReset,
  SystemDayRolled,
  SystemHumanOverrideChanged,
  SystemPanicClose,
} from '../../../src/model/index.ts';
import { createScene, actionsOf, decisionsOf, MINUTE, SECOND, stopsOf, summaryOf } from './_fixture.ts';

/** Two positions, AAA the weaker; fills are answered by marks of the size that is left. */
function createBook(options = {}, instances = 1) {
  const scene = createScene({ ladder: [], trailing: [], lossCut: null, ...options }, instances);
  for (const symbol of ['AAA', 'BBB']) {
    scene.tick(100, 0, { symbol });
    scene.open({ symbol, id: `pos_${symbol}`, size: 40, stop: 90 });
  }
  scene.mark('pos_AAA', 1, { size: 40, pct: -3 });
  scene.mark('pos_BBB', 2, { size: 40, pct: -1 });
  return scene;
}

describe('capital stress', () => {
  it('acts at exactly 92, 88 and 85 of 100, and the kill ends the rest (C13)', () => {
    const scene = createBook();
    const acted: Record<number, string[]> = {};
    for (let equity = 100; equity >= 79; equity--) {
      const at = (101 - equity) * MINUTE;
      const out = scene.status(at, { drawdown_from_hwm: 1 - equity / 100 });
      if (equity === 92) scene.close('pos_AAA', at + 1);
      if (equity === 88) scene.mark('pos_BBB', at + 1, { size: 20 });
      if (equity === 80) out.push(...scene.kill(at + 2));
      if (actionsOf(out).length > 0) acted[equity] = summaryOf(out);
    }

    expect(acted).toEqual({
      92: ['EXIT_FULL capital_stress 100'],
      88: ['EXIT_PARTIAL capital_stress 50'],
      85: ['EXIT_FULL circuit_breaker 100'],
      80: ['EXIT_FULL kill_switch 100'],
    });
  });

  it('halves and tightens half way at 12 % in one decision', () => {
    const scene = createBook();
    scene.status(MINUTE, { drawdown_from_hwm: 0.08 });
    scene.close('pos_AAA', MINUTE + 1);

    const out = scene.status(2 * MINUTE, { drawdown_from_hwm: 0.12 });

    expect(actionsOf(out)).toMatchObject([
      { position_id: 'pos_BBB', decision: 'EXIT_PARTIAL', exit_percent: 50, new_stop: 95, priority: 'URGENT' },
    ]);
    expect(stopsOf(out)).toEqual([95]);
  });

  it('re-arms the weakest rule two points lower, not on every return to 8 %', () => {
    const scene = createBook();
    const walk = [0.08, 0.079, 0.08, 0.06, 0.08].map((drawdown, i) => {
      const out = scene.status((i + 1) * MINUTE, { drawdown_from_hwm: drawdown });
      if (i === 0) scene.close('pos_AAA', MINUTE + 1);
      return actionsOf(out).map(({ position_id }) => position_id);
    });

    expect(walk).toEqual([['pos_AAA'], [], [], [], ['pos_BBB']]);
  });

  it('cuts 25 %, then 50 % of the rest, and a kill takes all (C15)', () => {
    const scene = createBook();

    const quarter = scene.status(MINUTE, { daily_pnl_percent: -3 });
    const same = scene.status(2 * MINUTE, { daily_pnl_percent: -3.5 });
    for (const id of ['pos_AAA', 'pos_BBB']) scene.mark(id, 2 * MINUTE + 1, { size: 30 });
    const half = scene.status(3 * MINUTE, { daily_pnl_percent: -4 });
    const killed = scene.kill(4 * MINUTE);

    expect(summaryOf(quarter)).toEqual(['EXIT_PARTIAL capital_stress 25', 'EXIT_PARTIAL capital_stress 25']);
    expect(actionsOf(quarter)[0]?.priority).toBe('MEDIUM');
    expect(same).toEqual([]);
    expect(summaryOf(half)).toEqual(['EXIT_PARTIAL capital_stress 50', 'EXIT_PARTIAL capital_stress 50']);
    expect(summaryOf(killed)).toEqual(['EXIT_FULL kill_switch 100', 'EXIT_FULL kill_switch 100']);
  });

  it('takes only the larger cut when the day falls through both limits at once, and starts anew the next day', () => {
    const scene = createBook();

    const both = scene.status(MINUTE, { daily_pnl_percent: -4.2 });
    for (const id of ['pos_AAA', 'pos_BBB']) scene.mark(id, MINUTE + 1, { size: 20 });
    const later = scene.status(2 * MINUTE, { daily_pnl_percent: -4.3 });
    scene.send(SystemDayRolled, { day: '2026-01-02', zone: 'UTC', starts_at: 0 }, 3 * MINUTE);
    const nextDay = scene.status(4 * MINUTE, { daily_pnl_percent: -3.1 });

    expect(summaryOf(both)).toEqual(['EXIT_PARTIAL capital_stress 50', 'EXIT_PARTIAL capital_stress 50']);
    expect(later).toEqual([]);
    expect(summaryOf(nextDay)).toEqual(['EXIT_PARTIAL capital_stress 25', 'EXIT_PARTIAL capital_stress 25']);
  });

  it('holds nothing against a position that was opened after the level was entered', () => {
    const scene = createBook();
    scene.status(MINUTE, { daily_pnl_percent: -3 });
    scene.tick(100, 2 * MINUTE, { symbol: 'CCC' });
    scene.open({ symbol: 'CCC', id: 'pos_CCC', at: 2 * MINUTE });

    const out = scene.status(3 * MINUTE, { daily_pnl_percent: -3.2 });

    expect(actionsOf(out).filter(({ symbol }) => symbol === 'CCC')).toEqual([]);
  });

  it('cuts on thin margin once and closes on less', () => {
    const scene = createBook();

    expect(summaryOf(scene.status(MINUTE, { margin_ratio: 1.5 }))[0]).toBe('EXIT_PARTIAL capital_stress 50');
    expect(summaryOf(scene.status(2 * MINUTE, { margin_ratio: 1.2 }))).toEqual([]);
    expect(summaryOf(scene.status(3 * MINUTE, { margin_ratio: 1.19 }))[0]).toBe('EXIT_FULL circuit_breaker 100');
  });

  it('cuts the smaller of two positions that are one bet, once, when the second is opened', () => {
    const scene = createScene({ ladder: [], capital: { correlations: [{ a: 'BBB', b: 'AAA', rho: 0.9 }] } });
    scene.tick(100, 0, { symbol: 'AAA' });
    scene.tick(100, 0, { symbol: 'BBB' });
    scene.open({ symbol: 'AAA', id: 'pos_AAA', size: 30 });

    const second = scene.open({ symbol: 'BBB', id: 'pos_BBB', size: 40 });
    const first = scene.tick(100, SECOND, { symbol: 'AAA' });
    scene.mark('pos_BBB', 2 * SECOND, { size: 20 });
    const later = [...scene.tick(100, 3 * SECOND, { symbol: 'AAA' }), ...scene.tick(100, 3 * SECOND, { symbol: 'BBB' })];

    expect(actionsOf(second)).toEqual([]);
    expect(actionsOf(first)).toMatchObject([{ symbol: 'AAA', exit_percent: 25, reason: 'capital_stress', priority: 'MEDIUM' }]);
    expect(actionsOf(later)).toEqual([]);
  });

  it('names one weakest position, whatever the number of instances', () => {
    const one = createBook({}, 1);
    const two = createBook({}, 2);

    const expected = decisionsOf(one.status(MINUTE, { drawdown_from_hwm: 0.12 }));
    const shared = decisionsOf(two.status(MINUTE, { drawdown_from_hwm: 0.12 }));

    expect(shared.toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1))).toEqual(expected);
    expect(expected.map(({ decision, symbol }) => `${symbol} ${decision}`)).toEqual(['AAA EXIT_FULL', 'BBB EXIT_PARTIAL']);
  });
});

describe('kill, panic and humans', () => {
  it('end every open position once, ordered by symbol, each under an id of its own', () => {
    const scene = createBook();

    const killed = decisionsOf(scene.kill(MINUTE));
    const later = [...scene.tick(50, 2 * MINUTE, { symbol: 'AAA' }), ...scene.status(3 * MINUTE, { drawdown_from_hwm: 0.5 })];

    expect(killed.map(({ symbol }) => symbol)).toEqual(['AAA', 'BBB']);
    expect(new Set(killed.map(({ decision_id }) => decision_id)).size).toBe(2);
    expect(actionsOf(later)).toEqual([]);
  });

  it('end a position that a late fill opens, until the reset', () => {
    const scene = createScene();
    scene.tick(100, 0);
    scene.kill(1);
    const late = scene.open({ at: 2 });
    scene.close('pos_1', 3);
    scene.send(
      RiskKillSwitchReset,
      { kill_switch_id: 'k', reset_by: 'op', review_id: 'r', scope: [], new_hwm_usd: 1, new_day_start_usd: 1, scaling_level: 1 },
      4,
    );
    const free = scene.open({ at: 5, id: 'pos_2' });

    expect(summaryOf(late)).toEqual(['EXIT_FULL kill_switch 100']);
    expect(actionsOf(free)).toEqual([]);
  });

  it('close harder: a kill and a panic decide again over a slower exit, a slower one never over them', () => {
    const scene = createScene({
      time: { trending: { calmUs: MINUTE, volatileUs: MINUTE }, unknown: { calmUs: MINUTE, volatileUs: MINUTE } },
    });
    scene.tick(100, 0);
    scene.open();

    const slow = scene.tick(100, 2 * MINUTE);
    const stop = scene.tick(97, 3 * MINUTE);
    const panic = scene.send(SystemPanicClose, { event_id: 'p', reason: 'MANUAL', severity: 'CRITICAL', issued_by: 'op' }, 4 * MINUTE);
    const killed = scene.kill(5 * MINUTE);

    expect([slow, stop, panic, killed].map((out) => summaryOf(out))).toEqual([
      ['EXIT_FULL time_exit 100'],
      ['EXIT_FULL stop 100'],
      ['EXIT_FULL panic 100'],
      [],
    ]);
  });

  it('close by force what a human names', () => {
    const scene = createBook();
    const force = (scope: string, at: number) =>
      scene.send(SystemHumanOverrideChanged, { action: 'FORCE_CLOSE', scope, operator: 'op', justification: '' }, at);

    expect(actionsOf(force('BBB', 1 * MINUTE)).map(({ reason, symbol }) => `${symbol} ${reason}`)).toEqual(['BBB human']);
    expect(actionsOf(force('ALL', 2 * MINUTE)).map(({ symbol }) => symbol)).toEqual(['AAA']);
  });

  it('square off before the close only when asked to', () => {
    const preClose = { market: 'NSE', state: 'PRE_CLOSE', reason: '', until: 0 } as const;

    expect(actionsOf(createBook().send(MarketCalendarChanged, preClose, MINUTE))).toEqual([]);
    expect(summaryOf(createBook({ squareOff: true }).send(MarketCalendarChanged, preClose, MINUTE))).toEqual([
      'EXIT_FULL square_off 100',
      'EXIT_FULL square_off 100',
    ]);
  });

  it('FAST_TP takes the whole profit at the first step', () => {
    const scene = createScene();
    scene.tick(100, 0);
    scene.open();
    const stance = {
      allow_new_trades: true,
      risk_profile: 'NORMAL',
      risk_multiplier: 1,
      min_confidence: 0.6,
      entry_mode: 'NORMAL',
      exit_mode: 'FAST_TP',
      allowed_symbols: [],
      disallowed_symbols: [],
      note: '',
    } as const;
    scene.send(OrchestratorPolicyUpdated, { ...stance, allowed_symbols: [], disallowed_symbols: [] }, SECOND);

    expect(summaryOf(scene.tick(102, 2 * SECOND))).toEqual(['EXIT_FULL take_profit 100']);
  });
});
