import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { checkFreeRun, queryJournal, subscribeComponents, type FreeCheckResult } from '../../../src/app/index.ts';
import { silentLogger } from '../../../src/base/index.ts';
import { createEventBus, type EventBus } from '../../../src/engine/index.ts';
import { openJournal } from '../../../src/journal/index.ts';
import { SystemRunEnded } from '../../../src/model/index.ts';
import type { Component } from '../../../src/trading/component.ts';
import { Killed, Seen, Told } from '../../support/handlers/ordered.ts';
import { rewriteFrame, rewriteText } from './rewrite.ts';
import { makeFolder } from './support.ts';

// Each of them starts threads, for the bus and for its journal.
vi.setConfig({ testTimeout: 60_000 });

const AT = Date.UTC(2024, 0, 2) * 1000;
const MODULE = new URL('../../support/handlers/ordered.ts', import.meta.url);

function components(gate: Int32Array, prefix = ''): Component[] {
  const options = { gate, prefix };
  return [
    { name: 'shards', module: MODULE, patterns: [Told.type], broadcast: [Killed.type], owner: 'symbol', options },
    { name: 'whole', module: MODULE, patterns: [Told.type], broadcast: [Killed.type], owner: 'account', options },
  ];
}

function told(id: string, act = 'note', symbol = 'A') {
  return Told.create({ id, symbol, act }, { timestamp: AT });
}

function killed(id: string) {
  return Killed.create({ id, symbol: 'A', act: 'note' }, { timestamp: AT });
}

/** Records what the components make of what `play` publishes. */
async function record(workers: number, play: (bus: EventBus, gate: Int32Array) => Promise<unknown>): Promise<string> {
  const directory = join(makeFolder(), 'journal');
  const journal = await openJournal(directory);
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const bus = createEventBus({ mode: 'threads', workers, log: journal, runId: 'free', retry: { backoffMs: [1] } });
  subscribeComponents(bus, components(gate), true);
  await bus.start();
  await play(bus, gate);
  open(gate);
  await bus.drain();
  await bus.publish(SystemRunEnded.create({ run_id: 'free', outcome: 'complete', final_hash: '' }, { timestamp: AT }));
  await bus.drain();
  await bus.stop();
  await journal.close();
  return directory;
}

function open(gate: Int32Array): void {
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
}

function check(directory: string, workers: number, prefix = ''): Promise<FreeCheckResult> {
  const gate = new Int32Array(new SharedArrayBuffer(8)).fill(1);
  const wire = (bus: Pick<EventBus, 'subscribe'>): void => subscribeComponents(bus, components(gate, prefix), true);
  return checkFreeRun({ directory, workers, validate: true, wire, watch: { write: () => {} }, logger: silentLogger });
}

function seenIn(directory: string, source: string): string[] {
  const found = [...queryJournal(directory, { patterns: [Seen.type] })].filter((event) => event.source === source);
  return found.map((event) => (event.payload as { ids: string }).ids);
}

function placedIn(directory: string) {
  return [...queryJournal(directory, { patterns: ['system.delivery.placed'] })].map((event) => ({ ...event.payload, seq: event.causeSeq }));
}

/** One worker holds its thread in `a`, so that the kill behind `b` and `c` overtakes both where it can; it knows kills from an earlier one. */
async function overtaken(): Promise<string> {
  return record(1, async (bus, gate) => {
    await bus.publish(killed('k'));
    await bus.drain();
    await bus.publish(told('a', 'wait'));
    await Atomics.waitAsync(gate, 1, 0).value;
    await bus.publishBatch([told('b'), told('c'), killed('K')]);
    open(gate);
  });
}

test('a kill that overtook is given to its instance where it had overtaken', async () => {
  const directory = await overtaken();

  const result = await check(directory, 1);

  const a = [...queryJournal(directory, { patterns: [Told.type] })][0]!.seq;
  const K = [...queryJournal(directory, { patterns: [Killed.type] })][1]!.seq;
  expect(seenIn(directory, 'shards')).toEqual(['k', 'ka', 'kaK', 'kaKb', 'kaKbc']);
  expect(seenIn(directory, 'whole').at(-1)).toBe('kabcK');
  expect(placedIn(directory).at(-1)).toEqual({ component: 'shards', member: 0, after_seq: a, attempt: 1, is_fresh: false, seq: K });
  expect(result).toEqual({ events: 5 + 5 + 5 + 2 + 1, given: 0, difference: null });
});

