/** What the formats of events are called. Apart from the formats themselves, because `--help` must not load the engine. */
import type { queryJournal } from '../app/index.ts';
import { toTimeText } from './time-text.ts';

export const FORMATS = ['table', 'ndjson', 'csv'] as const;
export type FormatName = (typeof FORMATS)[number];

/** An event as a command of ours reads it from a journal. */
export type RecordedEvent = ReturnType<typeof queryJournal> extends Generator<infer E> ? E : never;

/** Cells of an event by the name of their column, and their width in a table. */
export const COLUMNS: Readonly<Record<string, readonly [width: number, cell: (event: RecordedEvent) => unknown]>> = {
  seq: [8, (event) => event.seq],
  timestamp: [16, (event) => event.timestamp],
  time: [24, (event) => toTimeText(event.timestamp)],
  type: [30, (event) => event.type],
  key: [10, (event) => event.key],
  priority: [8, (event) => event.priority],
  source: [16, (event) => event.source],
  cause_seq: [8, (event) => event.causeSeq],
  payload: [0, (event) => event.payload],
  id: [0, (event) => event.id],
  run_id: [0, (event) => event.runId],
  accepted: [24, (event) => toTimeText(event.tsInitUs)],
  correlation_id: [0, (event) => event.correlationId],
  causation_id: [0, (event) => event.causationId],
  emit_index: [10, (event) => event.emitIndex],
  v: [3, (event) => event.v],
};
/** Begins the name of a column that is a field of the payload. */
export const PAYLOAD = 'payload.';

/** For `--help`. */
export const COLUMN_NAMES = `${Object.keys(COLUMNS).join(', ')}, ${PAYLOAD}<field>`;
