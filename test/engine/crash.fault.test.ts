import { afterEach, describe, expect, it } from 'vitest';
import { createEventBus, moduleHandler, type BusOptions, type EventBus, type QtEvent } from '../../src/index.ts';
import { expectBalance } from '../support/books.ts';
import { oddities } from '../support/oddities.ts';
import { SharedLog } from '../support/shared-log.ts';
import { scripted, step, steps, type Action } from '../support/steps.ts';

const open: EventBus[] = [];

function threads(options: BusOptions = {}): EventBus {
  const bus = createEventBus({ workers: 1, retry: { maxRetries: 1, backoffMs: [1] }, ...options, mode: 'threads' });
  open.push(bus);
  return bus;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((bus) => bus.stop({ drainTimeoutMs: 0 })));
});

const sorted = (ids: Iterable<number>): number[] => [...ids].toSorted((a, b) => a - b);

describe.each([1, 2])('with %d worker threads', (workers) => {
  it('handlers that exit lose nothing: each event is acknowledged or dead-lettered as poison', async () => {
    const bus = threads({ workers });
    const log = new SharedLog();
    bus.subscribe('contract.step', scripted(log), { group: 'g' });
    await bus.start();
    const scriptOf = (id: number): Action[] => (id % 400 === 0 ? ['exit', 'exit'] : id % 300 === 0 ? ['exit'] : []);

    await bus.publishBatch(steps(500, (id) => ({ symbol: `S${id % 7}`, script: scriptOf(id) })));
    await bus.drain();

    expect(sorted(new Set(log.ids()))).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    expect(bus.deadLetters.list().map((letter) => [letter.event?.payload['id'], letter.reason, letter.attempts])).toEqual(
      expect.arrayContaining([[400, 'POISON', 2]]),
    );
    expect(bus.getStats()).toMatchObject({ acknowledged: 499, deadLettered: 1, crashes: 3 });
    for (const ids of Map.groupBy(log.ids(), (id) => id % 7).values()) {
      expect(ids, 'order of a key').toEqual(sorted(ids));
    }
    expectBalance(bus);
  });

  it('a crash while derived events are published neither loses nor repeats one', async () => {
    const bus = threads({ workers });
    const received = new Map<string, number>();
    bus.subscribe('contract.step', scripted(new SharedLog()), { group: 'deriver' });
    bus.subscribe('contract.echo', (event: QtEvent) => {
      const name = `${String(event.payload['id'])}/${String(event.payload['n'])}`;
      received.set(name, (received.get(name) ?? 0) + 1);
    });
    await bus.start();

    await bus.publishBatch(steps(300, (id) => ({ symbol: `S${id % 5}`, emit: 3, script: id % 140 === 0 ? ['exit'] : [] })));
    await bus.drain();

    expect(received.size).toBe(900);
    expect([...received].filter(([, count]) => count !== 1)).toEqual([]);
    expect(bus.getStats().crashes).toBe(2);
    expectBalance(bus);
  });
});

