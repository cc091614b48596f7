import { describe, expect, it } from 'vitest';
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import { expectBalance } from '../support/books.ts';
import { SharedLog } from '../support/shared-log.ts';
import { scripted, step, steps } from '../support/steps.ts';
import type { CreateBus } from './bus-contract.ts';

/** Groups, order, patterns, filters and derived events. */
export function deliveryContract(create: CreateBus): void {
  describe('delivery', () => {
    it('gives every event to every group once', async () => {
      const bus = create({ workers: 2 });
      const logs = [new SharedLog(), new SharedLog(), new SharedLog()];
      logs.forEach((log, i) => bus.subscribe('contract.step', scripted(log), { group: `g${i}` }));
      await bus.start();

      await bus.publishBatch(steps(300, (id) => ({ symbol: `S${id % 7}` })));
      await bus.drain();

      for (const log of logs) expect(log.ids().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
      expectBalance(bus);
    });

    it('shares the events of a group among its subscriptions, one key with one owner', async () => {
      const bus = create();
      const owners = new Map<string, Set<string>>();
      const seen: number[] = [];
      const take = (name: string) => (event: QtEvent) => {
        const { symbol, id } = event.payload as { symbol: string; id: number };
        owners.set(symbol, (owners.get(symbol) ?? new Set()).add(name));
        seen.push(id);
      };
      bus.subscribe('contract.step', take('first'), { group: 'shared' });
      bus.subscribe('contract.step', take('second'), { group: 'shared' });
      await bus.start();

      await bus.publishBatch(steps(200, (id) => ({ symbol: `S${id % 40}` })));
      await bus.drain();

      expect(seen).toHaveLength(200);
      expect([...owners.values()].every((names) => names.size === 1)).toBe(true);
      expect(new Set([...owners.values()].flatMap((names) => [...names]))).toEqual(new Set(['first', 'second']));
    });

    it('gives a broadcast to every member, in order', async () => {
      const bus = create({ workers: 2 });
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'all', broadcast: true });
      await bus.start();

      await bus.publishBatch(steps(50));
      await bus.drain();

      const { members } = bus.getStats().perGroup['all']!;
      const byThread = [...Map.groupBy(log.runs(), (run) => run.thread).values()];
      expect(byThread).toHaveLength(members);
      for (const runs of byThread) expect(runs.map((run) => run.id)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      expectBalance(bus);
    });

    it('keeps the order of a key', async () => {
      const bus = create({ workers: 2 });
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g' });
      await bus.start();

      await bus.publishBatch(steps(2000, (id) => ({ symbol: `S${id % 13}` })));
      await bus.drain();

      for (const ids of Map.groupBy(log.ids(), (id) => id % 13).values()) expect(ids).toEqual(ids.toSorted((a, b) => a - b));
      expect(log.length).toBe(2000);
    });

    it('matches `*` with one segment and a final `**` with the rest', async () => {
      const bus = create();
      const wanted: Record<string, string[]> = {
        'a.*': ['a.b', 'a.c'],
        'a.**': ['a.b', 'a.c', 'a.b.c'],
        '*.b': ['a.b'],
        'a.*.c': ['a.b.c'],
        '**': ['a', 'a.b', 'a.c', 'a.b.c'],
        a: ['a'],
      };
      const received: Record<string, string[]> = {};
      for (const pattern of Object.keys(wanted)) bus.subscribe(pattern, (event) => (received[pattern] ??= []).push(event.type));
      await bus.start();

      await bus.publishBatch(['a', 'a.b', 'a.c', 'a.b.c'].map((type) => ({ type, payload: {} })));
      await bus.drain();

      expect(received).toEqual(wanted);
    });

    it('takes a list of patterns as one subscription, once per event', async () => {
      const bus = create();
      const received: string[] = [];
      bus.subscribe(['a.*', 'a.b', 'c'], (event) => received.push(event.type));
      await bus.start();

      await bus.publishBatch(['a.b', 'c', 'd'].map((type) => ({ type, payload: {} })));
      await bus.drain();

      expect(received).toEqual(['a.b', 'c']);
    });

    it('acknowledges what a filter refuses, for rules as for functions', async () => {
      const bus = create();
      const log = new SharedLog();
      const received: number[] = [];
      bus.subscribe('contract.step', scripted(log), {
        group: 'rules',
        filter: [
          { field: 'id', op: '>', value: 2 },
          { field: 'symbol', op: 'in', value: ['A', 'B'] },
        ],
      });
      bus.subscribe('contract.step', (event) => received.push(event.payload['id'] as number), {
        group: 'function',
        filter: (event) => event.payload['id'] === 1,
      });
      await bus.start();

      await bus.publishBatch([step(1), step(2), step(3), step(4, { symbol: 'C' }), step(5, { symbol: 'B' })]);
      await bus.drain();

      expect(log.ids()).toEqual([3, 5]);
      expect(received).toEqual([1]);
      expect(bus.getStats().perGroup).toMatchObject({
        rules: { acknowledged: 5, filtered: 3 },
        function: { acknowledged: 5, filtered: 4 },
      });
    });

    it('treats a filter that throws as a handler that throws', async () => {
      const bus = create();
      let received = 0;
      const filter = (event: QtEvent): boolean => (event.payload as unknown as { deep: { field: string } }).deep.field === 'x';
      bus.subscribe('test.event', () => received++, { group: 'g', filter, retry: { maxRetries: 0 } });
      await bus.start();

      await bus.publishBatch([
        { type: 'test.event', payload: {} },
        { type: 'test.event', payload: { deep: { field: 'x' } } },
      ]);
      await bus.drain();

      expect(received).toBe(1);
      expect(bus.deadLetters.list()).toMatchObject([{ reason: 'RETRIES_EXHAUSTED', attempts: 1, error: { name: 'TypeError' } }]);
      expectBalance(bus);
    });

    it('gives frozen events with id, run, times and priority', async () => {
      const bus = create({ runId: 'run', source: 'desk' });
      const received: QtEvent[] = [];
      bus.subscribe('contract.step', (event) => received.push(event));
      await bus.start();

      await bus.publish(step(1, { timestamp: 5, priority: 'HIGH', correlationId: 'c-1' }));
      await bus.drain();

      const [event] = received;
      expect(Object.isFrozen(event)).toBe(true);
      expect(event).toMatchObject({ id: 'run-1', runId: 'run', seq: 1, timestamp: 5, key: 'A', v: 1, causeSeq: 0, emitIndex: 0 });
      expect(event).toMatchObject({ priority: 'HIGH', source: 'desk', correlationId: 'c-1', causationId: null });
      expect(event!.tsInitUs).toBeGreaterThan(1_600_000_000_000_000);
    });
  });

  describe('derived events', () => {
    it('carry cause, correlation, source and order', async () => {
      const bus = create({ runId: 'run' });
      const received: QtEvent[] = [];
      bus.subscribe('contract.step', scripted(new SharedLog()), { group: 'deriver' });
      bus.subscribe('contract.echo', (event) => received.push(event));
      await bus.start();

      await bus.publish(step(7, { emit: 2, timestamp: 1000 }));
      await bus.publish(step(8, { emit: 1, correlationId: 'chain' }));
      await bus.drain();

      expect(received).toMatchObject([
        {
          payload: { id: 7, n: 0, attempt: 1 },
          causeSeq: 1,
          emitIndex: 0,
          causationId: 'run-1',
          correlationId: 'run-1',
          source: 'deriver',
          timestamp: 1000,
        },
        {
          payload: { id: 7, n: 1, attempt: 1 },
          causeSeq: 1,
          emitIndex: 1,
          causationId: 'run-1',
          correlationId: 'run-1',
          source: 'deriver',
          timestamp: 1000,
        },
        { payload: { id: 8, n: 0, attempt: 1 }, correlationId: 'chain', source: 'deriver' },
      ]);
    });

    it('leave only when their handler succeeds, from its last attempt', async () => {
      const bus = create();
      const received: unknown[] = [];
      bus.subscribe('contract.step', scripted(new SharedLog()), { group: 'deriver', retry: { maxRetries: 1, backoffMs: [1] } });
      bus.subscribe('contract.echo', (event) => received.push(event.payload));
      await bus.start();

      await bus.publishBatch([
        step(1, { emit: 1, script: ['throw', 'ok'] }),
        step(2, { emit: 1, script: ['later-throw', 'later'], symbol: 'B' }),
        step(3, { emit: 1, script: ['throw', 'throw'], symbol: 'C' }),
        step(4, { emit: 1, script: ['reject'], symbol: 'D' }),
      ]);
      await bus.drain();

      expect(received.toSorted((a, b) => (a as { id: number }).id - (b as { id: number }).id)).toEqual([
        { id: 1, n: 0, attempt: 2 },
        { id: 2, n: 0, attempt: 2 },
      ]);
      expectBalance(bus);
    });

    it('of a main-thread handler carry the given source', async () => {
      const bus = create();
      const received: QtEvent[] = [];
      bus.subscribe('a', (event, ctx) => ctx.publish({ type: 'b', payload: { from: event.seq } }), { group: 'g', source: 'desk' });
      bus.subscribe('b', (event) => received.push(event));
      await bus.start();

      await bus.publish({ type: 'a', payload: {} });
      await bus.drain();

      expect(received).toMatchObject([{ payload: { from: 1 }, causeSeq: 1, source: 'desk' }]);
    });

    it('cannot be published once the handler has finished', async () => {
      const bus = create();
      const contexts: HandlerContext[] = [];
      bus.subscribe('a', (_event, ctx) => contexts.push(ctx));
      bus.subscribe('a', async (_event, ctx) => {
        await Promise.resolve();
        contexts.push(ctx);
      });
      await bus.start();

      await bus.publish({ type: 'a', payload: {} });
      await bus.drain();

      expect(contexts).toHaveLength(2);
      for (const ctx of contexts) {
        expect(() => ctx.publish({ type: 'b', payload: {} })).toThrow(expect.objectContaining({ code: 'QT_HANDLER_CONTEXT_CLOSED' }));
        expect(() => ctx.now()).toThrow(expect.objectContaining({ code: 'QT_HANDLER_CONTEXT_CLOSED' }));
      }
    });

    it('that are wrong reject their cause and lose nothing else', async () => {
      const bus = create();
      bus.subscribe('contract.step', (_event, ctx) => ctx.publish({ type: 'contract.echo', payload: { id: 'one' } }), { group: 'wrong' });
      let others = 0;
      bus.subscribe('contract.step', () => others++);
      await bus.start();

      await bus.publish(step(1));
      await bus.drain();

      expect(bus.deadLetters.list()).toMatchObject([{ group: 'wrong', reason: 'REJECTED', error: { code: 'QT_EVENT_PAYLOAD_INVALID' } }]);
      expect(others).toBe(1);
      expectBalance(bus);
    });
  });
}
