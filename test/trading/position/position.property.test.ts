import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInstrument, PositionClosed, toMicros } from '../../../src/model/index.ts';
import { toMicroUnits, unrealizedUnits } from '../../../src/trading/position/ledger.ts';
import { createDesk } from './_fixture.ts';

const instrument = createInstrument({ symbol: 'XYZ', tick: 0.01, step: 0.001 });

const aFill = fc.record({
  side: fc.constantFrom('BUY' as const, 'SELL' as const),
  steps: fc.integer({ min: 1, max: 5_000 }),
  ticks: fc.integer({ min: 5_000, max: 20_000 }),
  feeMicros: fc.integer({ min: -1_000, max: 100_000 }),
  repeat: fc.boolean(),
});
const someFills = fc.array(aFill, { minLength: 1, maxLength: 60 });
type AFill = { side: 'BUY' | 'SELL'; steps: number; ticks: number; feeMicros: number; repeat: boolean };

/** Plays fills on a fresh desk; every closed life is kept, because its books leave the state with it. */
function play(fills: readonly AFill[], withRepeats: boolean) {
  const desk = createDesk({ instruments: [instrument] });
  const published: unknown[] = [];
  const lives = new Set<object>();
  let signed = 0;
  let cashUnits = 0n;
  let feesMicros = 0;
  fills.forEach(({ feeMicros, repeat, side, steps, ticks }, index) => {
    const size = Number((steps * 0.001).toPrecision(15));
    const price = Number((ticks * 0.01).toPrecision(15));
    const fees = Number((feeMicros / 1e6).toPrecision(15));
    const before = desk.state.symbols.get('XYZ')?.life;
    if (before) lives.add(before);
    published.push(...desk.fill(side, size, price, { id: `f${index}`, fees }));
    if (withRepeats && repeat) published.push(...desk.fill(side, size, price, { id: `f${index}`, fees }));
    const after = desk.state.symbols.get('XYZ')?.life;
    if (after) lives.add(after);
    const sign = side === 'BUY' ? 1 : -1;
    signed += sign * steps;
    cashUnits -= BigInt(sign) * BigInt(ticks) * BigInt(steps);
    feesMicros += feeMicros;
  });
  return { desk, published, lives: [...lives] as { ledger: Ledger }[], signed, cashUnits, feesMicros };
}

type Ledger = Parameters<typeof unrealizedUnits>[0];

describe('position books', () => {
  it('hold the sum of signed fills', () => {
    fc.assert(
      fc.property(someFills, (fills) => {
        const { desk, signed } = play(fills, true);
        const ledger = desk.state.symbols.get('XYZ')?.life?.ledger;
        expect(ledger === undefined ? 0 : ledger.sign * ledger.steps + 0).toBe(signed + 0);
      }),
    );
  });

  it('balance exactly: realized and unrealized are cash flow and mark value, fees are fees', () => {
    fc.assert(
      fc.property(someFills, fc.integer({ min: 1, max: 30_000 }), (fills, markTicks) => {
        const { cashUnits, desk, feesMicros, lives, signed } = play(fills, false);
        const realized = lives.reduce((sum, { ledger }) => sum + ledger.realizedUnits, 0n);
        const open = desk.state.symbols.get('XYZ')?.life?.ledger;
        const unrealized = open === undefined ? 0n : unrealizedUnits(open, markTicks);
        expect(realized + unrealized).toBe(cashUnits + BigInt(markTicks) * BigInt(signed));
        expect(lives.reduce((sum, { ledger }) => sum + ledger.feesMicros, 0)).toBe(feesMicros);
      }),
    );
  });

  it('publish what they hold: P&L of closed positions is gross less fees to the micro-unit', () => {
    fc.assert(
      fc.property(someFills, (fills) => {
        const { lives, published } = play(fills, false);
        const closed = (published as { type: string; payload: { realized_pnl: number } }[]).filter(
          ({ type }) => type === PositionClosed.type,
        );
        const expected = lives
          .filter(({ ledger }) => ledger.steps === 0)
          .map(({ ledger }) => toMicroUnits(ledger.realizedUnits, instrument) - ledger.feesMicros);
        expect(closed.map(({ payload }) => toMicros(payload.realized_pnl))).toEqual(expected);
      }),
    );
  });

  it('are changed by no duplicate and are equal after a replay', () => {
    fc.assert(
      fc.property(someFills, (fills) => {
        const once = play(fills, false);
        const again = play(fills, false);
        const repeated = play(fills, true);
        expect(again.published).toEqual(once.published);
        // Position ids carry the seq of their fill, which duplicates shift.
        expect(withoutIds(repeated.published)).toEqual(withoutIds(once.published));
      }),
    );
  });

  it('leave no dust after many small parts of a whole (C10)', () => {
    const desk = createDesk({ instruments: [instrument] });
    let held = 0;
    for (let i = 1; i <= 2_000; i++) {
      const steps = ((i * 7919) % 997) + 1;
      held += steps;
      desk.fill('BUY', Number((steps * 0.001).toPrecision(15)), 100 + (i % 7));
    }
    while (held > 0) {
      const steps = Math.min(held, ((held * 31) % 463) + 1);
      held -= steps;
      desk.fill('SELL', Number((steps * 0.001).toPrecision(15)), 101, { intent: 'EXIT' });
    }

    expect(desk.state.symbols.get('XYZ')?.life).toBeNull();
  });
});

function withoutIds(events: readonly unknown[]): unknown[] {
  return (events as { type: string; payload: object }[]).map(({ payload, type }) => ({ type, payload: { ...payload, position_id: '' } }));
}
