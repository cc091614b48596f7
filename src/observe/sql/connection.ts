import type * as Sqlite from 'node:sqlite';
import { QtError } from '../../base/index.ts';
import {
  QT_SQL_BUSY,
  QT_SQL_DAMAGED,
  QT_SQL_DISK_FULL,
  QT_SQL_FILE_FOREIGN,
  QT_SQL_FILE_UNUSABLE,
  QT_SQL_WRITE_FAILED,
} from '../errors.ts';

export type Connection = Sqlite.DatabaseSync;
export type Statement = Sqlite.StatementSync;
export type SqlValue = Sqlite.SQLInputValue;

/** Marks the file as ours, in bytes "QTEV": `PRAGMA application_id`. */
const APPLICATION_ID = 0x51544556;

/*
 * WAL: whoever reads sees the last whole transaction and blocks nobody. With it, `synchronous = NORMAL` flushes at a
 * checkpoint and not at each commit: a loss of power may take the newest transactions, whole and with their cursor, and
 * they are read from the journal again. FULL would buy nothing, the journal being the one that must not forget.
 */
const SETTINGS = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000; PRAGMA foreign_keys = OFF';

/**
 * Opens a database file, or makes it, for one that writes beside others that read.
 *
 * @param busyMs how long to wait for somebody else's write transaction
 * @throws QtError QT_SQL_FILE_UNUSABLE, QT_SQL_FILE_FOREIGN, QT_SQL_DAMAGED, QT_SQL_BUSY
 */
export function connect(path: string, busyMs: number): Connection {
  // Asked for here and not imported: Node before 22.13 has it behind a flag and would load nothing that imports it.
  const sqlite = process.getBuiltinModule('node:sqlite') as typeof Sqlite | undefined;
  if (sqlite === undefined) throw unusable(path, `Node ${process.versions.node} has no SQLite; 22.13 and later have`);
  let connection: Connection;
  try {
    connection = new sqlite.DatabaseSync(path, { timeout: busyMs });
  } catch (cause) {
    throw unusable(path, reasonOf(cause), cause);
  }
  try {
    claim(connection, path);
    return connection;
  } catch (error) {
    connection.close();
    throw error instanceof QtError ? error : toSqlError('open', path, error);
  }
}

/** A number that a PRAGMA gives. */
export function pragma(connection: Connection, name: string): number {
  return Number(Object.values(connection.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
}

/** Refuses what is not ours before anything in it changes. */
function claim(connection: Connection, path: string): void {
  const application = pragma(connection, 'application_id');
  const { tables } = connection.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number };
  if (application !== APPLICATION_ID && (application !== 0 || tables > 0)) {
    throw new QtError(QT_SQL_FILE_FOREIGN, `Cannot keep events in ${path}: it is a database of something else`, { details: { path } });
  }
  connection.exec(SETTINGS);
  // Also the proof that it can be written, before a long work begins.
  connection.exec(`BEGIN IMMEDIATE; PRAGMA application_id = ${APPLICATION_ID}; COMMIT`);
}

/** Primary result codes of SQLite, from https://sqlite.org/rescode.html. */
const PERM = 3;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** What SQLite threw, as one of our errors. */
export function toSqlError(action: 'open' | 'write', path: string, cause: unknown): QtError {
  const details = { path, sqliteCode: (cause as { errcode?: number }).errcode ?? 0 };
  const made = (code: string, reason: string): QtError =>
    new QtError(code, `Cannot ${action === 'open' ? 'open' : 'write'} the database ${path}: ${reason}`, { cause, details });
  // Extended codes carry the primary one in their low byte.
  switch (details.sqliteCode & 0xff) {
    case BUSY:
    case LOCKED:
      return made(QT_SQL_BUSY, 'another program holds a write transaction on it');
    case CORRUPT:
      return made(QT_SQL_DAMAGED, 'its content is damaged');
    case FULL:
      return made(QT_SQL_DISK_FULL, 'the disk, or what it may take of it, is full');
    case NOTADB:
      return made(QT_SQL_FILE_FOREIGN, 'it is no SQLite database');
    case PERM:
    case READONLY:
    case CANTOPEN:
      return action === 'open' ? made(QT_SQL_FILE_UNUSABLE, reasonOf(cause)) : made(QT_SQL_WRITE_FAILED, reasonOf(cause));
    default:
      return made(QT_SQL_WRITE_FAILED, reasonOf(cause));
  }
}

function unusable(path: string, reason: string, cause?: unknown): QtError {
  return new QtError(QT_SQL_FILE_UNUSABLE, `Cannot open the database ${path}: ${reason}`, { cause, details: { path } });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
