import { describe, expect, it } from 'vitest';
import { moduleHandler, type BusOptions, type EventInput } from '../../src/index.ts';
import { codeOf, expectBalance } from '../support/books.ts';
import { oddities, throwIt } from '../support/oddities.ts';
import { SharedLog } from '../support/shared-log.ts';
import { scripted, step } from '../support/steps.ts';
import type { CreateBus } from './bus-contract.ts';

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;
const good = { id: 1, symbol: 'A', script: [], emit: 0, pad: '' };

const badEvents: [string, unknown, string][] = [
  ['no object', null, 'QT_EVENT_ENVELOPE_INVALID'],
  ['a string', 'contract.step', 'QT_EVENT_ENVELOPE_INVALID'],
  ['no type', { payload: {} }, 'QT_EVENT_TOPIC_INVALID'],
  ['a type in capitals', { type: 'Trade.Executed', payload: {} }, 'QT_EVENT_TOPIC_INVALID'],
  ['a pattern', { type: 'trade.*', payload: {} }, 'QT_EVENT_TOPIC_INVALID'],
  ['an empty type', { type: '', payload: {} }, 'QT_EVENT_TOPIC_INVALID'],
  ['an endless type', { type: 'a'.repeat(5000), payload: {} }, 'QT_EVENT_TOPIC_INVALID'],
  ['no payload', { type: 'a.b' }, 'QT_EVENT_PAYLOAD_INVALID'],
  ['a list as payload', { type: 'a.b', payload: [] }, 'QT_EVENT_PAYLOAD_INVALID'],
  ['a field missing', { type: 'contract.step', payload: { id: 1 } }, 'QT_EVENT_PAYLOAD_INVALID'],
  ['a field of another kind', { type: 'contract.step', payload: { ...good, id: 'one' } }, 'QT_EVENT_PAYLOAD_INVALID'],
  ['a key that is no string', { type: 'a.b', payload: {}, key: 5 }, 'QT_EVENT_ENVELOPE_INVALID'],
  ['a time before 1970', { type: 'a.b', payload: {}, timestamp: -1 }, 'QT_EVENT_ENVELOPE_INVALID'],
  ['half a microsecond', { type: 'a.b', payload: {}, timestamp: 0.5 }, 'QT_EVENT_ENVELOPE_INVALID'],
  ['an unknown priority', { type: 'a.b', payload: {}, priority: 'URGENT' }, 'QT_EVENT_ENVELOPE_INVALID'],
  ['a function', { type: 'a.b', payload: { f: () => 1 } }, 'QT_CODEC_UNSUPPORTED_VALUE'],
  ['a symbol', { type: 'a.b', payload: { s: Symbol('s') } }, 'QT_CODEC_UNSUPPORTED_VALUE'],
  ['a Map', { type: 'a.b', payload: { m: new Map() } }, 'QT_CODEC_UNSUPPORTED_VALUE'],
  ['a cycle', { type: 'a.b', payload: cycle }, 'QT_CODEC_UNSUPPORTED_VALUE'],
  ['too many bytes', { type: 'a.b', payload: { text: 'x'.repeat(200_000) } }, 'QT_CODEC_TOO_LARGE'],
];

const badOptions: [keyof BusOptions, unknown][] = [
  ['workers', 0],
  ['workers', 1.5],
  ['ringBytes', 100_000],
  ['ringBytes', 1024],
  ['historyLength', -1],
  ['deadLettersMax', 0],
  ['processingTimeoutMs', 0],
  ['fullPolicy', 'explode'],
  ['mode', 'cluster'],
  ['retry', { maxRetries: 1000 }],
  ['retry', { maxRetries: 1, backoffMs: [-5] }],
  ['retry', { maxRetries: 1, backoffMs: [] }],
  ['workerHeapMb', 1],
];

