import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventInput } from '../../../src/event/index.ts';
import { actionsOf, createScene, decisionsOf, MINUTE, stopsOf } from './_fixture.ts';

const SYMBOLS = ['AAA', 'BBB', 'CCC'] as const;
const REGIMES = [
  ['TRENDING', 'TREND_UP'],
  ['TRENDING', 'TREND_DOWN'],
  ['RANGING', 'RANGE_LOW_VOL'],
  ['CHAOTIC', 'UNKNOWN'],
  ['CHAOTIC', 'HIGH_VOLATILITY'],
] as const;

const aSymbol = fc.constantFrom(...SYMBOLS);
const aMove = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('tick' as const), symbol: aSymbol, ticks: fc.integer({ min: -120, max: 120 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('candle' as const),
      symbol: aSymbol,
      ticks: fc.integer({ min: -150, max: 150 }),
      reach: fc.integer({ min: 0, max: 150 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('regime' as const), symbol: aSymbol, index: fc.nat(REGIMES.length - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('status' as const),
      drawdown: fc.integer({ min: 0, max: 14 }),
      daily: fc.integer({ min: -45, max: 10 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('open' as const),
      symbol: aSymbol,
      short: fc.boolean(),
      size: fc.integer({ min: 1, max: 50 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('fill' as const) }) },
);
const someMoves = fc.array(aMove, { minLength: 1, maxLength: 120 });
type Move = typeof aMove extends fc.Arbitrary<infer M> ? M : never;

interface Held {
  readonly id: string;
  readonly symbol: string;
  readonly sign: 1 | -1;
  readonly initial: number;
  stop: number;
  size: number;
  sold: number;
}

/** A market, a desk that fills exit decisions when told to, and checks on every decision as it is made. */
function play(moves: readonly Move[], instances: number) {
  const scene = createScene({ lossCut: { afterUs: 20 * MINUTE } }, instances);
  const held = new Map<string, Held>();
  const orders = new Map<string, number>();
  const prices = new Map<string, number>(SYMBOLS.map((symbol) => [symbol, 100]));
  const log: string[] = [];
  const done: Held[] = [];
  let now = 0;
  let opened = 0;

  const take = (out: readonly EventInput[]): void => {
    for (const stop of out.filter(({ type }) => type === 'exit.stop.updated')) {
      const { new_stop, symbol } = stop.payload as { new_stop: number; symbol: string };
      const position = held.get(symbol);
      expect(position, 'a stop moves only for an open position').toBeDefined();
      if (position === undefined) continue;
      expect((new_stop - position.stop) * position.sign, 'the stop never widens').toBeGreaterThan(0);
      position.stop = new_stop;
    }
    for (const decision of decisionsOf(out)) {
      const position = held.get(decision.symbol);
      expect(position?.id, 'a decision names an open position').toBe(decision.position_id);
      log.push(`${decision.decision_id} ${decision.decision} ${decision.rule} ${decision.exit_percent ?? ''}`);
      if (position === undefined) continue;
      if (decision.decision === 'EXIT_FULL') orders.set(decision.symbol, position.size);
      if (decision.decision === 'EXIT_PARTIAL') {
        expect(orders.has(decision.symbol), 'a partial exit waits for the last one').toBe(false);
        orders.set(decision.symbol, Math.floor((position.size * (decision.exit_percent ?? 0)) / 100));
      }
    }
  };
  const fillAll = (): void => {
    for (const [symbol, size] of [...orders].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const position = held.get(symbol);
      orders.delete(symbol);
      if (position === undefined) continue;
      const cut = Math.min(size, position.size);
      expect(cut, 'an exit takes something').toBeGreaterThan(0);
      position.size -= cut;
      position.sold += cut;
      if (position.size === 0) {
        held.delete(symbol);
        done.push(position);
        take(scene.close(position.id, now));
      } else take(scene.mark(position.id, now, { size: position.size, stop: position.stop, price: prices.get(symbol) ?? 100 }));
    }
  };
  const openOne = (symbol: string, short: boolean, size: number): void => {
    const price = prices.get(symbol) ?? 100;
    if (held.has(symbol)) return;
    const sign = short ? -1 : 1;
    const stop = Number((price - sign * 2).toFixed(2));
    opened += 1;
    const id = `pos_${opened}`;
    held.set(symbol, { id, symbol, sign, initial: size, stop, size, sold: 0 });
    const out = scene.open({ id, symbol, direction: short ? 'SHORT' : 'LONG', entry: price, stop, size, at: now });
    expect(decisionsOf(out), 'an owner answers for every position').toHaveLength(1);
    take(out);
  };

  for (const symbol of SYMBOLS) take(scene.tick(100, now, { symbol }));
  for (const move of moves) {
    now += MINUTE;
    if (move.kind === 'tick') {
      const price = Math.max(10, Number(((prices.get(move.symbol) ?? 100) + move.ticks / 100).toFixed(2)));
      prices.set(move.symbol, price);
      take(scene.tick(price, now, { symbol: move.symbol }));
    } else if (move.kind === 'candle') {
      const open = prices.get(move.symbol) ?? 100;
      const close = Math.max(10, Number((open + move.ticks / 100).toFixed(2)));
      const high = Number((Math.max(open, close) + move.reach / 100).toFixed(2));
      const low = Number((Math.min(open, close) - move.reach / 100).toFixed(2));
      prices.set(move.symbol, close);
      take(scene.candle([open, high, low, close], now, now - MINUTE, move.symbol));
    } else if (move.kind === 'regime') {
      const [regime, detail] = REGIMES[move.index] ?? REGIMES[0];
      take(scene.regime(regime, detail, now, { symbol: move.symbol, atrPct: 1 + move.index }));
    } else if (move.kind === 'status') {
      take(scene.status(now, { drawdown_from_hwm: move.drawdown / 100, daily_pnl_percent: move.daily / 10 }));
    } else if (move.kind === 'open') openOne(move.symbol, move.short, move.size);
    else fillAll();
  }
  return { done, fillAll, held, log, now, scene, take };
}

describe('exit brain', () => {
  it('never widens a stop, never decides for a flat position, and sells exactly what was bought', () => {
    fc.assert(
      fc.property(someMoves, (moves) => {
        const { done, held } = play(moves, 1);
        for (const position of done) expect(position.sold).toBe(position.initial);
        for (const position of held.values()) expect(position.sold + position.size).toBe(position.initial);
      }),
    );
  });

  it('has exactly one owner for every open position, whatever the number of instances', () => {
    fc.assert(
      fc.property(someMoves, (moves) => {
        const { held, scene } = play(moves, 3);
        const watched = scene.brains.flatMap((brain) =>
          [...brain.owned.values()].flatMap(({ watch }) => (watch === null ? [] : [watch.positionId])),
        );
        expect(watched.toSorted()).toEqual([...held.values()].map(({ id }) => id).toSorted());
      }),
    );
  });

  it('decides the same with one instance and with three', () => {
    fc.assert(
      fc.property(someMoves, (moves) => {
        expect(play(moves, 3).log.toSorted()).toEqual(play(moves, 1).log.toSorted());
      }),
    );
  });

  it('ends a kill with a full exit for each open position and nothing after it', () => {
    fc.assert(
      fc.property(someMoves, (moves) => {
        const { fillAll, held, now, scene, take } = play(moves, 1);
        const open = [...held.keys()].toSorted();
        const out = scene.kill(now + 1);
        take(out);
        expect(actionsOf(out).map(({ decision, reason, symbol }) => `${symbol} ${decision} ${reason}`)).toEqual(
          open.map((symbol) => `${symbol} EXIT_FULL kill_switch`),
        );
        fillAll();
        expect(held.size).toBe(0);
        for (const symbol of SYMBOLS) expect(stopsOf(scene.tick(50, now + MINUTE, { symbol }))).toEqual([]);
      }),
    );
  });

  it('answers a redelivered event with nothing', () => {
    fc.assert(
      fc.property(someMoves, (moves) => {
        const { scene } = play(moves, 1);
        expect(scene.redeliver()).toEqual([]);
      }),
    );
  });
});
