import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEventBus, defineEvent, ManualClock, openJournal, replayJournal, Type, type EventInput } from '../../src/index.ts';
import { FrameEncoder, SEQ, TIMESTAMP, TS_INIT, TypeTable } from '../../src/codec/index.ts';
import { definitionOf, EventDefinition } from '../../src/event/index.ts';
import { CursorStore } from '../../src/journal/index.ts';

const START_US = Date.UTC(2024, 0, 2) * 1000;
const SECOND_US = 1_000_000;
const Counted = defineEvent('replayed.number.counted', {
  payload: Type.Object({ n: Type.Integer() }),
  key: ({ n }) => `key-${n % 2}`,
  priority: 'HIGH',
});

/** Seven inputs a second apart; each even one causes a doubled one. */
async function makeJournal(clock = new ManualClock(START_US)): Promise<string> {
  const directory = makeFolder();
  const journal = await openJournal(directory, { batchBytes: 1024 });
  const bus = createEventBus({ mode: 'inline', log: journal, runId: 'made', source: 'maker', clock });
  bus.subscribe(
    Counted,
    ({ payload: { n } }, ctx) => {
      if (n % 2 === 0) ctx.publish({ type: 'replayed.number.doubled', payload: { n: 2 * n } });
    },
    { group: 'doubler' },
  );
  await bus.start();
  for (let n = 1; n <= 7; n++) {
    clock.setUs(START_US + n * SECOND_US);
    await bus.publish(Counted.create({ n }));
    await bus.drain();
  }
  await bus.stop();
  await journal.close();
  return directory;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'qt-replay-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'journal');
}

/** A target that keeps what it is given. */
function collector() {
  const events: EventInput[] = [];
  return {
    events,
    publish: async (event: EventInput) => void events.push(event),
    numbers: () => events.map(({ payload }) => (payload as { n: number }).n),
  };
}