/** Every coded refusal: nothing is lost, and the bus works as before. */
export function badInputContract(create: CreateBus): void {
  describe('bad input', () => {
    it('is refused with a code at publish, tryPublish and publishBatch, and the bus goes on', async () => {
      const bus = create({ ringBytes: 1 << 20, replyBytes: 1 << 20 });
      const log = new SharedLog();
      bus.subscribe('contract.step', scripted(log), { group: 'g' });
      await bus.start();

      let id = 0;
      for (const [what, input, code] of badEvents) {
        expect(await codeOf(bus.publish(input as EventInput)), `publish ${what}`).toBe(code);
        expect(() => bus.tryPublish(input as EventInput), `tryPublish ${what}`).toThrow(expect.objectContaining({ code }));
        const batch = bus.publishBatch([step(++id), input as EventInput, step(-1)]);
        await expect(batch, `publishBatch ${what}`).rejects.toMatchObject({ code, details: { published: 1 } });
        await bus.publish(step(++id));
      }
      await bus.drain();

      expect(log.ids()).toEqual(Array.from({ length: id }, (_, i) => i + 1));
      expectBalance(bus);
    });

    it.each(badOptions)('option %s of %j is refused by name', (field, value) => {
      // `mode` is given by the suite's own factory, and inline buses have no workers.
      if (field === 'mode') return;
      const refused = (): unknown => create({ [field]: value } as BusOptions);

      if (field === 'workers' && isWithoutWorkers(create)) return;
      expect(refused).toThrow(expect.objectContaining({ code: 'QT_OPTION_INVALID', message: expect.stringContaining(field) }));
    });

    it('is refused at subscribe', async () => {
      const bus = create();
      const handler = (): void => {};
      const module = moduleHandler('file:///nowhere.ts');
      const cases: [() => unknown, string][] = [
        [() => bus.subscribe('Not.Lower', handler), 'QT_EVENT_TOPIC_INVALID'],
        [() => bus.subscribe('a.**.b', handler), 'QT_EVENT_TOPIC_INVALID'],
        [() => bus.subscribe([], handler), 'QT_BUS_SUBSCRIPTION_INVALID'],
        [() => bus.subscribe('a', undefined as never), 'QT_BUS_SUBSCRIPTION_INVALID'],
        [() => bus.subscribe('a', handler, { group: 'with space' }), 'QT_BUS_SUBSCRIPTION_INVALID'],
        [() => bus.subscribe('a', handler, { concurrency: 0 }), 'QT_OPTION_INVALID'],
        [() => bus.subscribe('a', handler, { processingTimeoutMs: -1 }), 'QT_OPTION_INVALID'],
        [() => bus.subscribe('a', handler, { priority: 'URGENT' as never }), 'QT_OPTION_INVALID'],
        [() => bus.subscribe('a', handler, { filter: { field: 'x', op: '~' as never } }), 'QT_BUS_SUBSCRIPTION_INVALID'],
        [() => bus.subscribe('a', handler, { filter: { field: 'x', op: 'in', value: 5 } }), 'QT_BUS_SUBSCRIPTION_INVALID'],
        [() => bus.subscribe('a', module, { filter: () => true }), 'QT_BUS_SUBSCRIPTION_INVALID'],
        [() => bus.subscribe('a', module, { concurrency: 32 }), 'QT_OPTION_INVALID'],
        [() => bus.events('Not.Lower'), 'QT_EVENT_TOPIC_INVALID'],
      ];

      for (const [i, [action, code]] of cases.entries()) expect(action, `case ${i}`).toThrow(expect.objectContaining({ code }));
      expect(await codeOf(bus.once('Not.Lower'))).toBe('QT_EVENT_TOPIC_INVALID');
      expect(bus.getStats()).toMatchObject({ totalHandlers: 0, members: 0 });
    });

    it('cannot change an event that a handler holds', async () => {
      const bus = create();
      let refused = 0;
      bus.subscribe('a.b', (event) => {
        try {
          (event as { seq: number }).seq = 5;
        } catch {
          refused++;
        }
      });
      await bus.start();

      await bus.publish({ type: 'a.b', payload: {} });
      await bus.drain();

      expect(refused).toBe(1);
    });

    it('thrown by a handler, whatever it is, becomes a small dead letter', async () => {
      const bus = create();
      for (const [name, thrown] of Object.entries(oddities())) {
        bus.subscribe('a.b', () => throwIt(thrown), { group: `sync-${name}`, retry: { maxRetries: 0 } });
        bus.subscribe('a.b', () => Promise.reject(thrown as Error), { group: `async-${name}`, retry: { maxRetries: 0 } });
      }
      await bus.start();

      await bus.publish({ type: 'a.b', payload: {} });
      await bus.drain();

      expect(bus.deadLetters.length).toBe(2 * Object.keys(oddities()).length);
      for (const { error, group } of bus.deadLetters.list()) {
        expect(error.code, group).toBe('QT_HANDLER_FAILED');
        expect(error.message.length, group).toBeLessThanOrEqual(2000);
      }
      expectBalance(bus);
    });
  });
}

function isWithoutWorkers(create: CreateBus): boolean {
  try {
    create({ workers: 0 });
    return true;
  } catch {
    return false;
  }
}
