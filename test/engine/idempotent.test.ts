import { afterEach, expect, it } from 'vitest';
import { createEventBus, createMemoryIdempotencyStore, defineEvent, idempotent, Type, type EventBus } from '../../src/index.ts';

const Paid = defineEvent('idempotent.paid', { payload: Type.Object({ n: Type.Integer() }), key: () => 'k' });

let bus: EventBus;

afterEach(async () => {
  await bus.stop();
});

it.each([
  ['synchronous', () => undefined],
  ['asynchronous', () => Promise.resolve()],
])('a redriven event does nothing the second time in a %s handler', async (_name, result) => {
  bus = createEventBus({ mode: 'inline', retry: { maxRetries: 1, backoffMs: [1] } });
  const store = createMemoryIdempotencyStore();
  let effects = 0;
  let failures = 0;
  const once = idempotent(() => {
    effects++;
    return result();
  }, store);
  bus.subscribe(
    Paid,
    async (event, ctx) => {
      await once(event as never, ctx as never);
      // Fails after the effect, as a crash would.
      if (failures++ === 0) throw new Error('late');
    },
    { group: 'pay' },
  );
  await bus.start();

  await bus.publish(Paid.create({ n: 1 }));
  await bus.drain();

  expect(failures).toBe(2);
  expect(effects).toBe(1);
});

it('an asynchronous store is asked and told', async () => {
  bus = createEventBus({ mode: 'inline' });
  const known = new Set<string>();
  const store = {
    has: (id: string) => Promise.resolve(known.has(id)),
    add: (id: string) => Promise.resolve(void known.add(id)),
  };
  let effects = 0;
  bus.subscribe(Paid, idempotent(() => effects++, store) as never, { group: 'pay' });
  await bus.start();

  await bus.publish(Paid.create({ n: 1 }));
  await bus.drain();

  expect(effects).toBe(1);
  expect([...known]).toEqual([expect.stringMatching(/-1\/pay$/)]);
});

it('a handler sees what went wrong before, and a dead letter keeps it through a redrive', async () => {
  bus = createEventBus({ mode: 'inline', retry: { maxRetries: 1, backoffMs: [1] } });
  const seen: [number, number, string | undefined][] = [];
  bus.subscribe(
    Paid,
    (_event, ctx) => {
      seen.push([ctx.attempt, ctx.failures.length, ctx.previousError?.message]);
      throw new Error(`attempt ${ctx.attempt}`);
    },
    { group: 'pay' },
  );
  await bus.start();
  await bus.publish(Paid.create({ n: 1 }));
  await bus.drain();

  expect(await bus.deadLetters.redrive({ group: 'pay' }, { ratePerSecond: 1000 })).toBe(1);
  await bus.drain();

  expect(seen).toEqual([
    [1, 0, undefined],
    [2, 1, 'attempt 1'],
    [1, 2, 'attempt 2'],
    [2, 3, 'attempt 1'],
  ]);
  const [letter] = bus.deadLetters.list();
  expect(letter?.failures.map(({ message }) => message)).toEqual(['attempt 1', 'attempt 2', 'attempt 1', 'attempt 2']);
  expect(bus.deadLetters.list({ beforeUs: letter!.deadAtUs })).toEqual([]);
  expect(bus.deadLetters.list({ sinceUs: letter!.deadAtUs })).toHaveLength(1);
});

it('a publisher that waits for room can give up', async () => {
  bus = createEventBus({ mode: 'inline', ringBytes: 65_536 });
  const gate = Promise.withResolvers<void>();
  bus.subscribe('idempotent.**', () => gate.promise, { concurrency: 1 });
  await bus.start();
  const controller = new AbortController();
  const pad = 'x'.repeat(7000);
  const fill = Array.from({ length: 12 }, () => bus.tryPublish({ type: 'idempotent.pad', payload: { pad } }));
  const waiting = bus.publish({ type: 'idempotent.pad', payload: { pad } }, { signal: controller.signal });

  controller.abort(new Error('no time'));

  expect(fill).toContain(-1);
  await expect(waiting).rejects.toThrow('no time');
  expect(bus.getStats().publishersWaiting).toBe(0);
  gate.resolve();
  await bus.drain();
});
