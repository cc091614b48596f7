/** What the formats of events are called. Apart from the formats themselves, because `--help` must not load the engine. */
import type { queryJournal } from '../app/index.ts';

export const FORMATS = ['table', 'ndjson', 'csv'] as const;
export type FormatName = (typeof FORMATS)[number];

/** An event as a command of ours reads it from a journal. */
export type RecordedEvent = ReturnType<typeof queryJournal> extends Generator<infer E> ? E : never;

/** Cells of an event by the name of their column, and their width in a table. */
export const COLUMNS: Readonly<Record<string, readonly [width: number, cell: (event: RecordedEvent) => unknown]>> = {
  seq: [8, (event) => event.seq],
  timestamp: [16, (event) => event.timestamp],
  time: [24, (event) => toTime(event.timestamp)],
  type: [30, (event) => event.type],
  key: [10, (event) => event.key],
  priority: [8, (event) => event.priority],
  source: [16, (event) => event.source],
  cause_seq: [8, (event) => event.causeSeq],
  payload: [0, (event) => event.payload],
  id: [0, (event) => event.id],
  run_id: [0, (event) => event.runId],
  accepted: [24, (event) => toTime(event.tsInitUs)],
  correlation_id: [0, (event) => event.correlationId],
  causation_id: [0, (event) => event.causationId],
  emit_index: [10, (event) => event.emitIndex],
  v: [3, (event) => event.v],
};
/** Begins the name of a column that is a field of the payload. */
export const PAYLOAD = 'payload.';

/** For `--help`. */
export const COLUMN_NAMES = `${Object.keys(COLUMNS).join(', ')}, ${PAYLOAD}<field>`;

/** ISO 8601, to the microsecond where it is not a whole millisecond. */
function toTime(us: number): string {
  const ms = Math.floor(us / 1000);
  const rest = us - ms * 1000;
  const text = new Date(ms).toISOString();
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}
