import { describe, expect, it } from 'vitest';
import { moduleHandler, type EventBus } from '../../src/index.ts';
import { codeOf, expectBalance } from '../support/books.ts';
import { SharedLog } from '../support/shared-log.ts';
import { scripted, step, steps } from '../support/steps.ts';
import type { BusPromises, CreateBus } from './bus-contract.ts';

const plain = { type: 'a.b', payload: {} };

/** Start, stop, drain, and everything in the wrong order. */
export function lifecycleContract(create: CreateBus, promises: BusPromises): void {
  describe('life of a bus', () => {
    it('refuses events before start and after stop', async () => {
      const bus = create();

      expect(await codeOf(bus.publish(plain))).toBe('QT_BUS_NOT_RUNNING');
      expect(() => bus.tryPublish(plain)).toThrow(expect.objectContaining({ code: 'QT_BUS_NOT_RUNNING' }));
      await bus.start();
      await bus.publish(plain);
      await bus.stop();
      expect(await codeOf(bus.publish(plain))).toBe('QT_BUS_NOT_RUNNING');
      expect(await codeOf(bus.publishBatch([plain]))).toBe('QT_BUS_NOT_RUNNING');
      expect(() => bus.subscribe('a', () => {})).toThrow(expect.objectContaining({ code: 'QT_BUS_NOT_RUNNING' }));
    });

    it('starts once', async () => {
      const bus = create();
      const first = bus.start();

      expect(await codeOf(bus.start())).toBe('QT_BUS_STARTED_TWICE');
      await first;
      expect(await codeOf(bus.start())).toBe('QT_BUS_STARTED_TWICE');
      await bus.stop();
      expect(await codeOf(bus.start())).toBe('QT_BUS_STARTED_TWICE');
    });

    it('finishes what was accepted before it stops', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', retry: { maxRetries: 1, backoffMs: [20] } });
      await bus.start();

      await bus.publishBatch(steps(500, (id) => ({ symbol: `S${id % 5}`, script: id === 3 ? ['throw'] : ['later'] })));
      const report = await bus.stop();

      expect(report).toEqual({ pending: 0 });
      expect(new Set(log.ids()).size).toBe(500);
      expectBalance(bus);
    });

    it('says what was left when it stops before the end', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', retry: { maxRetries: 1, backoffMs: [60_000] } });
      await bus.start();
      await bus.publishBatch([step(1, { script: ['throw'] }), step(2), step(3, { symbol: 'B' })]);
      await log.reached(2);

      const report = await bus.stop({ drainTimeoutMs: 30 });

      expect(report).toEqual({ pending: 2 });
      expectBalance(bus, { pending: 2 });
    });

    it('stops twice with one answer, and before a start', async () => {
      const bus = create();
      await bus.start();
      const never = create();

      const [first, second] = await Promise.all([bus.stop(), bus.stop()]);

      expect(second).toBe(first);
      expect(await bus.stop()).toBe(first);
      expect(await never.stop()).toEqual({ pending: 0 });
      expect(await codeOf(never.start())).toBe('QT_BUS_STARTED_TWICE');
    });

    it('stopped while it starts is stopped in the end', async () => {
      const bus = create();
      bus.subscribe('contract.step', scripted(new SharedLog()), { group: 'g' });

      const starting = codeOf(bus.start());
      await bus.stop();
      await starting;

      expect(await codeOf(bus.publish(plain))).toBe('QT_BUS_NOT_RUNNING');
      expect(bus.getStats().crashes).toBe(0);
    });

    it('is disposed of by await using', async () => {
      let outside: EventBus;
      {
        await using bus = create();
        outside = bus;
        await bus.start();
        await bus.publish(plain);
      }

      expect(await codeOf(outside.publish(plain))).toBe('QT_BUS_NOT_RUNNING');
    });

    it('runs for ever until its signal aborts', async () => {
      const bus = create();
      const controller = new AbortController();
      let received = 0;
      bus.subscribe('a.b', () => {
        received++;
        controller.abort();
      });
      const ended = bus.runForever({ signal: controller.signal });
      while ((await codeOf(bus.publish(plain))) !== 'resolved') await new Promise(setImmediate);

      expect(await ended).toEqual({ pending: 0 });
      expect(received).toBe(1);
    });

    it('runs for ever until somebody stops it', async () => {
      const bus = create();
      await bus.start();
      const ended = bus.runForever();

      await bus.stop();

      expect(await ended).toEqual({ pending: 0 });
    });

    it('reports a handler module that cannot be loaded from start', async () => {
      for (const [url, name] of [
        [new URL('../support/handlers/nowhere.ts', import.meta.url), 'default'],
        [new URL('../support/handlers/throws-on-import.ts', import.meta.url), 'onStep'],
        [new URL('../support/handlers/throws-in-setup.ts', import.meta.url), 'onStep'],
        [new URL('../support/handlers/scripted.ts', import.meta.url), 'noSuchExport'],
      ] as const) {
        const bus = create();
        bus.subscribe('contract.step', moduleHandler(url, name, { options: { buffer: new SharedLog().buffer } }));

        expect(await codeOf(bus.start()), `${url.pathname} ${name}`).toBe('QT_HANDLER_LOAD_FAILED');
        expect(await codeOf(bus.publish(plain))).toBe('QT_BUS_NOT_RUNNING');
        await bus.stop();
      }
    });

    it('takes a module handler after the start', async () => {
      const bus = create();
      const log = new SharedLog();
      await bus.start();

      bus.subscribe('contract.step', scripted(log), { group: 'late' });
      await bus.publishBatch(steps(100, (id) => ({ symbol: `S${id}` })));
      await bus.drain();

      expect(log.length).toBe(100);
      expectBalance(bus);
    });

    it('dead-letters the events of a late module that cannot be loaded', async () => {
      const bus = create();
      await bus.start();

      bus.subscribe('contract.step', moduleHandler(new URL('../support/handlers/nowhere.ts', import.meta.url)), { group: 'late' });
      await bus.publish(step(1));
      await bus.drain({ timeoutMs: 5000 });

      expect(bus.deadLetters.list()).toMatchObject([{ group: 'late', reason: 'REJECTED', error: { code: 'QT_HANDLER_LOAD_FAILED' } }]);
      expectBalance(bus);
    });
  });

  describe('drain', () => {
    it('waits for derived events of derived events', async () => {
      const bus = create();
      let last = 0;
      bus.subscribe('chain', (event, ctx) => {
        last = event.payload['n'] as number;
        if (last < 200) ctx.publish({ type: 'chain', payload: { n: last + 1 } });
      });
      await bus.start();

      await bus.publish({ type: 'chain', payload: { n: 1 } });
      await bus.drain();

      expect(last).toBe(200);
      expectBalance(bus);
    });

    it('says after its time what was left', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', retry: { maxRetries: 1, backoffMs: [60_000] } });
      await bus.start();
      await bus.publishBatch([step(1, { script: ['throw'] }), step(2)]);
      await log.reached(1);

      await expect(bus.drain({ timeoutMs: 30 })).rejects.toMatchObject({
        code: 'QT_BUS_DRAIN_TIMEOUT',
        details: { pending: 2, retriesWaiting: 1, publishersWaiting: 0 },
      });
    });

    it('can be asked for by many at once, again and again', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g' });
      await bus.start();

      for (let round = 0; round < 100; round++) {
        bus.tryPublish(step(round * 2, { symbol: `S${round % 5}` }));
        bus.tryPublish(step(round * 2 + 1, { symbol: `S${round % 3}`, script: ['later'] }));
        await Promise.all([bus.drain(), bus.drain(), bus.drain()]);
        expect(log.length, `round ${round}`).toBe(round * 2 + 2);
        expectBalance(bus);
      }
    });
  });

  describe('resources', () => {
    it('does not leave a handle behind', async () => {
      const before = handles();
      const bus = create();
      bus.subscribe('contract.step', scripted(new SharedLog()), { group: 'g', retry: { maxRetries: 1, backoffMs: [60_000] } });
      await bus.start();
      await bus.publishBatch([step(1, { script: ['throw'] }), step(2, { symbol: 'B', script: ['never'] })]);
      const waiting = codeOf(bus.once('never', { timeoutMs: 60_000 }));
      bus.events('never');

      await bus.stop({ drainTimeoutMs: 10 });
      await waiting;
      await new Promise(setImmediate);

      expect(handles()).toBeLessThanOrEqual(before);
    });

    it('does not leave a handle behind when start fails', async () => {
      const before = handles();
      const bus = create();
      const url = new URL('../support/handlers/throws-in-setup.ts', import.meta.url);
      bus.subscribe('contract.step', moduleHandler(url, 'onStep', { options: { member: 0 } }), { group: 'g' });

      expect(await codeOf(bus.start())).toBe('QT_HANDLER_LOAD_FAILED');
      await bus.stop();
      await new Promise(setImmediate);

      expect(handles()).toBeLessThanOrEqual(before);
      expect(bus.getStats().crashes, 'no thread is started again').toBeLessThanOrEqual(promises.threads ? 1 : 0);
    });

    it('does not starve the event loop when handlers publish for ever', async () => {
      const bus = create();
      let runs = 0;
      let isOver = false;
      bus.subscribe('a.b', async () => {
        runs++;
        if (!isOver) await bus.publish(plain);
      });
      await bus.start();

      await bus.publish(plain);
      await new Promise(setImmediate);
      await new Promise((resolve) => {
        setTimeout(resolve, 1);
      });
      isOver = true;
      await bus.drain();

      expect(runs).toBeGreaterThan(1);
      expectBalance(bus);
    });
  });

  describe('subscriptions', () => {
    it('can be ended by their own handler, which then hears nothing more', async () => {
      const bus = create();
      const received: number[] = [];
      const subscription = bus.subscribe('contract.step', (event) => {
        received.push(event.payload['id'] as number);
        if (received.length === 2) subscription.unsubscribe();
      });
      await bus.start();

      await bus.publishBatch(steps(5));
      await bus.drain();
      subscription.unsubscribe();

      expect(received).toEqual([1, 2]);
      expectBalance(bus);
    });

    it('that end take their pending events with them as acknowledged', async () => {
      const bus = create();
      const log = new SharedLog();
      const subscription = bus.subscribe('contract.step', scripted(log), { group: 'g', retry: { maxRetries: 1, backoffMs: [30] } });
      await bus.start();
      await bus.publishBatch([step(1, { script: ['throw'] }), step(2)]);
      await log.reached(1);

      subscription.unsubscribe();
      await bus.drain();

      expect(bus.getStats()).toMatchObject({ dispatched: 2, deadLettered: 0, pending: 0, members: 0 });
      expectBalance(bus);
    });

    it('come and go while events flow, and the others miss nothing', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'stays' });
      await bus.start();

      for (let id = 1; id <= 300; id++) {
        const passing = bus.subscribe('contract.step', () => {}, { group: `p${id}` });
        const late = id % 50 === 0 ? bus.subscribe('contract.step', scripted(new SharedLog()), { group: `m${id}` }) : null;
        await bus.publish(step(id, { symbol: `S${id % 5}` }));
        passing.unsubscribe();
        late?.unsubscribe();
      }
      await bus.drain();

      expect(log.ids().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
      expectBalance(bus);
    });
  });
}

/** How many things keep the process alive; the test runner has some of its own. */
function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'MessagePort' || name === 'Worker').length;
}
