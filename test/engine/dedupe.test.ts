import { describe, expect, it } from 'vitest';
import { createEventBus, createMemoryIdempotencyStore, idempotent, ManualClock } from '../../src/index.ts';
import { expectBalance } from '../support/books.ts';

const named = (dedupeId: string) => ({ type: 'a', payload: {}, dedupeId });

describe('a dedupe window', () => {
  it('gives a second event of one name the receipt of the first, until it has passed', async () => {
    const clock = new ManualClock();
    await using bus = createEventBus({ mode: 'inline', clock, dedupe: { windowMs: 1000 } });
    let received = 0;
    bus.subscribe('a', () => received++);
    await bus.start();

    const first = await bus.publish(named('x'));
    const second = await bus.publish(named('x'));
    const third = bus.tryPublish(named('x'));
    const other = await bus.publish(named('y'));
    clock.advanceMs(1001);
    const late = await bus.publish(named('x'));
    await bus.drain();

    expect([first.seq, second.seq, third, other.seq, late.seq]).toEqual([1, 1, 1, 2, 3]);
    expect(second.isDuplicate).toBe(true);
    expect(received).toBe(3);
  });

  it('holds for publishers at the same time, and lets a refused event come again', async () => {
    await using bus = createEventBus({ mode: 'inline', dedupe: { windowMs: 1000 } });
    await bus.start();

    const receipts = await Promise.all([bus.publish(named('x')), bus.publish(named('x')), bus.publish(named('x'))]);
    await expect(bus.publish({ type: 'a', payload: [], dedupeId: 'bad' })).rejects.toMatchObject({ code: 'QT_EVENT_PAYLOAD_INVALID' });
    const again = await bus.publish(named('bad'));

    expect(receipts.map((receipt) => receipt.seq)).toEqual([1, 1, 1]);
    expect(again.seq).toBe(2);
  });
});

describe('idempotent', () => {
  it('does not run a handler again that has succeeded, and does run one that failed', async () => {
    await using bus = createEventBus({ mode: 'inline', retry: { maxRetries: 2, backoffMs: [1] } });
    const store = createMemoryIdempotencyStore(100);
    let effects = 0;
    const handler = idempotent(() => {
      effects++;
      if (effects === 1) throw new Error('the first time');
    }, store);
    let deliveries = 0;
    bus.subscribe(
      'a',
      async (event, ctx) => {
        deliveries++;
        await handler(event, ctx);
        if (deliveries === 2) throw new Error('after the effect');
      },
      { group: 'g' },
    );
    await bus.start();

    await bus.publish({ type: 'a', payload: {} });
    await bus.drain();

    expect([deliveries, effects]).toEqual([3, 2]);
    expectBalance(bus);
  });
});
