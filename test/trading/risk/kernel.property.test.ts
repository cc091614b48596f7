import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RiskEvaluationComplete, SignalsAdvisoryNew, type RiskEvaluationCompletePayload } from '../../../src/model/index.ts';
import { bucketOf } from '../../../src/trading/risk/correlation.ts';
import { equityMicros } from '../../../src/trading/risk/equity.ts';
import { usedBySymbol } from '../../../src/trading/risk/size.ts';
import { Account, payloads, SECOND_US } from './account.ts';

const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD'] as const;

type Move =
  | { kind: 'signal'; symbol: (typeof SYMBOLS)[number]; entry: number; distance: number; short: boolean }
  | { kind: 'fill'; part: number }
  | { kind: 'cancel' }
  | { kind: 'wait'; seconds: number }
  | { kind: 'result'; pnl: number };

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('signal' as const),
      symbol: fc.constantFrom(...SYMBOLS),
      entry: fc.integer({ min: 500, max: 100_000 }).map((cents) => cents / 100),
      distance: fc.integer({ min: 1, max: 300 }).map((bp) => bp / 10_000),
      short: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('fill' as const), part: fc.integer({ min: 1, max: 10 }) }),
    fc.record({ kind: fc.constant('cancel' as const) }),
    fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 400 }) }),
    fc.record({ kind: fc.constant('result' as const), pnl: fc.integer({ min: -150, max: 150 }) }),
  ),
  { maxLength: 40 },
);

/** Plays the moves and calls `check` after every evaluation that allows an entry. */
function play(script: Move[], check: (account: Account, evaluation: RiskEvaluationCompletePayload, equityBefore: number) => void): Account {
  const account = new Account({ limits: { positionsMax: 10 } });
  const open: { request_id: string; symbol: string; price: number; side: 'BUY' | 'SELL'; left: number }[] = [];
  for (const move of script) {
    if (move.kind === 'wait') account.now += move.seconds * SECOND_US;
    else if (move.kind === 'result') account.close(move.pnl, { symbol: 'ZZZ' });
    else if (move.kind === 'signal') {
      const { symbol, entry, distance, short } = move;
      const stop_loss = entry * (short ? 1 + distance : 1 - distance);
      const equity = equityMicros(account.state.equity, account.state.holdings);
      const evaluation = account.signal({ symbol, entry_price: entry, stop_loss, recommended_action: short ? 'SHORT' : 'LONG' });
      if (evaluation.decision === 'VETOED') continue;
      check(account, evaluation, equity);
      const left = evaluation.position_allowed?.max_size as number;
      open.push({ request_id: account.order(evaluation), symbol, price: entry, side: short ? 'SELL' : 'BUY', left });
    } else if (move.kind === 'fill' && open[0] !== undefined) {
      const order = open[0];
      const steps = Math.round(order.left * 10);
      const filled = Math.min(steps, move.part);
      order.left = (steps - filled) / 10;
      const { request_id, symbol, price: fill_price, side } = order;
      account.bookFill({ request_id, symbol, fill_price, side, fill_size: filled / 10, remaining_size: order.left });
      if (order.left === 0) open.shift();
    }
  }
  return account;
}

test('held plus reserved exposure stays within every cap, and the risk within 2 % of equity', () => {
  fc.assert(
    fc.property(moves, (script) => {
      play(script, (account, evaluation, equity) => {
        const used = usedBySymbol(account.state);
        const total = [...used.values()].reduce((sum, value) => sum + value, 0);
        const symbol = evaluation.position_allowed?.symbol as string;
        const bucket = [...bucketOf(account.state.closes, symbol, [...used.keys()], 0.7)].reduce(
          (sum, name) => sum + (used.get(name) ?? 0),
          0,
        );
        expect(used.get(symbol)).toBeLessThanOrEqual(equity * 0.1 + 1);
        expect(bucket).toBeLessThanOrEqual(equity * 0.15 + 1);
        expect(total).toBeLessThanOrEqual(equity * 0.2 + 1);
        expect((evaluation.position_allowed?.max_risk_usd as number) * 1e6).toBeLessThanOrEqual(equity * 0.02 + 1);
      });
    }),
    { numRuns: 150 },
  );
});

test('the high-water mark never falls without a re-base, and every state replays to the same bytes', () => {
  fc.assert(
    fc.property(moves, (script) => {
      let high = 0;
      const first = play(script, (account) => {
        expect(account.state.equity.hwm).toBeGreaterThanOrEqual(high);
        high = account.state.equity.hwm;
      });
      const second = play(script, () => {});

      expect(JSON.stringify(second.log)).toBe(JSON.stringify(first.log));
    }),
    { numRuns: 50 },
  );
});

const FIELDS = Object.keys(new Account().signalPayload()).filter((field) => !['regime_confidence', 'latency_ms'].includes(field));
const poison = fc.constantFrom<unknown>(undefined, null, Number.NaN, Infinity, -Infinity, -1, {}, [], 1n);

test('a signal with an absent or senseless field is never approved, and never throws', () => {
  fc.assert(
    fc.property(fc.constantFrom(...FIELDS), poison, (field, value) => {
      const account = new Account();
      account.candle('AAA');
      const payload = { ...account.signalPayload(), [field]: value };
      const [evaluation] = payloads(
        account.deliver({ ...account.event(SignalsAdvisoryNew, account.signalPayload()), payload }),
        RiskEvaluationComplete,
      );

      expect(evaluation?.decision).toBe('VETOED');
      expect(payloads(account.log, RiskEvaluationComplete)).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});

test('an optional figure may be absent but not senseless', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('regime_confidence', 'latency_ms', 'target'),
      fc.constantFrom(Number.NaN, Infinity, -1, 'x'),
      (field, value) => {
        const account = new Account();

        expect(account.signal({ [field]: value } as never).decision).toBe('VETOED');
      },
    ),
  );
});

test('worse equity never allows more', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -900, max: 900 }),
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 1, max: 300 }),
      (pnl, loss, bp) => {
        const size = (result: number): number => {
          const account = new Account({ instruments: { AAA: { step: 0.001 } } });
          account.close(result, { symbol: 'ZZZ' });
          return account.signal({ stop_loss: 100 - bp / 100 }).position_allowed?.max_size ?? 0;
        };

        expect(size(pnl - loss)).toBeLessThanOrEqual(size(pnl));
      },
    ),
    { numRuns: 200 },
  );
});

test('the same snapshot gives the same answer, and evaluating changes nothing else', () => {
  const account = new Account();
  account.candle('AAA');
  const { holdings, equity } = account.state;
  const before = JSON.stringify([[...holdings], equity]);

  account.signal();

  expect(JSON.stringify([[...holdings], equity])).toBe(before);
});
