/**
 * The event logger: counts and newest events in memory, every event as NDJSON in a file.
 *
 * @module
 */
export { EventLog, toEventLine, type EventLogOptions, type EventRow } from './event-log.ts';
export { LineWriter, type LineWriterOptions } from './line-writer.ts';
