import { describe, expect, it } from 'vitest';
import type { QtEvent } from '../../src/index.ts';
import { codeOf, expectBalance } from '../support/books.ts';
import { SharedLog } from '../support/shared-log.ts';
import { scripted, steps } from '../support/steps.ts';
import type { CreateBus } from './bus-contract.ts';

const plain = (id: number, type = 'a.b') => ({ type, payload: { id } });
const idOf = (event: QtEvent): unknown => event.payload['id'];

/** `events`, `once` and the history. */
export function streamContract(create: CreateBus): void {
  describe('events()', () => {
    it('iterates what is published, in order, until its signal aborts', async () => {
      const bus = create();
      await bus.start();
      const controller = new AbortController();
      const events = bus.events('a.*', { signal: controller.signal });
      await bus.publishBatch([plain(1), plain(2), plain(3, 'b'), plain(4, 'a.c')]);

      const seen: unknown[] = [];
      for await (const event of events) {
        seen.push(idOf(event));
        if (seen.length === 3) controller.abort();
      }

      expect(seen).toEqual([1, 2, 4]);
      expect(bus.getStats().totalHandlers).toBe(0);
    });

    it('holds publishers back when its reader is behind, and loses nothing', async () => {
      const bus = create({ ringBytes: 65_536 });
      await bus.start();
      const events = bus.events('a.b', { highWater: 4 });
      const pad = 'x'.repeat(500);

      const published = Promise.all(Array.from({ length: 12_000 }, (_, id) => bus.publish({ type: 'a.b', payload: { id, pad } })));
      await new Promise(setImmediate);
      const { publishersWaiting } = bus.getStats();
      let next = 0;
      for await (const event of events) {
        expect(idOf(event)).toBe(next++);
        if (next === 12_000) break;
      }
      await published;
      await bus.drain();

      expect(publishersWaiting).toBeGreaterThan(0);
      expectBalance(bus);
    });

    it('filters', async () => {
      const bus = create();
      await bus.start();
      const events = bus.events('a.b', { filter: { field: 'id', op: '>=', value: 2 } });

      await bus.publishBatch([plain(1), plain(2), plain(3)]);
      const first = await events.next();
      await events.return!();

      expect(idOf(first.value as QtEvent)).toBe(2);
    });

    it('ends when the bus stops, also for a reader that waits', async () => {
      const bus = create();
      await bus.start();
      const events = bus.events('a.b');
      const waiting = events.next();

      await bus.stop();

      expect(await waiting).toEqual({ done: true, value: undefined });
      expect(await events.next()).toEqual({ done: true, value: undefined });
    });

    it('of a reader that never comes back do not keep the bus from stopping', async () => {
      const bus = create();
      await bus.start();
      bus.events('a.b', { highWater: 1 });
      await bus.publishBatch([plain(1), plain(2)]);

      const { pending } = await bus.stop({ drainTimeoutMs: 20 });

      expect(pending).toBeGreaterThan(0);
    });

    it('with an aborted signal is over before it began', async () => {
      const bus = create();
      await bus.start();

      expect(await bus.events('a.b', { signal: AbortSignal.abort() }).next()).toEqual({ done: true, value: undefined });
      expect(bus.getStats().totalHandlers).toBe(0);
    });
  });

  describe('once()', () => {
    it('resolves with the next matching event and unsubscribes', async () => {
      const bus = create();
      await bus.start();

      const next = bus.once('a.*', { filter: (event) => event.payload['id'] === 2 });
      await bus.publishBatch([plain(1), plain(2), plain(2)]);

      expect(idOf(await next)).toBe(2);
      await bus.drain();
      expect(bus.getStats().totalHandlers).toBe(0);
      expectBalance(bus);
    });

    it('rejects after its time, on abort, and when the bus stops', async () => {
      const bus = create();
      await bus.start();
      const controller = new AbortController();
      const reason = new Error('enough');

      const late = codeOf(bus.once('a.b', { timeoutMs: 5 }));
      const aborted = bus.once('a.b', { signal: controller.signal }).catch((error: unknown) => error);
      const dead = bus.once('a.b', { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error);
      const stopped = codeOf(bus.once('a.b'));
      controller.abort(reason);
      const answers = [await late, await aborted, await dead];
      await bus.stop();

      expect(answers).toEqual(['QT_BUS_WAIT_TIMEOUT', reason, reason]);
      expect(await stopped).toBe('QT_BUS_NOT_RUNNING');
      expect(bus.getStats().totalHandlers).toBe(0);
    });

    it('in a loop leaves no member behind', async () => {
      const bus = create();
      await bus.start();

      for (let id = 0; id < 3000; id++) {
        const next = bus.once('a.b');
        bus.tryPublish(plain(id));
        expect(idOf(await next)).toBe(id);
      }
      await bus.drain();

      expect(bus.getStats()).toMatchObject({ published: 3000, acknowledged: 3000, members: 0, totalHandlers: 0 });
    });
  });

  describe('history', () => {
    it('gives the latest events, newest first, by type, source and limit', async () => {
      const bus = create({ historyLength: 5 });
      await bus.start();
      await bus.publishBatch([plain(1), plain(2), { ...plain(3), source: 'desk' }, plain(4, 'b'), plain(5), plain(6), plain(7)]);

      expect(bus.getHistory().map(idOf)).toEqual([7, 6, 5, 4, 3]);
      expect(bus.getHistory({ type: 'a.*' }).map(idOf)).toEqual([7, 6, 5, 3]);
      expect(bus.getHistory({ source: 'desk' }).map(idOf)).toEqual([3]);
      expect(bus.getHistory({ limit: 2 }).map(idOf)).toEqual([7, 6]);
      expect(bus.getHistory({ limit: 0 })).toEqual([]);
    });

    it('holds derived events with their source', async () => {
      const bus = create();
      bus.subscribe('contract.step', scripted(new SharedLog()), { group: 'deriver' });
      await bus.start();

      await bus.publishBatch(steps(1, () => ({ emit: 2 })));
      await bus.drain();

      expect(bus.getHistory({ source: 'deriver' }).map((event) => event.payload['n'])).toEqual([1, 0]);
    });

    it('keeps large events whole', async () => {
      const bus = create({ historyLength: 40 });
      await bus.start();
      const text = (id: number): string => String.fromCharCode(97 + (id % 26)).repeat(100_000);

      for (let id = 0; id < 60; id++) await bus.publish({ type: 'a.b', payload: { id, text: text(id) } });

      const history = bus.getHistory();
      expect(history.map(idOf)).toEqual(Array.from({ length: 40 }, (_, i) => 59 - i));
      for (const event of history) expect(event.payload['text'] === text(event.payload['id'] as number)).toBe(true);
    });

    it('of length 0 is empty', async () => {
      const bus = create({ historyLength: 0 });
      await bus.start();

      await bus.publish(plain(1));

      expect(bus.getHistory()).toEqual([]);
    });
  });
}
