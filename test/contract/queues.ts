import { describe, expect, it } from 'vitest';
import { defineEvent, FULL, LIMITED, Type, type EventBus, type EventInput } from '../../src/index.ts';
import { codeOf, expectBalance } from '../support/books.ts';
import { SharedLog } from '../support/shared-log.ts';
import { scripted, step, steps } from '../support/steps.ts';
import type { BusPromises, CreateBus } from './bus-contract.ts';

const small = { ringBytes: 65_536, replyBytes: 65_536, workers: 1 };
const numbers = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
const padded = (id: number): EventInput => step(id, { pad: 400 });

const Delayed = defineEvent('contract.delayed', {
  payload: Type.Object({ id: Type.Integer() }),
  rateLimit: { perSecond: 200, burst: 2, onLimit: 'delay' },
});
const Dropped = defineEvent('contract.dropped', {
  payload: Type.Object({ id: Type.Integer() }),
  rateLimit: { perSecond: 0.001, burst: 2, onLimit: 'drop' },
});
const Slow = defineEvent('contract.slow', {
  payload: Type.Object({ id: Type.Integer() }),
  rateLimit: { perSecond: 0.001, burst: 1, onLimit: 'delay' },
});

/** Bounded queues, priorities and rate limits. */
export function queueContract(create: CreateBus, promises: BusPromises): void {
  /** A started bus whose queue is not emptied until the gate opens or, without threads, this turn of the loop ends. */
  async function stalled(bus: EventBus, log: SharedLog): Promise<void> {
    bus.subscribe('contract.step', scripted(log), { group: 'g' });
    await bus.start();
    if (!promises.threads) return;
    await bus.publish(step(0, { script: ['block'] }));
    await log.reached(1);
  }

  const withoutFirst = (log: SharedLog): number[] => log.ids().filter((id) => id !== 0);

  describe('a full queue', () => {
    it('makes publishers wait, and lets them in again in order', async () => {
      const bus = create({ ...small, fullPolicy: 'wait' });
      const log = new SharedLog();
      await stalled(bus, log);

      const receipts = numbers(1, 1000).map((id) => bus.publish(padded(id)));
      const { publishersWaiting } = bus.getStats();
      log.open();
      const seqs = (await Promise.all(receipts)).map((receipt) => receipt.seq);
      await bus.drain();

      expect(publishersWaiting).toBeGreaterThan(500);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      expect(withoutFirst(log)).toEqual(numbers(1, 1000));
      expectBalance(bus);
    });

    it('rejects publishers if that is the policy, and takes what comes later', async () => {
      const bus = create({ ...small, fullPolicy: 'reject' });
      const log = new SharedLog();
      await stalled(bus, log);

      const receipts = numbers(1, 500).map((id) => codeOf(bus.publish(padded(id))));
      log.open();
      const answers = await Promise.all(receipts);
      await bus.drain();
      await bus.publish(padded(501));
      await bus.drain();

      const accepted = answers.filter((answer) => answer === 'resolved').length;
      expect(accepted).toBeGreaterThan(20);
      expect(new Set(answers)).toEqual(new Set(['resolved', 'QT_BUS_FULL']));
      expect(withoutFirst(log)).toEqual([...numbers(1, accepted), 501]);
      expectBalance(bus);
    });

    it('drops the newest if that is the policy, and counts them', async () => {
      const bus = create({ ...small, fullPolicy: 'dropNewest' });
      const log = new SharedLog();
      await stalled(bus, log);
      const before = bus.getStats().dispatched;

      for (const id of numbers(1, 500)) expect(bus.tryPublish(padded(id))).toBeGreaterThan(0);
      log.open();
      await bus.drain();

      const delivered = withoutFirst(log);
      expect(delivered.length).toBeGreaterThan(20);
      expect(delivered).toEqual(numbers(1, delivered.length));
      expect(bus.getStats().perGroup['g']).toMatchObject({ dispatched: 500 + before, dropped: 500 - delivered.length });
      expectBalance(bus);
    });

    it('drops the oldest that wait outside the ring if that is the policy, and counts them', async () => {
      const bus = create({ ...small, fullPolicy: 'dropOldest', overflowBytesMax: 20_000 });
      const log = new SharedLog();
      await stalled(bus, log);

      for (const id of numbers(1, 500)) expect(bus.tryPublish(padded(id))).toBeGreaterThan(0);
      log.open();
      await bus.drain();

      const delivered = withoutFirst(log);
      const inRing = delivered.findIndex((id, i) => id !== i + 1);
      expect(inRing).toBeGreaterThan(20);
      expect(delivered.slice(inRing)).toEqual(numbers(500 - (delivered.length - inRing) + 1, 500));
      expect(bus.getStats().dropped).toBe(500 - delivered.length);
      expectBalance(bus);
    });

    it('makes tryPublish say FULL and nothing else', async () => {
      const bus = create({ ...small });
      const log = new SharedLog();
      await stalled(bus, log);

      const answers = numbers(1, 500).map((id) => bus.tryPublish(padded(id)));
      log.open();
      await bus.drain();

      const refused = answers.findIndex((answer) => answer < 0);
      expect(answers.slice(refused).every((answer) => answer === FULL)).toBe(true);
      expect(withoutFirst(log)).toEqual(numbers(1, refused));
      expect(bus.tryPublish(padded(501))).toBeGreaterThan(0);
    });

    it('makes publishBatch wait in the middle and keep its order', async () => {
      const bus = create({ ...small });
      const log = new SharedLog();
      await stalled(bus, log);

      const receipt = bus.publishBatch(numbers(1, 1000).map(padded));
      log.open();
      const { count, firstSeq, lastSeq } = await receipt;
      await bus.drain();

      expect([count, lastSeq - firstSeq]).toEqual([1000, 999]);
      expect(withoutFirst(log)).toEqual(numbers(1, 1000));
      expectBalance(bus);
    });

    it('never refuses derived events, which wait outside it', async () => {
      const bus = create({ ...small });
      const log = new SharedLog();
      let echoes = 0;
      bus.subscribe('contract.echo', async () => {
        await Promise.resolve();
        echoes++;
      });
      bus.subscribe('contract.step', scripted(log), { group: 'g' });
      await bus.start();

      await bus.publishBatch(steps(400, (id) => ({ emit: 10, symbol: `S${id % 5}` })));
      await bus.drain();

      expect(echoes).toBe(4000);
      expectBalance(bus);
    });

    it('of derived events beyond overflowBytesMax gives dead letters, not silence', async () => {
      const bus = create({ ...small, overflowBytesMax: 1000 });
      let echoes = 0;
      bus.subscribe('contract.echo', () => void echoes++, { group: 'echoes' });
      bus.subscribe(
        'contract.step',
        (_event, ctx) => {
          for (let n = 0; n < 2000; n++) ctx.publish({ type: 'contract.echo', payload: { id: 1, n, attempt: 1 }, key: '1' });
        },
        { group: 'g' },
      );
      await bus.start();

      await bus.publish(step(1));
      await bus.drain();

      const { deadLettered } = bus.getStats();
      expect(deadLettered).toBeGreaterThan(0);
      expect(echoes + deadLettered).toBe(2000);
      expect(new Set(bus.deadLetters.list().map((letter) => letter.reason))).toEqual(new Set(['OVERFLOW']));
      expectBalance(bus);
    });
  });

  describe('priorities', () => {
    it('let CRITICAL overtake a backlog of every other kind', async () => {
      const bus = create({ workers: 1 });
      const log = new SharedLog();
      await stalled(bus, log);

      const backlog = steps(600, (id) => ({ priority: (['HIGH', 'NORMAL', 'LOW'] as const)[id % 3]! }));
      for (const event of backlog) bus.tryPublish(event);
      bus.tryPublish(step(9999, { priority: 'CRITICAL' }));
      // Published is not yet visible: that takes the end of this turn.
      await new Promise(setImmediate);
      log.open();
      await bus.drain();

      expect(withoutFirst(log).indexOf(9999)).toBe(0);
      expectBalance(bus);
    });

    it('do not starve LOW', async () => {
      const bus = create({ workers: 1 });
      const log = new SharedLog();
      await stalled(bus, log);

      for (const event of steps(1200, (id) => ({
        symbol: `S${id % 4}`,
        priority: id % 4 === 0 ? 'LOW' : id % 4 === 1 ? 'NORMAL' : 'HIGH',
      })))
        bus.tryPublish(event);
      log.open();
      await bus.drain();

      const ids = withoutFirst(log);
      const highDone = ids.findLastIndex((id) => id % 4 >= 2);
      expect(ids.slice(0, highDone).filter((id) => id % 4 === 0).length, 'LOW events before the last HIGH').toBeGreaterThan(30);
      expect(ids).toHaveLength(1200);
    });

    it('of a subscription keep the order of a key across the priorities of events', async () => {
      const bus = create({ workers: 1 });
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g', priority: 'HIGH' });
      await bus.start();

      const kinds = ['LOW', 'CRITICAL', 'NORMAL', 'HIGH'] as const;
      await bus.publishBatch(steps(400, (id) => ({ priority: kinds[id % 4]! })));
      await bus.drain();

      expect(log.ids()).toEqual(numbers(1, 400));
    });
  });

  describe('rate limits', () => {
    it('delay publishers and keep their order', async () => {
      const bus = create();
      const received: number[] = [];
      bus.subscribe(Delayed, (event) => received.push(event.payload.id));
      await bus.start();

      const startMs = performance.now();
      await Promise.all(numbers(1, 12).map((id) => bus.publish(Delayed.create({ id }))));
      const tookMs = performance.now() - startMs;
      await bus.drain();

      expect(received).toEqual(numbers(1, 12));
      expect(tookMs, '10 beyond the burst at 5 ms each').toBeGreaterThanOrEqual(48);
    });

    it('drop with seq 0 and a count', async () => {
      const bus = create();
      const received: number[] = [];
      bus.subscribe(Dropped, (event) => received.push(event.payload.id));
      await bus.start();

      const receipts = await Promise.all(numbers(1, 5).map((id) => bus.publish(Dropped.create({ id }))));
      const last = bus.tryPublish(Dropped.create({ id: 6 }));
      await bus.drain();

      expect(receipts.map((receipt) => receipt.seq)).toEqual([1, 2, 0, 0, 0]);
      expect([last, received, bus.getStats().rateLimited]).toEqual([LIMITED, [1, 2], 3]);
    });

    it('turn a waiting publisher away when the bus stops', async () => {
      const bus = create();
      await bus.start();
      await bus.publish(Slow.create({ id: 1 }));

      const waiting = codeOf(bus.publish(Slow.create({ id: 2 })));
      await bus.stop();

      expect(await waiting).toBe('QT_BUS_NOT_RUNNING');
    });

    it('refuse bad input at once', async () => {
      const bus = create();
      await bus.start();
      await bus.publish(Slow.create({ id: 1 }));

      expect(await codeOf(bus.publish({ type: 'contract.slow', payload: { id: 'two' } }))).toBe('QT_EVENT_PAYLOAD_INVALID');
    });
  });
}
