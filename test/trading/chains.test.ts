import { expect, test } from 'vitest';
import type { EventInput } from '../../src/event/index.ts';
import { MarketTickPrice, PositionClosed } from '../../src/model/index.ts';
import { Chains } from '../../src/trading/chains.ts';
import { toEvent } from '../support/chain.ts';

const request = (correlationId: string) => ({ ...toEvent({ type: 'test.request', payload: { request_id: 'req_1' } }), correlationId });
const price = (correlationId: string) => ({ ...toEvent({ type: 'test.price', payload: { symbol: 'XYZ' } }), correlationId });

test('what follows from a price carries the correlation of the trade it belongs to', () => {
  const chains = new Chains();
  const out: EventInput[] = [];
  const ctx = { publish: (event: EventInput) => out.push(event) };

  chains.publish(request('chain-1'), [{ type: 'test.submitted', payload: { request_id: 'req_1', client_order_id: 'qt1' } }], ctx);
  chains.publish(price('chain-9'), [{ type: 'test.executed', payload: { order_id: 'v1', client_order_id: 'qt1' } }], ctx);
  chains.publish(price('chain-9'), [{ type: 'test.later', payload: { order_id: 'v1' } }], ctx);

  expect(out.map(({ correlationId }) => correlationId)).toEqual([undefined, 'chain-1', 'chain-1']);
});

test('what belongs to no trade stays in the chain of its cause', () => {
  const chains = new Chains();
  const out: EventInput[] = [];

  chains.publish(price('chain-9'), [{ type: 'test.mark', payload: { symbol: 'XYZ' } }], { publish: (event) => out.push(event) });

  expect(out[0]?.correlationId).toBeUndefined();
});

test('an event keeps the sign that its payload was checked', () => {
  const chains = new Chains();
  const out: EventInput[] = [];
  const ctx = { publish: (event: EventInput) => out.push(event) };
  const draft = PositionClosed.create({
    position_id: 'pos_1',
    symbol: 'XYZ',
    direction: 'LONG',
    entry_price: 1,
    exit_price: 2,
    size: 1,
    realized_pnl: 1,
    realized_pnl_percent: 100,
    hold_duration_seconds: 1,
    exit_reason: 'stop',
  });

  chains.publish({ ...toEvent({ type: 'test.opened', payload: { position_id: 'pos_1' } }), correlationId: 'chain-1' }, [], ctx);
  chains.publish({ ...toEvent(MarketTickPrice.create({ symbol: 'XYZ', price: 2 })), correlationId: 'chain-2' }, [draft], ctx);

  expect(out[0]).toMatchObject({ correlationId: 'chain-1', payload: draft.payload });
  expect(Object.getPrototypeOf(out[0])).toBe(Object.getPrototypeOf(draft));
});
