import { describe, expect, it } from 'vitest';
import { createEventBus, defineEvent, Type } from '../../src/index.ts';
import { expectBalance } from '../support/books.ts';
import { SharedLog } from '../support/shared-log.ts';
import { scripted, step, steps } from '../support/steps.ts';

const Urgent = defineEvent('contract.urgent', {
  payload: Type.Object({ id: Type.Integer(), script: Type.Array(Type.String()), emit: Type.Integer() }),
  priority: 'CRITICAL',
});

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

  it('of a type that nobody has published yet are known to a thread, so that its first event can overtake', async () => {
    const log = new SharedLog();
    await using bus = createEventBus({ mode: 'threads', workers: 1 });
    bus.subscribe('contract.*', scripted(log), { group: 'all' });
    await bus.start();

    await bus.publish(step(1, { script: ['block'] }));
    await log.reached(1);
    await bus.publishBatch(steps(30).slice(1));
    await bus.publish(Urgent.create({ id: 99, script: [], emit: 0 }));
    log.open();
    await bus.drain();

    expect(log.ids().slice(0, 3)).toEqual([1, 99, 2]);
    expectBalance(bus);
  });
});
