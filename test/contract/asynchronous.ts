import { describe, expect, it } from 'vitest';
import { expectBalance } from '../support/books.ts';
import { SharedLog } from '../support/shared-log.ts';
import { scripted, step, steps } from '../support/steps.ts';
import type { BusPromises, CreateBus } from './bus-contract.ts';

/** Handlers that return promises. */
export function asynchronousContract(create: CreateBus, promises: BusPromises): void {
  describe('asynchronous handlers', () => {
    it('run one at a time per key', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g' });
      await bus.start();

      await bus.publishBatch(steps(50, () => ({ script: ['later'] })));
      await bus.drain();

      expect(log.ids()).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      expect(log.runningMax).toBe(1);
    });

    it('of different keys run at the same time', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g' });
      await bus.start();

      await bus.publishBatch(steps(20, (id) => ({ symbol: `S${id}`, script: ['gate'] })));
      await log.reached(20);
      const { pending } = bus.getStats();
      log.open();
      await bus.drain();

      expect([pending, log.runningMax]).toEqual([20, 20]);
      expectBalance(bus);
    });

    it('never run more at one time than their concurrency', async () => {
      const bus = create();
      let running = 0;
      let runningMax = 0;
      bus.subscribe(
        'contract.step',
        async () => {
          runningMax = Math.max(runningMax, ++running);
          await new Promise(setImmediate);
          running--;
        },
        { concurrency: 3 },
      );
      await bus.start();

      await bus.publishBatch(steps(60, (id) => ({ symbol: `S${id % 30}` })));
      await bus.drain();

      expect(runningMax).toBe(3);
      expectBalance(bus);
    });

    it('do not hold back synchronous events of other keys', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', concurrency: 1 });
      await bus.start();

      await bus.publishBatch([step(1, { script: ['gate'] }), step(2, { symbol: 'B' }), step(3), step(4, { symbol: 'C' })]);
      await log.reached(3);
      expect(log.ids()).toEqual([1, 2, 4]);
      log.open();
      await bus.drain();

      expect(log.ids()).toEqual([1, 2, 4, 3]);
    });

    it('time out, are retried, and what they say later is ignored', async () => {
      const bus = create();
      const first = Promise.withResolvers<void>();
      const attempts: number[] = [];
      const aborted: boolean[] = [];
      bus.subscribe(
        'a',
        async (_event, ctx) => {
          attempts.push(ctx.attempt);
          if (ctx.attempt > 1) return;
          ctx.signal.addEventListener('abort', () => aborted.push(true));
          await first.promise;
          ctx.publish({ type: 'late', payload: {} });
        },
        { group: 'g', processingTimeoutMs: 20, retry: { maxRetries: 1, backoffMs: [1] } },
      );
      await bus.start();

      await bus.publish({ type: 'a', payload: {} });
      await bus.drain();
      first.resolve();
      await new Promise(setImmediate);
      await bus.drain();

      expect([attempts, aborted]).toEqual([[1, 2], [true]]);
      expect(bus.getStats()).toMatchObject({ published: 1, acknowledged: 1, errors: 1, deadLettered: 0 });
      expectBalance(bus);
    });

    it('that never end become dead letters with QT_HANDLER_TIMEOUT', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', processingTimeoutMs: 20, retry: { maxRetries: 1, backoffMs: [1] } });
      await bus.start();

      await bus.publishBatch([step(1, { script: ['never', 'never'] }), step(2)]);
      await bus.drain();

      expect(bus.deadLetters.list()).toMatchObject([{ attempts: 2, error: { code: 'QT_HANDLER_TIMEOUT' } }]);
      expect(log.ids()).toEqual([1, 1, 2]);
      expectBalance(bus);
    });

    it('with a short time limit are not found late because of others with a long one', async () => {
      const bus = create();
      const gate = Promise.withResolvers<void>();
      bus.subscribe('slow', () => gate.promise, { processingTimeoutMs: 60_000 });
      bus.subscribe('hung', () => new Promise(() => {}), { group: 'hung', processingTimeoutMs: 30, retry: { maxRetries: 0 } });
      await bus.start();
      await bus.publish({ type: 'slow', payload: {} });
      await new Promise(setImmediate);

      const startMs = performance.now();
      await bus.publish({ type: 'hung', payload: {} });
      await bus.once('never', { timeoutMs: 500 }).catch(() => {});
      const { errors } = bus.getStats().perGroup['hung']!;
      gate.resolve();
      await bus.drain();

      expect(errors, `found after ${performance.now() - startMs} ms`).toBe(1);
    });

    it('may return what breaks when it is looked at: that is a failed run', async () => {
      const bus = create();
      /* oxlint-disable unicorn/no-thenable -- hostile promise-likes are the very thing under test */
      const results: Record<string, object> = {
        unreadable: {
          get then(): never {
            throw new Error('no then');
          },
        },
        throwing: {
          then: (): never => {
            throw new Error('bad then');
          },
        },
        rejecting: { then: (_: unknown, reject: (error: unknown) => void) => reject(new Error('at once')) },
      };
      /* oxlint-enable unicorn/no-thenable */
      for (const [group, result] of Object.entries(results)) {
        bus.subscribe('a', () => result, { group, retry: { maxRetries: 1, backoffMs: [1] } });
      }
      await bus.start();

      await bus.publish({ type: 'a', payload: {} });
      await bus.drain();

      for (const group of Object.keys(results)) expect(bus.getStats().perGroup[group], group).toMatchObject({ errors: 2, deadLettered: 1 });
      expectBalance(bus);
    });

    it('may return a promise-like that settles at once', async () => {
      const bus = create();
      const received: number[] = [];
      bus.subscribe(
        'contract.step',
        (event) => {
          received.push(event.payload['id'] as number);
          // oxlint-disable-next-line unicorn/no-thenable -- the very thing under test
          return { then: (resolve: () => void) => resolve() };
        },
        { group: 'thenable' },
      );
      bus.subscribe('contract.step', (event) => received.push(-(event.payload['id'] as number)), { group: 'other' });
      await bus.start();

      await bus.publishBatch(steps(1000));
      await bus.drain();

      expect(received.filter((id) => id > 0)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
      expect(received.filter((id) => id < 0)).toHaveLength(1000);
      expectBalance(bus);
    });

    it('leave a publisher that waits for room to go on when they finish', async () => {
      const bus = create({ ringBytes: 65_536, ...(promises.threads ? { workers: 1 } : {}) });
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g' });
      await bus.start();

      const published = Promise.all(
        steps(600, (id) => ({ symbol: `S${id}`, script: ['gate'], pad: 200 })).map((event) => bus.publish(event)),
      );
      await log.reached(1);
      log.open();
      await published;
      await bus.drain();

      expect(new Set(log.ids()).size).toBe(600);
      expectBalance(bus);
    });
  });
}
