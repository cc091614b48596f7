import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openEventDatabase } from '../../src/observe/index.ts';
import { fill, hashesOf, livesOf, query, START_US, temporaryFolder, toEvent } from './sql-support.ts';

function makePath(name = 'events.db'): string {
  return join(temporaryFolder(), name);
}

describe('the tables', () => {
  test('every event is a row of events, with its envelope and its payload as JSON', () => {
    const path = makePath();
    const event = { ...toEvent({ type: 'outside.thing.seen', payload: { text: 'a "b"', deep: { list: [1, null] } } }, 1), key: 'K' };

    fill(path, [event]);

    expect(query(path, 'SELECT * FROM events')).toEqual([
      {
        seq: 1,
        type: 'outside.thing.seen',
        ts_us: START_US,
        ts_init_us: START_US + 1,
        key: 'K',
        priority: 'NORMAL',
        source: 'test',
        correlation_id: 'run-1',
        causation_id: null,
        cause_seq: 0,
        emit_index: 0,
        run_id: 'run',
        v: 1,
        payload: '{"text":"a \\"b\\"","deep":{"list":[1,null]}}',
        id: 'run-1',
        time: '2026-01-05T12:00:00.000Z',
      },
    ]);
    expect(query(path, "SELECT payload ->> '$.deep.list[0]' AS first FROM events")).toEqual([{ first: 1 }]);
  });

  test('what JSON has no word for is written as what comes next to it', () => {
    const path = makePath();
    const payload = {
      big: 2n ** 60n,
      bytes: Buffer.from([1, 2]),
      floats: new Float64Array([0.5]),
      not: NaN,
      at: new Date(0),
      deep: [{ big: 1n }],
    };

    fill(path, [toEvent({ type: 'outside.thing.seen', payload }, 1)]);

    expect(query(path, 'SELECT payload FROM events')).toEqual([
      {
        payload:
          '{"big":"1152921504606846976","bytes":[1,2],"floats":[0.5],"not":null,"at":"1970-01-01T00:00:00.000Z","deep":[{"big":"1"}]}',
      },
    ]);
  });

  test('orders, positions, signals and dead letters hold the state that the newest event left, fills and decisions every one', () => {
    const path = makePath();

    fill(path, livesOf(15));

    expect(query(path, "SELECT * FROM orders WHERE client_order_id = 'o-1'")).toMatchObject([
      { status: 'FILLED', size: 3, filled_size: 3, price: 100, side: 'BUY', reduce_only: 0, submitted_us: START_US + 60_000_000 },
    ]);
    expect(query(path, "SELECT sum(size) AS size, count(*) AS fills FROM fills WHERE client_order_id = 'o-1'")).toEqual([
      { size: 3, fills: 2 },
    ]);
    expect(query(path, "SELECT * FROM positions WHERE position_id IN ('pos-1', 'pos-4') ORDER BY 1")).toMatchObject([
      { status: 'CLOSED', realized_pnl: 5, signal_id: 'sig-1', stop_loss: 99, initial_stop: 98, exit_reason: 'take_profit' },
      { status: 'OPEN', unrealized_pnl: 3, realized_pnl: null, closed_us: null },
    ]);
    expect(query(path, "SELECT status, reason, edge_score FROM signals WHERE signal_id IN ('sig-0', 'sig-1') ORDER BY signal_id")).toEqual([
      { status: 'VETOED', reason: 'DRAWDOWN', edge_score: 70 },
      { status: 'APPROVED', reason: null, edge_score: 70 },
    ]);
    expect(query(path, 'SELECT kind, outcome, count(*) AS times FROM decisions GROUP BY 1, 2')).toEqual([
      { kind: 'ADVISORY', outcome: 'LONG', times: 15 },
      { kind: 'RISK', outcome: 'APPROVED', times: 10 },
      { kind: 'RISK', outcome: 'VETOED', times: 5 },
    ]);
    expect(query(path, 'SELECT letter_id, status, error_code, failures FROM dead_letters ORDER BY 1')).toEqual([
      { letter_id: 'dl-0', status: 'REDRIVEN', error_code: 'QT_X', failures: '[{"attempt":1}]' },
      { letter_id: 'dl-14', status: 'REDRIVEN', error_code: 'QT_X', failures: '[{"attempt":1}]' },
      { letter_id: 'dl-7', status: 'DEAD', error_code: 'QT_X', failures: '[{"attempt":1}]' },
    ]);
  });

  test('the views answer the usual questions', () => {
    const path = makePath();

    fill(path, livesOf(30));

    expect(query(path, 'SELECT * FROM vetoes_by_reason')).toEqual([{ reason: 'DRAWDOWN', vetoes: 10, latest: '2026-01-05T12:27:00.000Z' }]);
    expect(query(path, 'SELECT * FROM pnl_per_day')).toEqual([
      { day: '2026-01-05', trades: 16, wins: 16, pnl: 80, fees: 16, mean_r: expect.closeTo(0.8) },
    ]);
    expect(query(path, 'SELECT * FROM pnl_per_strategy')).toMatchObject([{ strategy_id: 'trend', trades: 16, pnl: 80 }]);
    expect(query(path, 'SELECT position_id FROM open_positions ORDER BY 1')).toEqual(
      ['pos-14', 'pos-19', 'pos-29', 'pos-4'].map((position_id) => ({ position_id })),
    );
    expect(query(path, 'SELECT * FROM open_orders')).toEqual([]);
    expect(query(path, "SELECT events FROM event_counts WHERE type = 'outside.thing.seen'")).toEqual([{ events: 30 }]);
    expect(query(path, 'SELECT * FROM runs')).toEqual([]);
    expect(query(path, 'SELECT * FROM equity')).toEqual([]);
  });

  test('a late cancel or mark does not reopen what has ended', () => {
    const path = makePath();
    const order = { request_id: 'r', order_id: 'o', client_order_id: 'o', symbol: 'S', intent: 'EXIT' };
    const steps: [string, object][] = [
      ['trades.order.filled', { ...order, cumulative_size: 1 }],
      ['trades.order.cancel_requested', { ...order, filled_size: 1, cause: 'USER' }],
      ['position.closed', { position_id: 'p', size: 1 }],
      ['position.state.update', { position_id: 'p', size: 1 }],
    ];

    fill(
      path,
      steps.map(([type, payload], i) => toEvent({ type, payload }, i + 1)),
    );

    expect(query(path, 'SELECT status FROM orders')).toEqual([{ status: 'FILLED' }]);
    expect(query(path, 'SELECT status FROM positions')).toEqual([{ status: 'CLOSED' }]);
  });

  test('an event that only has the name of a type of the catalogue is kept and stops nothing', () => {
    const path = makePath();

    fill(path, [
      toEvent({ type: 'position.opened', payload: { hello: 'world' } }, 1),
      toEvent({ type: 'position.opened', payload: { position_id: 'p', size: 'large', option: { a: 1 }, mode: [1] } }, 2),
    ]);

    expect(query(path, 'SELECT count(*) AS events FROM events')).toEqual([{ events: 2 }]);
    expect(query(path, 'SELECT position_id, size, mode FROM positions')).toEqual([{ position_id: 'p', size: 'large', mode: '[1]' }]);
  });
});

