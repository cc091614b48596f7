import { describe, expect, it } from 'vitest';
import { createEventBus } from '../../src/index.ts';
import { expectBalance } from '../support/books.ts';

describe('routes', () => {
  it('reach more groups than one frame can name', async () => {
    await using bus = createEventBus({ mode: 'inline' });
    const received = new Map<number, number>();
    for (let i = 0; i < 100; i++) bus.subscribe('a.*', () => received.set(i, (received.get(i) ?? 0) + 1), { group: `g${i}` });
    await bus.start();

    for (let n = 0; n < 20; n++) await bus.publish({ type: n % 2 === 0 ? 'a.b' : 'a.c', payload: {} });
    await bus.drain();

    expect(received.size).toBe(100);
    expect(new Set(received.values())).toEqual(new Set([20]));
    expectBalance(bus);
  });

  it('reach each of more subscriptions of one group than a frame can name, one per event', async () => {
    await using bus = createEventBus({ mode: 'inline' });
    let received = 0;
    for (let i = 0; i < 31; i++) bus.subscribe('a', () => received++, { group: 'many' });
    bus.subscribe('a', () => received++, { group: 'one' });
    await bus.start();

    for (let n = 0; n < 100; n++) await bus.publish({ type: 'a', key: `k${n}`, payload: {} });
    await bus.drain();

    expect(received).toBe(200);
    expectBalance(bus);
  });

  it('tell apart dynamic types by the hundreds', async () => {
    await using bus = createEventBus({ mode: 'inline' });
    const types = Array.from({ length: 500 }, (_, i) => `dynamic.type-${i}`);
    const received: string[] = [];
    bus.subscribe('dynamic.*', (event) => received.push(event.type));
    await bus.start();

    await bus.publishBatch(types.map((type) => ({ type, payload: {} })));
    await bus.drain();

    expect(received).toEqual(types);
  });
});
