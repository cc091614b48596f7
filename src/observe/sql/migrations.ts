import { QtError } from '../../base/index.ts';
import { QT_SQL_FILE_NEWER } from '../errors.ts';
import { pragma, type Connection } from './connection.ts';
import { SCHEMA_1 } from './schema-1.ts';

/** One step of the schema. What was released is never edited; a change is a further step. */
export interface Migration {
  readonly sql: string;
  /** True if the tables that follow from `events` must be made anew, because they tell more or otherwise than before. */
  readonly isRebuilding: boolean;
}

/** Version n of the schema is what the first n of these make; it stands in `PRAGMA user_version`. */
export const MIGRATIONS: readonly Migration[] = [{ sql: SCHEMA_1, isRebuilding: false }];

/**
 * Brings a database to the newest version, all or nothing.
 *
 * @param rebuild makes the tables that follow from `events` anew; called inside the transaction, at most once
 * @throws QtError QT_SQL_FILE_NEWER
 */
export function migrate(connection: Connection, path: string, rebuild: () => void, migrations = MIGRATIONS): void {
  const { length } = migrations;
  if (versionOf(connection, path, length) === length) return;
  connection.exec('BEGIN IMMEDIATE');
  try {
    // Asked again, because another process may have done it meanwhile.
    const missing = migrations.slice(versionOf(connection, path, length));
    for (const { sql } of missing) connection.exec(sql);
    if (missing.some(({ isRebuilding }) => isRebuilding)) rebuild();
    connection.exec(`PRAGMA user_version = ${length}; COMMIT`);
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(connection: Connection, path: string, known: number): number {
  const version = pragma(connection, 'user_version');
  if (version <= known) return version;
  throw new QtError(QT_SQL_FILE_NEWER, `Cannot open the database ${path}: its schema is version ${version}, this code has ${known}`, {
    details: { path, version, versionKnown: known },
  });
}
