import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyFill,
  createExecutionOrder,
  isTerminal,
  moveOrder,
  ORDER_MOVES,
  ORDER_STATES,
  stateAfterFill,
  stateAfterMove,
  type ExecutionOrder,
  type OrderTerms,
} from '../../../src/trading/execution/index.ts';

const terms: OrderTerms = {
  clientOrderId: 'qt1',
  requestId: 'req_1',
  symbol: 'SPX',
  intent: 'ENTRY',
  side: 'BUY',
  type: 'MARKET',
  sizeSteps: 10,
  limitPrice: null,
  triggerPrice: null,
  reduceOnly: false,
  timeInForce: 'GTC',
  decisionPrice: 100,
  decidedAtUs: 0,
  reason: 'entry',
  strategyId: 's',
  protectiveStop: 98,
};

function sent(): ExecutionOrder {
  const order = createExecutionOrder(terms);
  moveOrder(order, 'SUBMIT');
  return order;
}

const fill = (fillId: string, sizeSteps: number) => ({ fillId, price: 100, sizeSteps, liquidity: 'TAKER' as const });

describe('order machine', () => {
  it('leaves no terminal state by any move', () => {
    for (const state of ORDER_STATES.filter(isTerminal)) {
      for (const move of ORDER_MOVES) expect(stateAfterMove(state, move, 0), `${state} ${move}`).toBeNull();
    }
  });

  it('reaches every state from INITIALIZED', () => {
    const reached = new Set<string>(['INITIALIZED']);
    for (let grew = true; grew;) {
      grew = false;
      for (const state of ORDER_STATES.filter((name) => reached.has(name))) {
        const next = [
          ...ORDER_MOVES.map((move) => stateAfterMove(state, move, 0)),
          stateAfterFill(state, 1, 2),
          stateAfterFill(state, 2, 2),
        ];
        for (const name of next) if (name !== null && !reached.has(name)) grew = reached.add(name) !== undefined;
      }
    }

    expect([...reached].toSorted()).toEqual([...ORDER_STATES].toSorted());
  });

  it('returns to PARTIALLY_FILLED when the cancel of a partly filled order is refused', () => {
    const order = sent();
    moveOrder(order, 'ACCEPT');
    applyFill(order, fill('a', 3));
    moveOrder(order, 'REQUEST_CANCEL');

    moveOrder(order, 'REFUSE_CANCEL');

    expect(order.state).toBe('PARTIALLY_FILLED');
  });

  it('applies a fill after CANCELLED once, and stays CANCELLED until it is full', () => {
    const order = sent();
    moveOrder(order, 'CANCEL');

    const outcomes = [applyFill(order, fill('a', 4)), applyFill(order, fill('a', 4))];

    expect(outcomes).toEqual(['applied', 'duplicate']);
    expect([order.state, order.filledSteps]).toEqual(['CANCELLED', 4]);
    expect(applyFill(order, fill('b', 6))).toBe('applied');
    expect(order.state).toBe('FILLED');
  });

  it('refuses a fill of an order that was never sent', () => {
    expect(applyFill(createExecutionOrder(terms), fill('a', 1))).toBe('illegal');
  });
});

describe('orders under any history', () => {
  const action = fc.oneof(
    fc.record({ move: fc.constantFrom(...ORDER_MOVES) }),
    fc.record({ fillId: fc.constantFrom('a', 'b', 'c', 'd', 'e'), sizeSteps: fc.integer({ min: -1, max: 7 }) }),
  );

  it('count each fill id once, never pass their size, and change nothing on an illegal move', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const order = sent();
        const counted = new Map<string, number>();
        for (const given of actions) {
          const before = { state: order.state, filled: order.filledSteps };
          if ('move' in given) {
            if (!moveOrder(order, given.move)) expect(order.state).toBe(before.state);
            expect(order.filledSteps).toBe(before.filled);
            continue;
          }
          const outcome = applyFill(order, fill(given.fillId, given.sizeSteps));
          if (outcome === 'applied') counted.set(given.fillId, given.sizeSteps);
          else expect([order.state, order.filledSteps]).toEqual([before.state, before.filled]);
          if (counted.has(given.fillId) && outcome !== 'applied') expect(outcome).toBe('duplicate');
        }
        const sum = [...counted.values()].reduce((total, size) => total + size, 0);
        expect(order.filledSteps).toBe(sum);
        expect(order.filledSteps).toBeLessThanOrEqual(terms.sizeSteps);
        expect(order.state === 'FILLED').toBe(order.filledSteps === terms.sizeSteps);
      }),
    );
  });
});
