import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { MarketTickPrice } from '../../src/model/index.ts';
import { canonicalJson, DecisionHash, EventLog, isDecisionType, LineWriter, toEventLine } from '../../src/observe/index.ts';
import { Stamper } from './support.ts';

const directory = mkdtempSync(join(tmpdir(), 'qt-log-'));
afterAll(() => rmSync(directory, { recursive: true }));

function ticks(count: number) {
  const stamper = new Stamper();
  return Array.from({ length: count }, (_, index) =>
    stamper.event(MarketTickPrice.create({ symbol: `S${index % 3}`, price: index + 1 }), index),
  );
}

describe('EventLog', () => {
  test('counts every event and keeps the newest, oldest of them first', () => {
    const log = new EventLog({ rowsMax: 4 });
    for (const event of ticks(10)) log.add(event);

    expect(log.total).toBe(10);
    expect(log.counts()).toEqual([{ type: 'market.tick.price', count: 10 }]);
    expect(log.last().map((row) => row.seq)).toEqual([7, 8, 9, 10]);
    expect(log.last(2).map((row) => row.seq)).toEqual([9, 10]);
    expect(log.last(99)).toHaveLength(4);
  });

  test('keeps fewer rows than its bound in order, and none when asked for none', () => {
    const log = new EventLog({ rowsMax: 4 });
    const counter = new EventLog({ rowsMax: 0 });
    for (const event of ticks(3)) {
      log.add(event);
      counter.add(event);
    }

    expect(log.last().map((row) => row.seq)).toEqual([1, 2, 3]);
    expect(counter.last()).toEqual([]);
    expect(counter.total).toBe(3);
  });
});

describe('LineWriter', () => {
  test('has every line in order in the file once it is closed', async () => {
    const path = join(directory, 'all.ndjson');
    const writer = await LineWriter.open(path, { pendingBytesMax: 1000 });
    const events = ticks(5000);
    for (const event of events) await writer.write(toEventLine(event));
    await writer.close();

    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(writer.linesWritten).toBe(5000);
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(events.map((event) => event.seq));
    expect(JSON.parse(lines[7] as string)).toEqual(events[7]);
  });

  test('writes what came in just before it is closed', async () => {
    const path = join(directory, 'late.ndjson');
    const writer = await LineWriter.open(path);
    void writer.write('one');
    const closing = writer.close();

    expect(() => writer.write('two')).toThrow('it is closed');
    await closing;
    expect(readFileSync(path, 'utf8')).toBe('one\n');
  });

  test('asks its caller to wait when too much is waiting', async () => {
    const writer = await LineWriter.open(join(directory, 'wait.ndjson'), { pendingBytesMax: 10 });

    const first = writer.write('12345');
    const second = writer.write('67890');

    expect(first).toBeUndefined();
    await second;
    expect(writer.linesWritten).toBe(2);
    await writer.close();
  });

  test('goes on after the end of a file, or starts it anew', async () => {
    const path = join(directory, 'mode.ndjson');
    for (const mode of ['append', 'append', 'replace', 'append'] as const) {
      const writer = await LineWriter.open(path, { mode });
      void writer.write(mode);
      await writer.close();
    }

    expect(readFileSync(path, 'utf8')).toBe('replace\nappend\n');
  });

  test.skipIf(!existsSync('/dev/full'))('says that the disk is full, and says it again', async () => {
    const writer = await LineWriter.open('/dev/full');
    void writer.write('lost');

    await expect(writer.flush()).rejects.toMatchObject({ code: 'QT_OBSERVE_LOG_FAILED' });
    expect(() => writer.write('more')).toThrow('Cannot write /dev/full');
    await expect(writer.close()).rejects.toMatchObject({ code: 'QT_OBSERVE_LOG_FAILED' });
    expect(writer.linesWritten).toBe(0);
  });

  test('refuses a path that cannot be opened', async () => {
    await expect(LineWriter.open(join(directory, 'no', 'where'))).rejects.toMatchObject({ code: 'QT_OBSERVE_LOG_FAILED' });
  });
});

describe('canonicalJson', () => {
  test('sorts keys at every depth and leaves out what is undefined', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'ü"' }], a: -0, e: undefined, f: false })).toBe(
      '{"a":0,"b":[1,{"c":"ü\\"","d":null}],"f":false}',
    );
  });

  test.each([[Infinity], [10n], [() => 1], [new Map()], [new Date(0)], [[undefined]]])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow('as canonical JSON');
  });
});

describe('DecisionHash', () => {
  const stamper = new Stamper();
  const decisions = [
    'signals.advisory.new',
    'risk.evaluation.complete',
    'trades.order.filled',
    'position.closed',
    'exit.decision.made',
  ].map((type, index) => stamper.event({ type, key: 'A', payload: { id: `x${index}`, size: index / 3 } }));
  const hashOf = (events: readonly (typeof decisions)[number][]): string => {
    const hash = new DecisionHash();
    for (const event of events) hash.update(event);
    return hash.hex();
  };

  test('takes what trading decided and leaves out inputs, health and reports', () => {
    const yes = ['signal.generated', 'regime.classification.update', 'risk.kill_switch.activated', 'trade.executed', 'system.panic_close'];
    const no = [
      'market.candle.new',
      'system.health.heartbeat',
      'exit.brain.heartbeat',
      'performance.report.updated',
      'audit.decision.log',
      'order.filled',
    ];

    expect(yes.filter(isDecisionType)).toEqual(yes);
    expect(no.filter(isDecisionType)).toEqual([]);
  });

  test('is the same whatever the order of keys, the time, or events that are no decisions', () => {
    const other = decisions.map((event) => ({
      ...event,
      tsInitUs: 99,
      payload: Object.fromEntries(Object.entries(event.payload).toReversed()),
    }));
    const noise = { ...decisions[0], type: 'market.candle.new', seq: 6 } as (typeof decisions)[number];

    expect(hashOf([...other, noise])).toBe(hashOf(decisions));
    expect(hashOf(decisions)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('changes with one value, one key, the order and a missing event', () => {
    const [first, second, ...rest] = decisions as [(typeof decisions)[0], (typeof decisions)[0], ...typeof decisions];
    const variants = [
      decisions,
      [{ ...first, payload: { ...first.payload, size: 1e-15 } }, second, ...rest],
      [{ ...first, key: null }, second, ...rest],
      [{ ...second, seq: 1 }, { ...first, seq: 2 }, ...rest],
      [first, ...rest],
    ];

    expect(new Set(variants.map(hashOf)).size).toBe(variants.length);
  });

  test('counts an event that is delivered again once, and can be read on the way', () => {
    const hash = new DecisionHash();
    const seen: string[] = [];
    for (const event of decisions) {
      expect(hash.update(event)).toBe(true);
      expect(hash.update(event)).toBe(false);
      seen.push(hash.hex());
    }

    expect(hash.count).toBe(5);
    expect(seen).toEqual(decisions.map((_, index) => hashOf(decisions.slice(0, index + 1))));
  });
});
