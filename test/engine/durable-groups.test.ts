import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createEventBus, defineEvent, Type, type BusOptions, type EventBus, type SubscribeOptions } from '../../src/index.ts';
import { openJournal, type Journal } from '../../src/journal/index.ts';

const Noted = defineEvent('durable.noted', { payload: Type.Object({ n: Type.Integer() }), key: ({ n }) => `k${n % 3}` });
const Other = defineEvent('durable.other', { payload: Type.Object({ n: Type.Integer() }) });

let directory: string;
let journal: Journal;
let bus: EventBus;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qt-durable-'));
});

afterEach(async () => {
  await bus.stop({ drainTimeoutMs: 0 });
  await journal.close();
  rmSync(directory, { recursive: true, force: true });
});

/** The next life of a process on the same journal. */
async function restart(options: BusOptions = {}): Promise<void> {
  if (journal !== undefined) {
    await bus.stop({ drainTimeoutMs: 0 });
    await journal.close();
  }
  journal = await openJournal(directory);
  bus = createEventBus({ mode: 'inline', log: journal, ...options });
}

beforeEach(() => {
  journal = undefined as unknown as Journal;
});

function collect(options: SubscribeOptions = {}, group = 'ledger'): number[] {
  const seen: number[] = [];
  bus.subscribe(Noted, (event) => void seen.push(event.payload.n), { group, durable: true, ...options });
  return seen;
}