test('inputs are published in their order with their time, key and priority', async () => {
  const target = collector();

  const report = await replayJournal(await makeJournal(), target);

  expect(target.numbers()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(target.events[1]).toEqual({
    type: Counted.type,
    payload: { n: 2 },
    timestamp: START_US + 2 * SECOND_US,
    key: 'key-0',
    priority: 'HIGH',
  });
  expect(report).toMatchObject({ events: 7, firstSeq: 1, lastSeq: 10, isComplete: true, removedRecords: 0, lateMsMax: 0 });
  expect([report.firstUs, report.lastUs]).toEqual([START_US + SECOND_US, START_US + 7 * SECOND_US]);
});

test('a fresh bus with the same handlers comes to the same state and the same derived events', async () => {
  const directory = await makeJournal();
  const bus = createEventBus({ mode: 'inline', lockstep: true, runId: 'made' });
  const doubled: number[] = [];
  bus.subscribe(
    Counted,
    ({ payload: { n } }, ctx) => {
      if (n % 2 === 0) ctx.publish({ type: 'replayed.number.doubled', payload: { n: 2 * n } });
    },
    { group: 'doubler' },
  );
  bus.subscribe('replayed.number.doubled', ({ payload }) => void doubled.push((payload as { n: number }).n));
  await bus.start();

  await replayJournal(directory, bus);
  await bus.drain();

  expect(doubled).toEqual([4, 8, 12]);
  expect(bus.getStats().published).toBe(10);
  await bus.stop();
});

test('every event is published when asked, derived ones with the ids of their cause, chain and source', async () => {
  const target = collector();

  await replayJournal(await makeJournal(), target, { inputsOnly: false });

  expect(target.numbers()).toEqual([1, 2, 4, 3, 4, 8, 5, 6, 12, 7]);
  expect(target.events[2]).toMatchObject({ source: 'doubler', causationId: 'made-2', correlationId: 'made-2' });
});

test('it begins at a seq, a time or a cursor, ends at a seq, and takes the types that are asked for', async () => {
  const directory = await makeJournal();
  const cursors = new CursorStore(directory, { lastSeq: 10 });
  cursors.set('reports', 6);
  cursors.close();
  const numbers = async (options: Parameters<typeof replayJournal>[2]) => {
    const target = collector();
    await replayJournal(directory, target, options);
    return target.numbers();
  };

  expect(await numbers({ fromSeq: 4 })).toEqual([3, 4, 5, 6, 7]);
  expect(await numbers({ fromTimeUs: START_US + 5 * SECOND_US })).toEqual([5, 6, 7]);
  expect(await numbers({ fromCursor: 'reports' })).toEqual([5, 6, 7]);
  expect(await numbers({ fromSeq: 4, toSeq: 7 })).toEqual([3, 4, 5]);
  expect(await numbers({ inputsOnly: false, types: ['replayed.*.doubled'] })).toEqual([4, 8, 12]);
  await expect(numbers({ fromCursor: 'nobody' })).rejects.toMatchObject({
    code: 'QT_JOURNAL_CURSOR_UNKNOWN',
    message: expect.stringContaining('reports'),
  });
  await expect(numbers({ fromSeq: 1, fromCursor: 'reports' })).rejects.toMatchObject({ code: 'QT_OPTION_INVALID' });
  await expect(numbers({ speed: 0 })).rejects.toMatchObject({ code: 'QT_OPTION_INVALID' });
});

test('at a speed each event is due by the rhythm of the recording, counted from the start, and a stall is caught up', async () => {
  const directory = await makeJournal();
  const clock = new ManualClock(0);
  const at: number[] = [];
  const publish = async ({ payload }: EventInput) => {
    at.push(clock.monotonicMs());
    // The second one takes longer than the two after it have time.
    if ((payload as { n: number }).n === 2) clock.advanceMs(250);
  };

  const report = await replayJournal(directory, { publish }, { speed: 10 }, { clock, sleep: async (ms) => clock.advanceMs(ms) });

  expect(at).toEqual([0, 100, 350, 350, 400, 500, 600]);
  expect(report).toMatchObject({ elapsedMs: 600, lateMsMax: 150 });
});

test('the signal ends a wait, and what was published stays', async () => {
  const directory = await makeJournal();
  const controller = new AbortController();
  const target = collector();
  const sleep = async (_ms: number, signal: AbortSignal | undefined) => {
    if (target.events.length === 3) controller.abort();
    signal?.throwIfAborted();
    clock.advanceMs(1000);
  };
  const clock = new ManualClock(0);

  const report = await replayJournal(directory, target, { speed: 1, signal: controller.signal }, { clock, sleep });

  expect(target.numbers()).toEqual([1, 2, 3]);
  expect(report).toMatchObject({ events: 3, lastSeq: 4, isComplete: false });
});

test('the next event is not published before the last one was accepted', async () => {
  let open = 0;
  let most = 0;
  const publish = async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    open--;
  };
  const seen: number[] = [];

  await replayJournal(await makeJournal(), { publish }, { onProgress: ({ events }) => void seen.push(events) });

  expect(most).toBe(1);
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('a type that nobody defines here is defined from the recording, or refused with a code', async () => {
  const directory = makeFolder();
  await recordForeign(directory, 'replayed.foreign.told', 'replayed.foreign.more');
  const target = collector();

  await expect(replayJournal(directory, target, { unknownTypes: 'refuse' })).rejects.toMatchObject({ code: 'QT_JOURNAL_TYPE_UNKNOWN' });
  const report = await replayJournal(directory, target);

  expect(report.definedTypes).toEqual(['replayed.foreign.told', 'replayed.foreign.more']);
  expect(definitionOf('replayed.foreign.told')).toMatchObject({ fields: ['n'], priority: 'LOW', version: 3 });
  expect(() => definitionOf('replayed.foreign.told')!.validate({ n: 'x' })).toThrow('n');
  expect(target.numbers()).toEqual([1, 2]);
});

/** A journal of types that only its dictionary knows, as another program would have written it. */
async function recordForeign(directory: string, ...types: string[]): Promise<void> {
  const table = new TypeTable();
  const spec = { payload: Type.Object({ n: Type.Integer() }), priority: 'LOW', version: 3 } as const;
  const entries = types.map((type) => table.addDefinition(new EventDefinition(type, spec)));
  const encoder = new FrameEncoder(table, { frameBytesMax: 4096 });
  const journal = await openJournal(directory);
  journal.types(table.toRecords());
  for (const [i, entry] of entries.entries()) {
    const length = encoder.encode(entry, { type: entry.type, payload: { n: i + 1 } }, null);
    const { f64 } = encoder.views;
    f64[SEQ >> 3] = i + 1;
    f64[TIMESTAMP >> 3] = START_US;
    f64[TS_INIT >> 3] = START_US;
    journal.append(encoder.views, 0, length, i + 1);
  }
  await journal.close();
}
