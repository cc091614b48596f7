import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEventBus, moduleHandler, type BusOptions, type EventBus, type EventInput } from '../../src/index.ts';

const handlers = new URL('../support/handlers/graph.ts', import.meta.url);
const shapes: BusOptions[] = [
  { mode: 'inline' },
  { mode: 'threads', workers: 1 },
  { mode: 'threads', workers: 2 },
  { mode: 'threads', workers: 3 },
];

const node = fc.record({
  symbol: fc.constantFrom('S0', 'S1', 'S2', 'S3', 'S4'),
  depth: fc.integer({ min: 0, max: 3 }),
  fan: fc.integer({ min: 0, max: 2 }),
  path: fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('a', 'b', 'c') }),
  fails: fc.boolean(),
});

describe('a bus in lockstep', () => {
  const buses: EventBus[] = [];

  beforeAll(async () => {
    for (const shape of shapes) {
      const bus = createEventBus({
        ...shape,
        lockstep: true,
        runId: 'run',
        historyLength: 20_000,
        retry: { maxRetries: 1, backoffMs: [1] },
      });
      bus.subscribe('graph.node', moduleHandler(handlers, 'onNode'), { group: 'left' });
      bus.subscribe('graph.node', moduleHandler(handlers, 'onNode'), { group: 'right_hand' });
      bus.subscribe('graph.*', () => {}, { group: 'listener' });
      buses.push(bus);
    }
    await Promise.all(buses.map((bus) => bus.start()));
  });

  afterAll(async () => {
    await Promise.all(buses.map((bus) => bus.stop()));
  });

  it('commits the same log on one thread and on any number of workers', async () => {
    let from = 0;
    const run = fc.asyncProperty(fc.array(node, { minLength: 1, maxLength: 4 }), fc.boolean(), async (nodes, isBatch) => {
      const inputs = nodes.map((payload, i): EventInput => ({
        type: 'graph.node',
        key: payload.symbol,
        payload,
        timestamp: 1_000 + from + i,
      }));
      await Promise.all(
        buses.map(async (bus) => {
          if (isBatch) await bus.publishBatch(inputs);
          else for (const input of inputs) await bus.publish(input);
          await bus.drain();
        }),
      );

      const logs = buses.map((bus) => logOf(bus, from));
      from = buses[0]!.getStats().published;
      expect(logs[0]!.length).toBeGreaterThanOrEqual(nodes.length);
      for (const [i, log] of logs.entries()) expect(log, `log of ${JSON.stringify(shapes[i])}`).toEqual(logs[0]);
    });
    await fc.assert(run, { numRuns: 25 });
  });
});

/** Everything that a replay must reproduce, of the events after `from`, in commit order. */
function logOf(bus: EventBus, from: number): unknown[] {
  return bus
    .getHistory({ limit: 20_000 })
    .filter((event) => event.seq > from)
    .map(({ seq, type, key, payload, causeSeq, emitIndex, source, timestamp, correlationId }) => {
      return [seq, type, key, payload, causeSeq, emitIndex, source, timestamp, correlationId];
    })
    .toReversed();
}