describe('a database of events', () => {
  test('shows readers whole transactions only, and lets them read while it writes', () => {
    const path = makePath();
    const [first, second, third] = livesOf(1);
    using database = openEventDatabase(path);
    database.add(first!);
    database.commit(1);
    database.add(second!);

    const during = query(path, 'SELECT (SELECT count(*) FROM events) AS events, last_seq FROM journal_cursor');
    database.rollback();
    database.add(second!);
    database.add(third!);
    database.commit(3);

    expect(during).toEqual([{ events: 1, last_seq: 1 }]);
    expect(query(path, 'SELECT (SELECT count(*) FROM events) AS events, last_seq FROM journal_cursor')).toEqual([
      { events: 3, last_seq: 3 },
    ]);
  });

  test('goes on at its position when it is opened again, and knows its journal', () => {
    const path = makePath();
    const events = livesOf(3);
    const id = 'a'.repeat(32);
    using first = openEventDatabase(path);
    first.bind(id);
    for (const event of events) first.add(event);
    first.commit(events.length);
    first.close();

    using again = openEventDatabase(path);

    expect(again.position).toBe(events.length);
    expect(events.every((event) => again.has(event))).toBe(true);
    expect(again.has({ ...events[0]!, payload: { other: true } })).toBe(false);
    again.bind(id);
    expect(() => again.bind('b'.repeat(32))).toThrow(expect.objectContaining({ code: 'QT_SQL_FILE_OTHER_JOURNAL' }));
  });

  test('takes back what is behind a seq as if it had never been there', () => {
    const [path, expected] = [makePath(), makePath('expected.db')];
    const events = livesOf(20);
    const half = 100;
    fill(path, events);
    fill(expected, events.slice(0, half));
    const whole = hashesOf(path);

    using database = openEventDatabase(path);
    const removed = database.cutAfter(half);

    expect(removed).toBe(events.length - half);
    expect(hashesOf(path)).toEqual(hashesOf(expected));
    for (const event of events.slice(half)) database.add(event);
    database.commit(events.length);
    expect(hashesOf(path)).toEqual(whole);
  });

  test('gives the same tables whatever the size of the transactions', () => {
    const [one, many] = [makePath(), makePath('many.db')];
    const events = livesOf(25);

    fill(one, events, 1);
    fill(many, events, 1000);

    expect(hashesOf(one)).toEqual(hashesOf(many));
  });
});

