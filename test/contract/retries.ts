import { describe, expect, it } from 'vitest';
import { RejectEvent } from '../../src/index.ts';
import { codeOf, expectBalance } from '../support/books.ts';
import { SharedLog } from '../support/shared-log.ts';
import { scripted, step, steps } from '../support/steps.ts';
import type { CreateBus } from './bus-contract.ts';

const quick = { maxRetries: 3, backoffMs: [1, 1, 1] };

/** Retries with back-off, order behind a retry, and dead letters. */
export function retryContract(create: CreateBus): void {
  describe('retries', () => {
    it('come after the back-off of their attempt, never sooner', async () => {
      const bus = create();
      const times: number[] = [];
      bus.subscribe(
        'a',
        () => {
          times.push(performance.now());
          throw new Error('never works');
        },
        { retry: { maxRetries: 4, backoffMs: [10, 30, 60] } },
      );
      await bus.start();

      await bus.publish({ type: 'a', payload: {} });
      await bus.drain();

      const delays = times.slice(1).map((time, i) => time - times[i]!);
      expect(delays).toHaveLength(4);
      for (const [i, least] of [10, 30, 60, 60].entries()) {
        // Node's timers and performance.now may disagree by less than a millisecond.
        expect(delays[i], `delay before attempt ${i + 2}`).toBeGreaterThanOrEqual(least - 1);
        expect(delays[i], `delay before attempt ${i + 2}`).toBeLessThan(least + 1000);
      }
    });

    it('number their attempts and stop at the first success', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', retry: quick });
      await bus.start();

      await bus.publish(step(1, { script: ['throw', 'later-throw', 'ok'] }));
      await bus.drain();

      expect(log.runs().map((run) => run.attempt)).toEqual([1, 2, 3]);
      expect(bus.getStats().perGroup['g']).toMatchObject({ acknowledged: 1, errors: 2, retried: 2, deadLettered: 0 });
      expectBalance(bus);
    });

    it('end in a dead letter with reason, error, attempts, event and bytes', async () => {
      const bus = create({ runId: 'run' });
      bus.subscribe('contract.step', scripted(new SharedLog()), { group: 'g', retry: quick });
      await bus.start();

      await bus.publish(step(5, { script: ['throw', 'throw', 'throw', 'throw'] }));
      await bus.drain();

      const letters = bus.deadLetters.list();
      expect(letters).toMatchObject([
        {
          id: 'run-1/g',
          type: 'contract.step',
          group: 'g',
          reason: 'RETRIES_EXHAUSTED',
          attempts: 4,
          error: { message: 'as the script says' },
        },
      ]);
      expect(letters[0]!.event).toMatchObject({ id: 'run-1', seq: 1, payload: { id: 5 } });
      expect(letters[0]!.bytes.length).toBeGreaterThan(64);
      expectBalance(bus);
    });

    it('hold back the later events of their key, in order, and no other key', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', retry: { maxRetries: 1, backoffMs: [150] } });
      await bus.start();

      const inputs = [
        step(1, { script: ['throw'] }),
        ...steps(40)
          .slice(1)
          .map((_, i) => step(i + 2, { symbol: i % 2 === 0 ? 'A' : 'B' })),
      ];
      await bus.publishBatch(inputs);
      await bus.drain();

      const ids = log.ids();
      const held = ids.slice(1).filter((id) => id % 2 === 0);
      expect(held, 'events of the key that failed').toEqual(held.toSorted((a, b) => a - b));
      const retry = ids.lastIndexOf(1);
      expect(ids.slice(0, retry).filter((id) => id % 2 === 0)).toEqual([]);
      expect(ids.slice(0, retry).filter((id) => id % 2 === 1 && id > 1)).toHaveLength(19);
      expectBalance(bus);
    });

    it('hold back what is published while they wait', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', retry: { maxRetries: 2, backoffMs: [40] } });
      await bus.start();

      await bus.publish(step(1, { script: ['throw', 'throw'] }));
      await log.reached(1);
      await bus.publishBatch([step(2, { script: ['throw'] }), step(3)]);
      await log.reached(2);
      await bus.publish(step(4));
      await bus.drain();
      await bus.publish(step(5));
      await bus.drain();

      expect(log.ids()).toEqual([1, 1, 1, 2, 2, 3, 4, 5]);
      expectBalance(bus);
    });

    it('let the key go on after a dead letter', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', retry: { maxRetries: 1, backoffMs: [1] } });
      await bus.start();

      await bus.publishBatch([step(1, { script: ['throw', 'throw'] }), step(2, { script: ['reject'] }), step(3)]);
      await bus.drain();

      expect(log.ids()).toEqual([1, 1, 2, 3]);
      expect(bus.deadLetters.list().map((letter) => letter.reason)).toEqual(['RETRIES_EXHAUSTED', 'REJECTED']);
    });

    it('let later events of their key pass when orderedRetry is false', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', orderedRetry: false, retry: { maxRetries: 1, backoffMs: [50] } });
      await bus.start();

      await bus.publishBatch([step(1, { script: ['throw'] }), step(2), step(3)]);
      await bus.drain();

      expect(log.ids()).toEqual([1, 2, 3, 1]);
    });

    it('of asynchronous handlers hold back what waited behind them', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', retry: { maxRetries: 2, backoffMs: [5] } });
      await bus.start();

      await bus.publishBatch([
        step(1, { script: ['later-throw', 'throw'] }),
        step(2, { script: ['later'] }),
        step(3, { script: ['later-throw'] }),
        step(4),
        step(5, { symbol: 'B', script: ['later'] }),
      ]);
      await bus.drain();

      expect(log.ids().filter((id) => id !== 5)).toEqual([1, 1, 1, 2, 3, 3, 4]);
      expectBalance(bus);
    });

    it('of one group do not reach another', async () => {
      const bus = create();
      const good = new SharedLog();
      let failed = 0;
      bus.subscribe('contract.step', scripted(good), { group: 'good' });
      bus.subscribe(
        'contract.step',
        () => {
          if (failed++ < 2) throw new Error('twice');
        },
        { group: 'bad', retry: quick },
      );
      await bus.start();

      await bus.publishBatch(steps(5));
      await bus.drain();

      expect(good.ids()).toEqual([1, 2, 3, 4, 5]);
      expect(bus.getStats().perGroup).toMatchObject({ good: { errors: 0 }, bad: { errors: 2, acknowledged: 5 } });
    });
  });

  describe('dead letters', () => {
    it('take rejected events at once', async () => {
      const bus = create();
      let runs = 0;
      bus.subscribe('a', () => {
        runs++;
        throw new RejectEvent('no such symbol');
      });
      await bus.start();

      await bus.publish({ type: 'a', payload: {} });
      await bus.drain();

      expect(runs).toBe(1);
      expect(bus.deadLetters.list()).toMatchObject([
        { reason: 'REJECTED', attempts: 1, error: { code: 'QT_EVENT_REJECTED', message: 'no such symbol' } },
      ]);
    });

    it('can be listed by type, group, reason and limit, and purged', async () => {
      const bus = create();
      const reject = (): never => {
        throw new RejectEvent('no');
      };
      bus.subscribe('*', reject, { group: 'one' });
      bus.subscribe('b', reject, { group: 'two' });
      await bus.start();
      await bus.publishBatch([
        { type: 'a', payload: {} },
        { type: 'b', payload: {} },
      ]);
      await bus.drain();

      const { deadLetters } = bus;
      expect(deadLetters.length).toBe(3);
      expect(deadLetters.list({ type: 'b' })).toHaveLength(2);
      expect(deadLetters.list({ group: 'two' })).toHaveLength(1);
      expect(deadLetters.list({ reason: 'POISON' })).toHaveLength(0);
      expect(deadLetters.list({ limit: 1 })).toMatchObject([{ type: 'a' }]);
      expect(deadLetters.purge({ group: 'one' })).toBe(2);
      expect(deadLetters.length).toBe(1);
      expect(bus.getStats().deadLettered, 'what was purged stays counted').toBe(3);
    });

    it('sent again get another chance from attempt 1', async () => {
      const bus = create();
      const log = new SharedLog();
      const attempts: number[] = [];
      let isMended = false;
      bus.subscribe('contract.step', scripted(log), { group: 'module', retry: quick });
      bus.subscribe(
        'contract.step',
        (_event, ctx) => {
          attempts.push(ctx.attempt);
          if (!isMended) throw new RejectEvent('not yet');
        },
        { group: 'main' },
      );
      await bus.start();
      await bus.publish(step(1, { script: ['reject'] }));
      await bus.drain();

      isMended = true;
      const { id } = bus.deadLetters.list({ group: 'main' })[0]!;
      const sent = await bus.deadLetters.redrive({ id });
      await bus.drain();

      expect([sent, attempts, bus.deadLetters.list().map((letter) => letter.group)]).toEqual([1, [1, 1], ['module']]);
      await bus.deadLetters.redrive({ group: 'module' });
      await bus.drain();
      expect(log.runs().map((run) => run.attempt)).toEqual([1, 1]);
      expect(bus.deadLetters.list(), 'rejected once more').toHaveLength(1);
      expect(bus.getStats().perGroup).toMatchObject({ main: { acknowledged: 1, deadLettered: 0 }, module: { deadLettered: 1 } });
      expectBalance(bus);
    });

    it('asked for twice at once go once', async () => {
      const bus = create();
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g' });
      await bus.start();
      await bus.publish(step(1, { script: ['reject'] }));
      await bus.drain();

      const { id } = bus.deadLetters.list()[0]!;
      const answers = await Promise.all([
        codeOf(bus.deadLetters.redrive({ id })),
        codeOf(bus.deadLetters.redrive({ id })),
        bus.deadLetters.redrive({}),
      ]);
      await bus.drain();

      expect(answers).toEqual(['resolved', 'QT_DEAD_LETTER_UNKNOWN', 0]);
      expect(log.length).toBe(2);
    });

    it('of an unsubscribed handler are kept and not sent', async () => {
      const bus = create();
      const subscription = bus.subscribe('a', () => {
        throw new RejectEvent('no');
      });
      await bus.start();
      await bus.publish({ type: 'a', payload: {} });
      await bus.drain();
      subscription.unsubscribe();
      let runs = 0;
      bus.subscribe('b', () => runs++, { group: 'next' });

      expect(await bus.deadLetters.redrive({})).toBe(0);
      await bus.publish({ type: 'b', payload: {} });
      await bus.drain();

      expect(bus.deadLetters.length).toBe(1);
      expect(bus.getStats().perGroup['next']).toMatchObject({ dispatched: 1, acknowledged: 1, pending: 0 });
      expectBalance(bus);
    });

    it('beyond their bound are forgotten, oldest first, and counted', async () => {
      const bus = create({ deadLettersMax: 3 });
      bus.subscribe('contract.step', scripted(new SharedLog()), { group: 'g', retry: { maxRetries: 0 } });
      await bus.start();

      await bus.publishBatch(steps(5, () => ({ script: ['throw'] })));
      await bus.drain();

      expect(bus.deadLetters.list().map((letter) => letter.event?.payload['id'])).toEqual([3, 4, 5]);
      expect(bus.deadLetters.forgotten).toBe(2);
      expectBalance(bus);
    });
  });
}
