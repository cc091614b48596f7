import { checkNumber, QtError } from '../../base/index.ts';
import type { QtEvent } from '../../event/index.ts';
import { QT_SQL_FILE_OTHER_JOURNAL, QT_SQL_WRITER_OTHER } from '../errors.ts';
import { connect, pragma, toSqlError, type Connection, type Statement } from './connection.ts';
import { toJsonText } from './json-text.ts';
import { migrate, MIGRATIONS } from './migrations.ts';
import { Projector, TABLES } from './projector.ts';

export interface EventDatabaseOptions {
  /** How long to wait for another program's write transaction, ms, 0..3 600 000, default 5000. */
  readonly busyMs?: number;
  /** Largest size of the file, bytes, >= 1 MiB, default none; the write-ahead log beside it is not counted. */
  readonly bytesMax?: number;
}

/** Events that are read at once when tables are made anew. */
const PAGE_EVENTS = 1000;

const INSERT = `INSERT INTO events (seq, type, ts_us, ts_init_us, key, priority, source, correlation_id, causation_id, cause_seq,
  emit_index, run_id, v, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/**
 * Opens a database of events, or makes it, and brings its schema to the newest version.
 *
 * @throws QtError QT_SQL_FILE_UNUSABLE, QT_SQL_FILE_FOREIGN, QT_SQL_FILE_NEWER, QT_SQL_BUSY, QT_SQL_DAMAGED,
 *   QT_SQL_DISK_FULL, QT_SQL_WRITE_FAILED, QT_OPTION_INVALID
 *
 * @example
 * using database = openEventDatabase('./events.db');
 * for (const event of events) database.add(event);
 * database.commit(lastSeq);
 */
export function openEventDatabase(path: string, options: EventDatabaseOptions = {}): EventDatabase {
  const busyMs = checkNumber('busyMs', options.busyMs ?? 5000, { min: 0, max: 3_600_000, integer: true });
  const bytesMax = options.bytesMax === undefined ? null : checkNumber('bytesMax', options.bytesMax, { min: 1 << 20, integer: true });
  const connection = connect(path, busyMs);
  try {
    if (bytesMax !== null) pragma(connection, `max_page_count = ${Math.floor(bytesMax / pragma(connection, 'page_size'))}`);
    migrate(connection, path, () => rebuild(connection, new Projector(connection)));
    return new EventDatabase(path, connection);
  } catch (error) {
    connection.close();
    throw error instanceof QtError ? error : toSqlError('open', path, error);
  }
}

/**
 * The events of a journal as SQLite tables, for one writer and any number of readers. Events are added in the order of
 * their seqs, in transactions that carry the cursor with them: what is there is there once, whenever the process dies.
 *
 * Synchronous, so give it a thread of its own. After an error, `rollback` and go on behind `position`, or close it.
 */
export class EventDatabase {
  readonly path: string;
  readonly schemaVersion: number = MIGRATIONS.length;
  #position: number;
  #journalId: string | null;
  /** A journal's id that the next commit writes down. */
  #isBound = true;
  #isOpen = true;
  readonly #connection: Connection;
  readonly #projector: Projector;
  readonly #begin: Statement;
  readonly #insert: Statement;
  readonly #move: Statement;
  readonly #find: Statement;
  readonly #cursor: Statement;

  /** Use `openEventDatabase`. */
  constructor(path: string, connection: Connection) {
    this.path = path;
    this.#connection = connection;
    this.#projector = new Projector(connection);
    this.#begin = connection.prepare('BEGIN IMMEDIATE');
    this.#insert = connection.prepare(INSERT);
    this.#move = connection.prepare('UPDATE journal_cursor SET last_seq = ?, journal_id = ?');
    this.#find = connection.prepare('SELECT type, ts_us, ts_init_us, run_id, payload FROM events WHERE seq = ?');
    this.#cursor = connection.prepare('SELECT journal_id, last_seq FROM journal_cursor');
    const { journal_id, last_seq } = this.#readCursor();
    this.#position = last_seq;
    this.#journalId = journal_id;
  }

  /** Seq up to which the journal is in the tables, 0 for nothing. */
  get position(): number {
    return this.#position;
  }

  /**
   * Says of which journal the events are that follow.
   *
   * @throws QtError QT_SQL_FILE_OTHER_JOURNAL if those that are there are of another one
   */
  bind(journalId: string): void {
    if (journalId === this.#journalId) return;
    if (this.#journalId !== null) {
      const message = `Cannot add the events of journal ${journalId} to ${this.path}: it holds those of journal ${this.#journalId}`;
      throw new QtError(QT_SQL_FILE_OTHER_JOURNAL, message, { details: { path: this.path, journalId, journalIdFound: this.#journalId } });
    }
    this.#journalId = journalId;
    this.#isBound = false;
  }

  /**
   * Adds an event to the transaction that `commit` ends, and begins it if need be.
   *
   * @throws QtError QT_SQL_BUSY, QT_SQL_WRITER_OTHER, QT_SQL_DISK_FULL, QT_SQL_WRITE_FAILED, QT_SQL_DAMAGED
   */
  add(event: QtEvent<object>): void {
    this.#attempt(() => {
      if (!this.#connection.isTransaction) this.#beginAtCursor();
      const { causationId, causeSeq, correlationId, emitIndex, key, payload, priority, runId, seq, source, timestamp, tsInitUs, type, v } =
        event;
      this.#insert.run(
        seq,
        type,
        timestamp,
        tsInitUs,
        key,
        priority,
        source,
        correlationId,
        causationId,
        causeSeq,
        emitIndex,
        runId,
        v,
        toJsonText(payload),
      );
      this.#projector.apply(type, event as QtEvent);
    });
  }

  /**
   * Makes what was added visible, and `seq` the position.
   *
   * @param seq of the newest event, or of what is known to be missing behind it
   * @throws QtError as `add`
   */
  commit(seq: number): void {
    this.#attempt(() => {
      if (!this.#connection.isTransaction) this.#beginAtCursor();
      this.#move.run(seq, this.#journalId);
      this.#connection.exec('COMMIT');
    });
    this.#isBound = true;
    this.#position = seq;
  }

  /** Forgets what was added since the last commit. */
  rollback(): void {
    if (this.#isOpen && this.#connection.isTransaction) this.#attempt(() => this.#connection.exec('ROLLBACK'));
    if (!this.#isBound) this.#journalId = null;
    this.#isBound = true;
  }

  /** True if this very event is there. */
  has(event: QtEvent<object>): boolean {
    const row = this.#attempt(() => this.#find.get(event.seq)) as Record<string, unknown> | undefined;
    if (row === undefined) return false;
    const { payload, runId, timestamp, tsInitUs, type } = event;
    return (
      row['type'] === type &&
      row['ts_us'] === timestamp &&
      row['ts_init_us'] === tsInitUs &&
      row['run_id'] === runId &&
      row['payload'] === toJsonText(payload)
    );
  }

  /**
   * Takes back everything behind a seq, in one transaction, as if it had never been added.
   *
   * @returns how many events that were
   * @throws QtError as `add`
   */
  cutAfter(seq: number): number {
    const removed = this.#attempt(() => {
      this.#beginAtCursor();
      const { changes } = this.#connection.prepare('DELETE FROM events WHERE seq > ?').run(seq);
      rebuild(this.#connection, this.#projector);
      this.#move.run(seq, this.#journalId);
      this.#connection.exec('COMMIT');
      return Number(changes);
    });
    this.#isBound = true;
    this.#position = seq;
    return removed;
  }

  /** Lets go of the file; what was not committed is forgotten. Safe to call again. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #beginAtCursor(): void {
    this.#begin.run();
    const { last_seq } = this.#readCursor();
    if (last_seq === this.#position) return;
    const message = `Cannot add to ${this.path} behind seq ${this.#position}: somebody else has added events up to seq ${last_seq}`;
    throw new QtError(QT_SQL_WRITER_OTHER, message, { details: { path: this.path, position: this.#position, found: last_seq } });
  }

  #readCursor(): { journal_id: string | null; last_seq: number } {
    return this.#cursor.get() as { journal_id: string | null; last_seq: number };
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw error instanceof QtError ? error : toSqlError('write', this.path, error);
    }
  }
}

/** Makes the tables that follow from `events` anew, inside a transaction. */
function rebuild(connection: Connection, projector: Projector): void {
  for (const table of TABLES) connection.exec(`DELETE FROM ${table}`);
  const types = new Set(projector.types);
  const page = connection.prepare('SELECT seq, type, ts_us, payload FROM events WHERE seq > ? ORDER BY seq LIMIT ?');
  let last = 0;
  for (;;) {
    const rows = page.all(last, PAGE_EVENTS) as { seq: number; type: string; ts_us: number; payload: string }[];
    for (const { payload, seq, ts_us, type } of rows) {
      if (types.has(type)) projector.apply(type, { seq, timestamp: ts_us, payload: JSON.parse(payload) as Record<string, unknown> });
    }
    if (rows.length < PAGE_EVENTS) return;
    last = rows.at(-1)!.seq;
  }
}