describe('a database that cannot be used is refused with a code', () => {
  test.each([
    ['a folder that is not there', 'QT_SQL_FILE_UNUSABLE', () => join(temporaryFolder(), 'none', 'events.db')],
    ['a folder', 'QT_SQL_FILE_UNUSABLE', () => temporaryFolder()],
    ['a text file', 'QT_SQL_FILE_FOREIGN', () => made((path) => writeFileSync(path, 'these are not the bytes of a database\n'.repeat(50)))],
    ['a database of something else', 'QT_SQL_FILE_FOREIGN', () => made((path) => execute(path, 'CREATE TABLE a (b)'))],
    [
      'a database of a newer version',
      'QT_SQL_FILE_NEWER',
      () => made((path) => (fill(path, []), execute(path, 'PRAGMA user_version = 99'))),
    ],
    ['a damaged database', 'QT_SQL_DAMAGED', () => made((path) => (fill(path, livesOf(20)), overwrite(path)))],
  ])('%s', (_, code, make) => {
    const path = make();

    expect(() => openEventDatabase(path)).toThrow(expect.objectContaining({ code }));
  });

  test('and what it is of something else stays as it was', () => {
    const path = made((at) => execute(at, 'CREATE TABLE a (b); INSERT INTO a VALUES (7)'));

    expect(() => openEventDatabase(path)).toThrow('it is a database of something else');

    expect(query(path, 'SELECT b FROM a')).toEqual([{ b: 7 }]);
    expect(query(path, 'PRAGMA journal_mode')).toEqual([{ journal_mode: 'delete' }]);
  });

  test('one on which somebody else holds a transaction is busy, and is usable afterwards', () => {
    const path = makePath();
    const [event] = livesOf(1);
    using database = openEventDatabase(path, { busyMs: 0 });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');

    expect(() => database.add(event!)).toThrow(expect.objectContaining({ code: 'QT_SQL_BUSY' }));
    other.exec('ROLLBACK');
    other.close();
    database.add(event!);
    database.commit(1);

    expect(database.position).toBe(1);
  });

  test('a second writer that came in between is noticed before it does harm', () => {
    const path = makePath();
    const events = livesOf(2);
    using first = openEventDatabase(path);
    using second = openEventDatabase(path);
    first.add(events[0]!);
    first.commit(1);

    expect(() => second.add(events[0]!)).toThrow(expect.objectContaining({ code: 'QT_SQL_WRITER_OTHER' }));
    second.rollback();

    first.add(events[1]!);
    first.commit(2);
    expect(query(path, 'SELECT count(*) AS events FROM events')).toEqual([{ events: 2 }]);
  });

  test('one that may not grow is full, keeps what was committed, and goes on with more room', () => {
    const path = makePath();
    const events = livesOf(2000);
    let committed = 0;
    const grow = (bytesMax?: number): void => {
      using database = openEventDatabase(path, bytesMax === undefined ? {} : { bytesMax });
      for (const event of events.slice(database.position)) {
        database.add(event);
        if (event.seq % 100 === 0) database.commit((committed = event.seq));
      }
      database.commit(events.length);
    };

    expect(() => grow(1 << 20)).toThrow(expect.objectContaining({ code: 'QT_SQL_DISK_FULL' }));
    const kept = query(path, 'SELECT count(*) AS events FROM events');
    const found = committed;
    grow();

    expect(found).toBeGreaterThan(0);
    expect(kept).toEqual([{ events: found }]);
    expect(query(path, 'SELECT count(*) AS events FROM events')).toEqual([{ events: events.length }]);
  });
});

function made(make: (path: string) => unknown): string {
  const path = makePath();
  make(path);
  return path;
}

function execute(path: string, sql: string): void {
  const connection = new DatabaseSync(path);
  connection.exec(sql);
  connection.close();
}

/** Spoils the first page behind the header of the file. */
function overwrite(path: string): void {
  execute(path, 'PRAGMA journal_mode = DELETE');
  const fd = openSync(path, 'r+');
  writeSync(fd, Buffer.alloc(2000, 0xfe), 0, 2000, 100);
  closeSync(fd);
}