async function publish(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) await bus.publish(Noted.create({ n }));
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('a durable group', () => {
  test('gets nothing again that it has acknowledged', async () => {
    await restart();
    expect(collect()).toEqual([]);
    await bus.start();
    await publish(1, 5);
    await bus.drain();
    await restart();
    const seen = collect();
    await bus.start();
    await publish(6, 8);
    await bus.drain();

    expect(seen).toEqual([6, 7, 8]);
    expect(bus.getStats().durable['ledger']).toMatchObject({ isLive: true });
  });

  test('continues with what it had not acknowledged, then with what comes, in order', async () => {
    await restart();
    bus.subscribe(Noted, (event) => (event.payload.n > 3 ? new Promise(() => {}) : undefined), {
      group: 'ledger',
      durable: true,
      concurrency: 1,
    });
    await bus.start();
    await publish(1, 9);
    await restart();
    const seen = collect();
    await bus.start();
    await publish(10, 12);
    await bus.drain();

    expect(seen).toEqual(upTo(4, 12));
  });

  test('gets what was published while nobody had subscribed it', async () => {
    await restart();
    collect();
    await bus.start();
    await publish(1, 2);
    await bus.drain();
    await restart();
    await bus.start();
    await publish(3, 5);
    await bus.publish(Other.create({ n: 1 }));
    await restart();
    const seen = collect();
    await bus.start();
    await bus.drain();

    expect(seen).toEqual([3, 4, 5]);
  });

  test.each<[string, SubscribeOptions['from'], number[]]>([
    ['latest', 'latest', [7]],
    ['earliest', 'earliest', upTo(1, 7)],
    ['a seq', { seq: 4 }, upTo(4, 7)],
    ['a seq beyond the end', { seq: 100 }, [7]],
    ['a time', { timeUs: 3_000_000 }, upTo(3, 7)],
    ['a time beyond the end', { timeUs: 9_000_000 }, [7]],
  ])('that is new begins at %s', async (_name, from, expected) => {
    await restart();
    await bus.start();
    for (let n = 1; n <= 6; n++) await bus.publish(Noted.create({ n }, { timestamp: n * 1_000_000 }));
    await restart();
    const seen = collect(from === undefined ? {} : { from });
    await bus.start();
    await publish(7, 7);
    await bus.drain();

    expect(seen).toEqual(expected);
  });

  test('keeps its place whatever "from" says', async () => {
    await restart();
    collect({ from: 'earliest' });
    await bus.start();
    await publish(1, 3);
    await bus.drain();
    await restart();
    const seen = collect({ from: 'earliest' });
    await bus.start();
    await bus.drain();

    expect(seen).toEqual([]);
  });

  test('that subscribes while the bus runs and publishers go on misses nothing and repeats nothing', async () => {
    await restart();
    await bus.start();
    await publish(1, 3000);
    const seen = collect({ from: 'earliest' });
    await publish(3001, 6000);
    await bus.drain();
    await publish(6001, 6010);
    await bus.drain();

    expect(seen).toEqual(upTo(1, 6010));
  });

  test('finds the event as it was: id, seq, times, key, source, causation', async () => {
    await restart({ source: 'desk' });
    bus.subscribe(Noted, (event, ctx) => ctx.publish(Other.create({ n: event.payload.n })), { group: 'maker' });
    await bus.start();
    await bus.publish(Noted.create({ n: 7 }, { timestamp: 5_000_000, correlationId: 'chain' }));
    await bus.drain();
    const before = bus
      .getHistory()
      .map((event) => JSON.stringify(event))
      .toReversed();
    await restart({ source: 'desk' });
    const seen: string[] = [];
    bus.subscribe('durable.*', (event) => void seen.push(JSON.stringify(event)), { group: 'auditor', durable: true, from: 'earliest' });
    await bus.start();
    await bus.drain();

    expect(seen).toEqual(before);
  });

  test('does not pass an event that is being retried', async () => {
    await restart();
    const attempts: number[] = [];
    bus.subscribe(
      Noted,
      (event) => {
        attempts.push(event.payload.n);
        if (event.payload.n === 2) throw new Error('not yet');
      },
      { group: 'ledger', durable: true, retry: { maxRetries: 1, backoffMs: [60_000] } },
    );
    await bus.start();
    await publish(1, 4);
    await vi.waitFor(() => expect(attempts).toEqual([1, 2, 3, 4]));
    await restart();
    const seen = collect();
    await bus.start();
    await bus.drain();

    expect(seen).toEqual([2, 3, 4]);
  });

  test('outlives its dead letters: they are there after a restart, with their history, and can be sent again', async () => {
    await restart();
    bus.subscribe(
      Noted,
      () => {
        throw new Error('no');
      },
      { group: 'ledger', durable: true, retry: { maxRetries: 1, backoffMs: [1] } },
    );
    await bus.start();
    await publish(1, 1);
    await bus.drain();
    const [letter] = bus.deadLetters.list();
    await restart();
    const seen = collect();
    await bus.start();
    const [restored] = bus.deadLetters.list();

    expect(restored).toMatchObject({ id: letter!.id, group: 'ledger', reason: 'RETRIES_EXHAUSTED', attempts: 2, type: Noted.type });
    expect(restored!.failures).toEqual(letter!.failures);
    expect(restored!.event!.payload).toEqual({ n: 1 });
    expect(await bus.deadLetters.redrive({})).toBe(1);
    await bus.drain();
    expect(seen).toEqual([1]);
    await restart();
    await bus.start();
    expect(bus.deadLetters.list()).toEqual([]);
  });

  test('keeps a dead letter that was sent again and not handled before the end', async () => {
    await restart();
    const fail = (): never => {
      throw new Error('no');
    };
    bus.subscribe(Noted, fail, { group: 'ledger', durable: true, retry: { maxRetries: 0 } });
    await bus.start();
    await publish(1, 1);
    await bus.drain();
    await restart();
    bus.subscribe(Noted, () => new Promise(() => {}), { group: 'ledger', durable: true });
    await bus.start();
    await bus.deadLetters.redrive({});
    await restart();
    await bus.start();

    expect(bus.deadLetters.list()).toHaveLength(1);
    expect(bus.deadLetters.purge()).toBe(1);
    await restart();
    await bus.start();
    expect(bus.deadLetters.list()).toEqual([]);
  });

  test('that comes back while its former handlers still run is refused until they are done, and misses nothing', async () => {
    await restart();
    const gate = Promise.withResolvers<void>();
    const first = bus.subscribe(Noted, () => gate.promise, { group: 'ledger', durable: true });
    await bus.start();
    await publish(1, 1);
    await vi.waitFor(() => expect(bus.getStats().perGroup['ledger']!.pending).toBe(1));
    first.unsubscribe();

    expect(() => collect()).toThrow(expect.objectContaining({ code: 'QT_BUS_SUBSCRIPTION_INVALID' }));
    expect(bus.getStats().totalHandlers).toBe(0);
    await publish(2, 3);
    gate.resolve();
    await bus.drain();
    const seen = collect();
    await bus.drain();

    expect(seen.slice(-2)).toEqual([2, 3]);
    expect(bus.getStats()).toMatchObject({ pending: 0, members: 1 });
  });

  test.each<[string, SubscribeOptions]>([
    ['has no name', { durable: true }],
    ['is not durable but says where to begin', { group: 'ledger', from: 'earliest' }],
  ])('is refused if it %s', async (_name, options) => {
    await restart();

    expect(() => bus.subscribe(Noted, () => {}, options)).toThrow(expect.objectContaining({ code: 'QT_BUS_SUBSCRIPTION_INVALID' }));
  });

  test('needs a log that keeps positions', async () => {
    await restart();
    await bus.stop();
    bus = createEventBus({ mode: 'inline' });

    expect(() => collect()).toThrow(expect.objectContaining({ code: 'QT_BUS_SUBSCRIPTION_INVALID' }));
  });

  test('that cannot read what an older program wrote has it among the dead letters, with its bytes', async () => {
    await restart();
    await bus.start();
    await bus.publish({ type: 'durable.changed', payload: { text: 'x' } });
    await restart();
    const Changed = defineEvent('durable.changed', { payload: Type.Object({ amount: Type.Number() }) });
    const seen: unknown[] = [];
    bus.subscribe(Changed, (event) => void seen.push(event.payload), { group: 'ledger', durable: true, from: 'earliest' });
    await bus.start();
    await bus.drain();

    expect(seen).toEqual([]);
    expect(bus.deadLetters.list()).toMatchObject([{ reason: 'REJECTED', error: { code: 'QT_EVENT_PAYLOAD_INVALID' } }]);
  });

  test('stops to catch up when the bus stops, and goes on there', async () => {
    await restart();
    await bus.start();
    for (let n = 1; n <= 2000; n++) bus.tryPublish(Noted.create({ n }));
    await restart();
    const first = collect({ from: 'earliest' });
    await bus.start();
    await bus.stop();
    await restart();
    const second = collect();
    await bus.start();
    await bus.drain();

    expect([...first, ...second]).toEqual(upTo(1, 2000));
  });
});
