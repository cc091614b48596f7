import { afterEach, expect, it } from 'vitest';
import { createEventBus, defineEvent, hasCode, moduleHandler, Type, type BusOptions, type EventBus } from '../../src/index.ts';
import { expectBalance } from '../support/books.ts';

const Counted = defineEvent('total.counted', {
  payload: Type.Object({ n: Type.Integer(), dies: Type.Integer(), how: Type.String() }),
  key: (payload) => `k${payload.n % 5}`,
  priority: 'HIGH',
});

const totals = moduleHandler(new URL('../support/handlers/running-total.ts', import.meta.url), 'onEvent');
const NOBODY = -1;

let bus: EventBus;

afterEach(async () => {
  await bus.stop();
});

async function started(options: BusOptions = {}): Promise<{ n: number; count: number }[]> {
  bus = createEventBus({ workers: 2, ...options });
  bus.subscribe(Counted, totals, { group: 'owner', failover: true, processingTimeoutMs: 300 });
  const said: { n: number; count: number }[] = [];
  bus.subscribe('total.said', (event) => said.push(event.payload as { n: number; count: number }));
  await bus.start();
  return said;
}

async function publish(from: number, to: number, fault: { at: number; dies: number; how: string }): Promise<void> {
  for (let n = from; n <= to; n++) {
    const { dies, how } = n === fault.at ? fault : { dies: NOBODY, how: '' };
    await bus.publish(Counted.create({ n, dies, how }));
  }
}

const inOrder = (count: number): { n: number; count: number }[] => Array.from({ length: count }, (_, i) => ({ n: i + 1, count: i + 1 }));

it.each(['exit', 'hang'])(
  'a standby takes over from an active member by %s, with its state, and nothing is lost or said twice',
  async (how) => {
    const said = await started();

    await publish(1, 1000, { at: 500, dies: 0, how });
    await bus.drain();

    expect(said.toSorted((a, b) => a.n - b.n)).toEqual(inOrder(1000));
    expect(bus.getStats()).toMatchObject({ failovers: 1, crashes: 1, deadLettered: 0 });
    expectBalance(bus);
  },
);

it('the death of a standby changes nothing', async () => {
  const said = await started();

  await publish(1, 1000, { at: 500, dies: 1, how: 'exit' });
  await bus.drain();

  expect(said.toSorted((a, b) => a.n - b.n)).toEqual(inOrder(1000));
  expect(bus.getStats()).toMatchObject({ failovers: 0, crashes: 1, deadLettered: 0 });
  expectBalance(bus);
});

it('an event that kills both members is buried as poison, and the group goes on', async () => {
  bus = createEventBus({ workers: 2, retry: { maxRetries: 1, backoffMs: [1] } });
  const exit = moduleHandler(new URL('../support/handlers/running-total.ts', import.meta.url), 'exit');
  bus.subscribe(Counted, exit, { group: 'owner', failover: true, filter: { field: 'how', op: '==', value: 'exit' } });
  await bus.start();

  await publish(1, 50, { at: 25, dies: NOBODY, how: 'exit' });
  await bus.drain();

  expect(bus.deadLetters.list().map(({ event, reason }) => [event?.payload['n'], reason])).toEqual([[25, 'POISON']]);
  expectBalance(bus);
});

it('a standby needs a module handler, two workers, and neither broadcast nor concurrency', () => {
  bus = createEventBus({ workers: 2 });
  const refused = (run: () => unknown): void =>
    expect(run).toThrow(expect.toSatisfy((error) => hasCode(error, 'QT_BUS_SUBSCRIPTION_INVALID')));

  refused(() => bus.subscribe(Counted, () => {}, { failover: true }));
  refused(() => bus.subscribe(Counted, totals, { failover: true, broadcast: true }));
  refused(() => bus.subscribe(Counted, totals, { failover: true, concurrency: 1 }));
  refused(() => createEventBus({ workers: 1 }).subscribe(Counted, totals, { failover: true }));
});

it('a group whose handlers only kill threads is taken out of service; the others go on', async () => {
  bus = createEventBus({ workers: 1, retry: { maxRetries: 1, backoffMs: [1] }, breakerCoolDownMs: 60_000 });
  bus.subscribe(Counted, moduleHandler(new URL('../support/handlers/running-total.ts', import.meta.url), 'exit'), { group: 'killers' });
  bus.subscribe(Counted, totals, { group: 'sound' });
  await bus.start();

  await publish(1, 60, { at: 0, dies: NOBODY, how: '' });
  await bus.drain();

  const { killers, sound } = bus.getStats().perGroup;
  expect(killers).toMatchObject({ acknowledged: 0, deadLettered: 60, degraded: 1 });
  expect(sound).toMatchObject({ acknowledged: 60, deadLettered: 0, degraded: 0 });
  expect(new Set(bus.deadLetters.list().map(({ reason }) => reason))).toContain('DEGRADED');
  expect(bus.getStats().crashes).toBeLessThan(10);
  expectBalance(bus);
});

it('a degraded group comes back for a trial after its cool-down', async () => {
  bus = createEventBus({ workers: 1, retry: { maxRetries: 0, backoffMs: [] }, breakerCoolDownMs: 1 });
  const options = { group: 'g', priority: 'HIGH' } as const;
  bus.subscribe(Counted, moduleHandler(new URL('../support/handlers/running-total.ts', import.meta.url), 'onEvent'), options);
  await bus.start();

  for (let n = 1; n <= 2; n++) await bus.publish(Counted.create({ n: 5 * n, dies: 0, how: 'exit' }));
  await bus.drain();
  // Out of service now or already back: the next event that finds it back is handled.
  let handled = 0;
  for (let n = 1; handled === 0; n++) {
    await bus.publish(Counted.create({ n: 5 * n, dies: NOBODY, how: '' }));
    await bus.drain();
    handled = bus.getStats().acknowledged;
  }

  expect(bus.getStats()).toMatchObject({ acknowledged: 1, degraded: 0 });
  expectBalance(bus);
});
