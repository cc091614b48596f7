/**
 * Events as SQLite tables: the schema and its versions, what each event changes in them, and the one writer of a file.
 *
 * @module
 */
export { EventDatabase, openEventDatabase, type EventDatabaseOptions } from './event-database.ts';
