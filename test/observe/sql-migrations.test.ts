import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openEventDatabase } from '../../src/observe/index.ts';
import { migrate, MIGRATIONS, type Migration } from '../../src/observe/sql/migrations.ts';
import { fill, hashesOf, livesOf, query, temporaryFolder } from './sql-support.ts';

const noRebuild = (): void => {};

/** A database as the first versions of the schema made it, with events in it. */
function databaseOf(versions: number, path: string): void {
  const connection = new DatabaseSync(path);
  connection.exec('PRAGMA application_id = 0x51544556');
  migrate(connection, path, noRebuild, MIGRATIONS.slice(0, versions));
  const insert = connection.prepare(
    `INSERT INTO events (seq, type, ts_us, ts_init_us, key, priority, source, correlation_id, causation_id, cause_seq, emit_index, run_id, v, payload)
     VALUES (?, ?, ?, ?, NULL, 'NORMAL', 'test', ?, NULL, 0, 0, 'run', 1, ?)`,
  );
  for (const { correlationId, payload, seq, timestamp, tsInitUs, type } of events) {
    insert.run(seq, type, timestamp, tsInitUs, correlationId, JSON.stringify(payload));
  }
  connection.exec(`UPDATE journal_cursor SET last_seq = ${events.length}`);
  connection.close();
}

const events = livesOf(12);

test.each(MIGRATIONS.map((_, i) => i + 1))(
  'a database of version %i is opened with its events, its position and the newest version',
  (version) => {
    const [path, fresh] = [join(temporaryFolder(), 'old.db'), join(temporaryFolder(), 'fresh.db')];
    databaseOf(version, path);
    fill(fresh, events);

    const database = openEventDatabase(path);
    const { position } = database;
    // The tables that follow from the events may have been filled by the code of the day; cutting makes them anew.
    database.cutAfter(position);
    database.close();

    expect(position).toBe(events.length);
    expect(query(path, 'PRAGMA user_version')).toEqual([{ user_version: MIGRATIONS.length }]);
    expect(hashesOf(path)).toEqual(hashesOf(fresh));
  },
);

test('a step runs once, keeps the data, and has the tables that follow from the events made anew if it says so', () => {
  const path = join(temporaryFolder(), 'events.db');
  fill(path, events);
  const steps: Migration[] = [
    ...MIGRATIONS,
    { sql: 'ALTER TABLE orders ADD COLUMN note TEXT', isRebuilding: false },
    { sql: '', isRebuilding: true },
  ];
  let rebuilt = 0;

  for (let time = 0; time < 2; time++) {
    const connection = new DatabaseSync(path);
    migrate(connection, path, () => rebuilt++, steps);
    connection.close();
  }

  expect(rebuilt).toBe(1);
  expect(query(path, 'PRAGMA user_version')).toEqual([{ user_version: MIGRATIONS.length + 2 }]);
  expect(query(path, "SELECT note, status FROM orders WHERE client_order_id = 'o-1'")).toEqual([{ note: null, status: 'FILLED' }]);
  expect(() => openEventDatabase(path)).toThrow(expect.objectContaining({ code: 'QT_SQL_FILE_NEWER' }));
});

test('a step that fails leaves the database as it was', () => {
  const path = join(temporaryFolder(), 'events.db');
  fill(path, events);
  const before = hashesOf(path);
  const connection = new DatabaseSync(path);
  const steps: Migration[] = [...MIGRATIONS, { sql: 'DELETE FROM events; CREATE TABLE more (a); SELECT nothing', isRebuilding: false }];

  expect(() => migrate(connection, path, noRebuild, steps)).toThrow('syntax error');
  connection.close();

  expect(hashesOf(path)).toEqual(before);
  expect(query(path, 'PRAGMA user_version')).toEqual([{ user_version: MIGRATIONS.length }]);
  expect(query(path, "SELECT name FROM sqlite_schema WHERE name = 'more'")).toEqual([]);
});