test('each of several instances is given the kill where it handled it', async () => {
  for (const workers of [2, 4]) {
    const directory = await record(workers, async (bus, gate) => {
      const symbols = ['A', 'B', 'C', 'D', 'E', 'F'];
      await bus.publishBatch(symbols.flatMap((symbol) => ['wait', 'note', 'note'].map((act, i) => told(`${symbol}${i}`, act, symbol))));
      await bus.publish(killed('K'));
      open(gate);
      await bus.publishBatch(symbols.map((symbol) => told(`${symbol}3`, 'note', symbol)));
    });

    const result = await check(directory, workers);

    expect(placedIn(directory)).toHaveLength(workers);
    expect(result, `${workers} workers`).toMatchObject({ given: 0, difference: null });
  }
});

test('what came again after a failure, and what had waited behind it, is given where it was handled', async () => {
  const directory = await record(2, (bus) =>
    bus.publishBatch([told('a'), told('b', 'throw'), told('c'), told('x', 'note', 'B'), told('d'), told('y', 'note', 'B')]),
  );

  const result = await check(directory, 2);

  expect(placedIn(directory).map(({ seq }) => seq)).toContain(2);
  expect(result).toMatchObject({ given: 0, difference: null });
});

test('an instance that lost its state with its thread begins anew where it did', async () => {
  const directory = await record(1, (bus) =>
    bus.publishBatch([told('a'), told('b'), told('c', 'exit'), told('d', 'note', 'B'), told('e')]),
  );

  const result = await check(directory, 1);

  expect(placedIn(directory).some((placed) => 'is_fresh' in placed && placed.is_fresh === true)).toBe(true);
  expect(seenIn(directory, 'whole')).not.toContain('abc');
  expect(result).toMatchObject({ given: 0, difference: null });
});

test('a changed decision is found and named, and what it was', async () => {
  const directory = await overtaken();
  const changed = [...queryJournal(directory, { patterns: [Seen.type] })].find(
    (event) => (event.payload as { ids: string }).ids === 'kaKb',
  )!;
  rewriteText(directory, changed.seq, 'kaKb', 'kaKc');

  const { difference } = await check(directory, 1);

  expect(difference).toMatchObject({
    seq: changed.seq,
    recorded: { seq: changed.seq, payload: { ids: 'kaKc' } },
    recomputed: { payload: { ids: 'kaKb' }, causeSeq: changed.causeSeq },
  });
});

test('a decision under another source is found missing', async () => {
  const directory = await overtaken();
  const [first] = [...queryJournal(directory, { patterns: [Seen.type] })];
  rewriteFrame(directory, first!.seq, (frame) => frame.writeUInt16LE(99, 68));

  expect((await check(directory, 1)).difference).toMatchObject({ seq: first!.seq, recomputed: null });
});

test('a changed input is found in the first decision that follows from it', async () => {
  const directory = await overtaken();
  const b = [...queryJournal(directory, { patterns: [Told.type] })][1]!.seq;
  rewriteText(directory, b, 'b', 'z');

  const { difference } = await check(directory, 1);

  expect(difference).toMatchObject({ recorded: { causeSeq: b }, recomputed: { causeSeq: b } });
  expect((difference!.recomputed!.payload as { ids: string }).ids).toContain('z');
});

test('a note that names another place is found in what followed', async () => {
  const directory = await overtaken();
  const note = [...queryJournal(directory, { patterns: ['system.delivery.placed'] })].at(-1)!;
  const { after_seq: after } = note.payload as { after_seq: number };
  const next = [...queryJournal(directory, { patterns: [Told.type] })][1]!.seq;
  rewriteFrame(directory, note.seq, (frame) => {
    frame[frame.lastIndexOf(Buffer.from([after, 1, 0xc2]))] = next;
  });

  const { difference } = await check(directory, 1);

  expect(difference).toMatchObject({ recorded: { payload: { ids: 'kaK' } }, recomputed: { payload: { ids: 'kabK' } } });
});

test('other code is found in the first decision', async () => {
  const directory = await overtaken();

  expect((await check(directory, 1, '!')).difference).toMatchObject({
    recorded: { payload: { ids: 'k' } },
    recomputed: { payload: { ids: '!k' } },
  });
});
