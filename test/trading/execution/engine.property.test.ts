import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PaperVenueSettings } from '../../../src/trading/execution/index.ts';
import { DAY, Harness, PLAIN, type Bar, type Out } from './harness.ts';

type Action =
  | { readonly kind: 'bar' | 'candle'; readonly bar: Bar }
  | { readonly kind: 'request'; readonly long: boolean; readonly size: number; readonly away: number | null; readonly risk: number }
  | { readonly kind: 'full'; readonly reason: 'time_exit' | 'take_profit' | 'stop' | 'kill_switch' }
  | { readonly kind: 'partial'; readonly percent: number }
  | { readonly kind: 'stop'; readonly share: number }
  | { readonly kind: 'stopHit' | 'again' | 'kill' | 'panic' };

const cents = (min: number, max: number) => fc.integer({ min: min * 100, max: max * 100 }).map((value) => value / 100);
const bar: fc.Arbitrary<Bar> = fc
  .tuple(cents(97, 103), cents(0, 3), cents(0, 3), fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 30, 200, 10_000))
  .map(([open, up, down, at, volume]) => {
    const round = (value: number): number => Math.round(value * 100) / 100;
    const high = round(open + up);
    const low = round(open - down);
    return { open, high, low, close: Math.min(Math.max(round(low + at * (high - low)), low), high), volume };
  });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: bar.map((value) => ({ kind: 'bar' as const, bar: value })) },
  { weight: 1, arbitrary: bar.map((value) => ({ kind: 'candle' as const, bar: value })) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      long: fc.boolean(),
      size: fc.integer({ min: 1, max: 40 }),
      away: fc.option(fc.integer({ min: -3, max: 3 })),
      risk: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('full' as const),
      reason: fc.constantFrom('time_exit' as const, 'take_profit' as const, 'stop' as const, 'kill_switch' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('partial' as const), percent: fc.integer({ min: 1, max: 100 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stop' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'stopHit' as const }, { kind: 'again' as const }, { kind: 'panic' as const }) },
);
/** Long ones: a position must be opened before it can be closed in an interesting way. */
const histories = (maxLength: number) => fc.array(action, { minLength: Math.floor(maxLength / 2), maxLength, size: 'max' });
const paper: fc.Arbitrary<PaperVenueSettings> = fc.record({
  inBar: fc.constantFrom('worst' as const, 'ohlc' as const, 'olhc' as const, 'adaptive' as const),
  spreadBps: fc.constantFrom(0, 5),
  slippage: fc.constantFrom(
    { model: 'none' as const },
    { model: 'fixed' as const },
    { model: 'atr' as const },
    { model: 'volume_share' as const },
  ),
  touchRatio: fc.constantFrom(0, 0.5, 1),
});

function apply(h: Harness, given: Action): Out[] {
  const last = h.state.desks.get('SPX')?.lastPrice ?? 100;
  switch (given.kind) {
    case 'bar':
      return h.bar(given.bar);
    case 'candle':
      return h.candle(given.bar, h.now, h.now + DAY);
    case 'request': {
      const limit = given.away === null ? {} : ({ type: 'LIMIT', limit_price: last + given.away } as const);
      return h.request({
        direction: given.long ? 'LONG' : 'SHORT',
        size: given.size,
        entry_price: last,
        stop_loss: last + (given.long ? -given.risk : given.risk),
        ...limit,
      });
    }
    case 'full':
      return h.decide({ reason: given.reason });
    case 'partial':
      return h.decide({ decision: 'EXIT_PARTIAL', exit_percent: given.percent, reason: 'partial' });
    case 'stop': {
      const stop = h.state.desks.get('SPX')?.holding?.stopPrice ?? last;
      return h.moveStop(stop + given.share * (last - stop));
    }
    case 'stopHit':
      return h.stopHit(last, last);
    case 'again':
      return h.events.slice(-3).flatMap((event) => h.deliver(event));
    case 'kill':
      return h.kill();
    case 'panic':
      return h.panic(`panic_${h.seq}`);
  }
}

/** What must hold between any two events. */
function check(h: Harness): void {
  const desk = h.state.desks.get('SPX');
  if (desk === undefined) return;
  const { outlet } = h.state;
  const held = desk.holding?.steps ?? 0;
  expect(held, 'position is the sum of signed fills').toBe(h.position());
  if (outlet.kind === 'simulated') expect(outlet.venue.positionSteps('SPX'), 'venue agrees').toBe(held);
  const live = h.live();
  const of = (...intents: string[]) => live.filter(({ intent }) => intents.includes(intent));
  expect(of('EXIT', 'EMERGENCY').length, 'one closing order').toBeLessThanOrEqual(1);
  expect(of('STOP').length, 'one stop').toBeLessThanOrEqual(1);
  for (const order of live) expect(order.reduceOnly, order.intent).toBe(order.intent !== 'ENTRY');
  if (held === 0) expect(of('EXIT', 'EMERGENCY', 'STOP'), 'nothing left to reduce').toEqual([]);
  else expect(of('STOP').length + of('EXIT', 'EMERGENCY').length, 'a position has a stop or is being closed').toBeGreaterThan(0);
}

function checkLog(h: Harness, seen: Set<string>): void {
  const entries = h.all('trades.order.submitted').filter(({ intent }) => intent === 'ENTRY');
  expect(new Set(entries.map((order) => order['request_id'])).size, 'one entry for a request').toBe(entries.length);
  const ids = h.all('trades.order.submitted').map((order) => order['client_order_id']);
  expect(new Set(ids).size, 'client order ids are new').toBe(ids.length);
  const executed = h.all('trade.executed').map((order) => order['order_id']);
  expect(new Set(executed).size, 'one trade.executed for an order').toBe(executed.length);
  expect(h.state.counters).toMatchObject({ illegalMoves: 0, duplicateFills: 0, refusedFills: 0, unknownReports: 0 });
  let position = 0;
  let cash = 0;
  let fees = 0;
  for (const { type, payload } of h.log) {
    const size = payload['fill_size'] as number;
    if (type === 'trades.order.submitted' && payload['reduce_only'] === true) {
      expect(payload['size'], 'no exit is larger than what is held').toBeLessThanOrEqual(Math.abs(position));
    }
    if (type !== 'trades.order.filled' && type !== 'trades.order.partially_filled') continue;
    const signed = payload['side'] === 'BUY' ? size : -size;
    if (payload['intent'] !== 'ENTRY') expect(Math.abs(position + signed), 'an exit only reduces').toBe(Math.abs(position) - size);
    position += signed;
    cash -= signed * (payload['fill_price'] as number);
    fees += payload['fees'] as number;
    seen.add(`${type} ${payload['intent'] as string} ${payload['liquidity'] as string}`);
  }
  const pnl = h.all('trade.executed').reduce((sum, order) => sum + ((order['pnl'] as number | null) ?? 0), 0);
  if (position === 0) expect(pnl, 'P&L is the cash that came in').toBeCloseTo(cash - fees, 6);
}

describe('execution engine under any history', () => {
  it('keeps position, orders and money in step', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(paper, histories(60), (settings, actions) => {
        const h = new Harness({ ...PLAIN, charges: 'us_equity', paper: settings });
        h.bar({ open: 100, high: 100, low: 100, close: 100 });
        for (const given of actions) {
          apply(h, given);
          check(h);
        }
        checkLog(h, seen);
      }),
      { numRuns: 150 },
    );
    // The histories reach what they are about.
    for (const intent of ['ENTRY TAKER', 'ENTRY MAKER', 'EXIT TAKER', 'STOP TAKER', 'EMERGENCY TAKER']) {
      expect([...seen], intent).toContain(`trades.order.filled ${intent}`);
      if (!intent.endsWith('MAKER')) expect([...seen], intent).toContain(`trades.order.partially_filled ${intent}`);
    }
  });

  it('after a kill has no increasing order, sends none, and ends flat', () => {
    fc.assert(
      fc.property(paper, histories(30), histories(15), (settings, before, after) => {
        const h = new Harness({ ...PLAIN, paper: settings });
        h.bar({ open: 100, high: 100, low: 100, close: 100 });
        for (const given of before) apply(h, given);
        h.kill();
        const from = h.log.length;
        expect(h.live().filter(({ reduceOnly }) => !reduceOnly)).toEqual([]);
        for (const given of after) {
          apply(h, given);
          check(h);
          expect(h.live().filter(({ reduceOnly }) => !reduceOnly)).toEqual([]);
        }
        for (let i = 0; i < 3; i++) h.bar({ open: 100, high: 101, low: 99, close: 100, volume: 100_000 });

        expect(h.log.slice(from).filter(({ payload }) => payload['intent'] === 'ENTRY')).toEqual([]);
        expect(h.position()).toBe(0);
        expect(h.live()).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('fills on a bar only inside that bar, and never at a price from before the decision', () => {
    fc.assert(
      fc.property(paper, histories(40), (settings, actions) => {
        const h = new Harness({ ...PLAIN, paper: { ...settings, spreadBps: 0, slippage: { model: 'none' } } });
        h.bar({ open: 100, high: 100, low: 100, close: 100 });
        for (const given of actions) {
          const out = apply(h, given);
          const fills = out.filter(({ type }) => type.endsWith('filled'));
          if (given.kind !== 'bar' && given.kind !== 'candle') {
            expect(fills, 'only the market fills').toEqual([]);
            continue;
          }
          for (const { payload } of fills) {
            expect(payload['fill_price']).toBeGreaterThanOrEqual(given.bar.low);
            expect(payload['fill_price']).toBeLessThanOrEqual(given.bar.high);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('gives the same for one symbol whatever other symbols do beside it', () => {
    fc.assert(
      fc.property(histories(25), (actions) => {
        const run = (others: boolean): Out[] => {
          const h = new Harness();
          h.bar({ open: 100, high: 100, low: 100, close: 100 });
          for (const given of actions) {
            apply(h, given);
            if (!others) continue;
            // Streams are told apart by key, so another symbol may use the same numbers.
            const { seq } = h;
            h.request({ symbol: 'AAA', request_id: `other_${seq}` });
            h.tick(50, { symbol: 'AAA' });
            h.seq = seq;
          }
          h.kill();
          return h.log.filter(({ payload }) => payload['symbol'] === 'SPX');
        };

        expect(run(true)).toEqual(run(false));
      }),
      { numRuns: 50 },
    );
  });
});