describe('a worker thread', () => {
  it.each<[string, Action[], number[]]>([
    ['exits on every attempt, with one event of its key behind it', ['exit', 'exit'], [1, 2, 2, 3]],
    ['throws first and exits on the retry', ['throw', 'exit'], [1, 2, 2, 3]],
    ['exits first and throws on the retry', ['exit', 'throw'], [1, 2, 2, 3]],
  ])('whose handler %s loses nothing', async (_what, script, ids) => {
    const bus = threads();
    const log = new SharedLog();
    bus.subscribe('contract.step', scripted(log), { group: 'g' });
    await bus.start();

    await bus.publishBatch([step(1), step(2, { script }), step(3)]);
    await bus.drain({ timeoutMs: 10_000 });

    expect(log.ids()).toEqual(ids);
    expect(bus.getStats()).toMatchObject({ acknowledged: 2, deadLettered: 1 });
    expectBalance(bus);
  });

  it('that exits on a rejected event which was sent again loses nothing', async () => {
    const bus = threads();
    const log = new SharedLog();
    bus.subscribe(
      'contract.step',
      moduleHandler(new URL('../support/handlers/exits-when-redriven.ts', import.meta.url), 'onStep', { options: { buffer: log.buffer } }),
      { group: 'g' },
    );
    await bus.start();
    await bus.publish(step(1));
    await bus.drain();

    await bus.deadLetters.redrive({});
    await bus.drain({ timeoutMs: 10_000 });

    expect(log.runs().map((run) => run.attempt)).toEqual([1, 1, 2]);
    expect(bus.getStats()).toMatchObject({ acknowledged: 1, deadLettered: 0, crashes: 1 });
    expectBalance(bus);
  });

  it('that dies with asynchronous handlers in flight begins them again, and only the one that killed it is to blame', async () => {
    const bus = threads();
    const log = new SharedLog();
    bus.subscribe('contract.step', scripted(log), { group: 'g' });
    await bus.start();
    await bus.publishBatch(steps(20, (id) => ({ symbol: `S${id}`, script: ['gate', 'gate'] })));
    await log.reached(20);

    await bus.publish(step(99, { symbol: 'X', script: ['exit'] }));
    await log.reached(42);
    log.open();
    await bus.drain();

    expect(log.runs().filter((run) => run.attempt > 1)).toMatchObject([{ id: 99, attempt: 2 }]);
    expect(bus.getStats()).toMatchObject({ acknowledged: 21, errors: 1, crashes: 1 });
    expectBalance(bus);
  });

  it('that dies of an unhandled rejection is replaced, and its event retried', async () => {
    const bus = threads();
    const log = new SharedLog();
    bus.subscribe('contract.step', scripted(log), { group: 'g' });
    await bus.start();

    await bus.publishBatch([step(1, { script: ['unhandled'] }), step(2), step(3, { symbol: 'B' })]);
    await bus.drain();

    expect(log.ids().filter((id) => id !== 3)).toEqual([1, 1, 2]);
    expect(bus.getStats()).toMatchObject({ acknowledged: 3, deadLettered: 0, crashes: 1 });
    expectBalance(bus);
  });

  it('that dies once with many runs in flight does not take its group out of service', async () => {
    const bus = threads();
    const log = new SharedLog();
    bus.subscribe('contract.step', scripted(log), { group: 'g' });
    await bus.start();
    await bus.publishBatch(steps(10, (id) => ({ symbol: `S${id}`, script: ['gate', 'gate'] })));
    await log.reached(10);

    await bus.publish(step(99, { symbol: 'X', script: ['unhandled'] }));
    // They come again one at a time, the first of them behind the closed gate.
    await log.reached(12);
    log.open();
    await bus.drain();

    // The second death is that of the guilty one, alone this time.
    expect(bus.getStats()).toMatchObject({ acknowledged: 11, deadLettered: 0, degraded: 0, crashes: 2 });
    expectBalance(bus);
  });

  it('that dies again and again of one run among many buries that one only', async () => {
    const bus = threads({ retry: { maxRetries: 2, backoffMs: [1] } });
    const log = new SharedLog();
    bus.subscribe('contract.step', scripted(log), { group: 'g' });
    await bus.start();
    await bus.publishBatch(steps(10, (id) => ({ symbol: `S${id}`, script: ['gate', 'gate'] })));
    await log.reached(10);

    await bus.publish(step(99, { symbol: 'X', script: ['unhandled', 'unhandled', 'unhandled'] }));
    await log.reached(12);
    log.open();
    await bus.drain();

    expect(bus.deadLetters.list().map(({ event, reason }) => [event?.payload['id'], reason])).toEqual([[99, 'POISON']]);
    expect(bus.getStats()).toMatchObject({ acknowledged: 10, deadLettered: 1 });
    expectBalance(bus);
  });

  it('that runs out of memory is replaced, and its event dead-lettered as poison', async () => {
    const bus = threads({ workerHeapMb: 48 });
    const log = new SharedLog();
    bus.subscribe('contract.step', scripted(log), { group: 'g' });
    await bus.start();

    await bus.publishBatch([step(1), step(2, { script: ['memory', 'memory'] }), step(3)]);
    await bus.drain();

    expect(log.ids()).toEqual([1, 2, 2, 3]);
    expect(bus.deadLetters.list()).toMatchObject([
      { reason: 'POISON', error: { code: 'QT_HANDLER_CRASHED', message: expect.stringContaining('memory') as string } },
    ]);
    expectBalance(bus);
  });

  it('that dies while its ring is full lets waiting publishers in again', async () => {
    const bus = threads({ ringBytes: 65_536 });
    const log = new SharedLog();
    bus.subscribe('contract.step', scripted(log), { group: 'g' });
    await bus.start();
    await bus.publish(step(0, { symbol: 'X', script: ['block-exit'] }));
    await log.reached(1);

    const published = Promise.all(steps(1000, () => ({ pad: 200 })).map((event) => bus.publish(event)));
    const { publishersWaiting } = bus.getStats();
    log.open();
    await published;
    await bus.drain();

    expect(publishersWaiting).toBeGreaterThan(500);
    expect(log.ids().filter((id) => id !== 0)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
    expect(bus.getStats()).toMatchObject({ acknowledged: 1001, crashes: 1 });
    expectBalance(bus);
  });

  it('that dies hands the keys it held back to its successor', async () => {
    const bus = threads({ retry: { maxRetries: 1, backoffMs: [1500] } });
    const log = new SharedLog();
    bus.subscribe('contract.step', scripted(log), { group: 'g' });
    await bus.start();

    await bus.publishBatch([step(1, { script: ['throw'] }), step(2, { symbol: 'B', script: ['exit'] }), step(3), step(4)]);
    await log.reached(3);
    await bus.publish(step(5));
    await bus.drain();

    expect(log.ids()).toEqual([1, 2, 2, 1, 3, 4, 5]);
    expectBalance(bus);
  });

  it('whose replacement cannot load its handlers is tried again', async () => {
    const bus = threads();
    const log = new SharedLog();
    bus.subscribe(
      'contract.step',
      moduleHandler(new URL('../support/handlers/unsteady-setup.ts', import.meta.url), 'onStep', { options: { buffer: log.buffer } }),
      { group: 'g' },
    );
    await bus.start();

    await bus.publishBatch([step(0), step(1), step(2)]);
    await bus.drain();

    expect(log.ids()).toEqual([-1, 0, -1, -1, 0, 1, 2]);
    expect(bus.getStats().crashes).toBe(2);
    expectBalance(bus);
  });

  it('that is blocked by a handler does not hold up the main loop', async () => {
    const bus = threads();
    const log = new SharedLog();
    let received = 0;
    bus.subscribe('contract.step', scripted(log), { group: 'blocked' });
    bus.subscribe('a.b', () => received++, { group: 'main' });
    await bus.start();
    await bus.publish(step(1, { script: ['block'] }));
    await log.reached(1);

    for (let turn = 0; turn < 200; turn++) {
      bus.tryPublish({ type: 'a.b', payload: {} });
      await new Promise(setImmediate);
    }
    const { perGroup } = bus.getStats();
    log.open();
    await bus.drain();

    expect(received).toBe(200);
    expect(perGroup).toMatchObject({ main: { pending: 0 }, blocked: { pending: 1 } });
    expectBalance(bus);
  });

  it('whose handler does not come back is replaced, and the event retried', async () => {
    const bus = threads();
    const log = new SharedLog();
    bus.subscribe('contract.step', scripted(log), { group: 'g', processingTimeoutMs: 100 });
    await bus.start();

    await bus.publishBatch([step(1, { script: ['block'] }), step(2, { script: ['block', 'block'] }), step(3)]);
    await bus.drain();

    expect(log.ids()).toEqual([1, 1, 2, 2, 3]);
    expect(bus.deadLetters.list()).toMatchObject([{ attempts: 2, error: { code: 'QT_HANDLER_HUNG' } }]);
    expectBalance(bus);
  });

  it('survives whatever its handlers throw', async () => {
    const bus = threads({ retry: { maxRetries: 0 } });
    bus.subscribe('contract.step', moduleHandler(new URL('../support/handlers/odd-thrower.ts', import.meta.url), 'onStep'), { group: 'g' });
    await bus.start();
    const count = Object.keys(oddities()).length;

    await bus.publishBatch(Array.from({ length: count }, (_, i) => [step(i + 1), step(-i - 1)]).flat());
    await bus.drain();

    expect(bus.getStats()).toMatchObject({ deadLettered: 2 * count, crashes: 0 });
    for (const { error } of bus.deadLetters.list()) {
      expect(error.code).toBe('QT_HANDLER_FAILED');
      expect(error.message.length).toBeLessThanOrEqual(2000);
    }
    expectBalance(bus);
  });

  it('that is stopped in the middle of everything leaves correct books', async () => {
    const bus = threads({ workers: 2 });
    const log = new SharedLog();
    bus.subscribe('contract.step', scripted(log), { group: 'g', retry: { maxRetries: 3, backoffMs: [1, 60_000] } });
    await bus.start();
    await bus.publishBatch(
      steps(200, (id) => ({ symbol: `S${id}`, script: id % 20 === 0 ? ['throw', 'throw'] : id % 21 === 0 ? ['never'] : [] })),
    );
    await log.reached(200);

    const { pending } = await bus.stop({ drainTimeoutMs: 20 });

    expect(pending).toBeGreaterThanOrEqual(9);
    expectBalance(bus, { pending });
  });
});
