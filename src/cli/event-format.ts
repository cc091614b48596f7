import { invalidOption } from '../base/index.ts';
import { toEventJson, toPayloadJson, type queryJournal } from '../app/index.ts';

export const FORMATS = ['table', 'ndjson', 'csv'] as const;
export type FormatName = (typeof FORMATS)[number];

/** An event as a command of ours reads it from a journal. */
export type RecordedEvent = ReturnType<typeof queryJournal> extends Generator<infer E> ? E : never;

/** How events become lines. */
export interface EventFormat {
  /** Before the first one; null for none. */
  readonly header: string | null;
  line(event: RecordedEvent): string;
  /** Behind the last one of a finished list; null for none. */
  footer(count: number): string | null;
}

/** Cells of an event by the name of their column, and their width in a table. */
const COLUMNS: Readonly<Record<string, readonly [width: number, cell: (event: RecordedEvent) => unknown]>> = {
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
const TABLE_COLUMNS = ['seq', 'time', 'type', 'key', 'payload'];
const CSV_COLUMNS = ['seq', 'timestamp', 'time', 'type', 'key', 'priority', 'source', 'cause_seq', 'payload'];
const PAYLOAD = 'payload.';
const FIELD_WIDTH = 12;
const TABLE_WIDTH = 140;

/** For `--help`. */
export const COLUMN_NAMES = `${Object.keys(COLUMNS).join(', ')}, ${PAYLOAD}<field>`;

/**
 * @param columns names separated by commas; of a table or CSV only
 * @throws QtError QT_OPTION_INVALID
 */
export function createFormat(name: FormatName, columns: string | undefined): EventFormat {
  const names = columns?.split(',').map((column) => column.trim());
  for (const column of names ?? []) {
    if (!Object.hasOwn(COLUMNS, column) && !isField(column)) throw invalidOption('columns', column, `one of ${COLUMN_NAMES}`);
  }
  switch (name) {
    case 'ndjson':
      if (names !== undefined) throw invalidOption('columns', columns, 'given with the format table or csv');
      return { header: null, line: toEventJson, footer: () => null };
    case 'csv':
      return csvFormat(names ?? CSV_COLUMNS);
    case 'table':
      return tableFormat(names ?? TABLE_COLUMNS);
  }
}

function csvFormat(names: readonly string[]): EventFormat {
  return {
    header: names.map(quote).join(','),
    line: (event) => names.map((column) => quote(toText(cellOf(event, column), ''))).join(','),
    footer: () => null,
  };
}

function tableFormat(names: readonly string[]): EventFormat {
  const widths = names.map((column) => (isField(column) ? FIELD_WIDTH : COLUMNS[column]![0]));
  return {
    header: null,
    line: (event) => {
      const cells = names.map((column, i) => pad(cellOf(event, column), widths[i]!));
      return cells.join('  ').slice(0, Math.max(80, process.stdout.columns ?? TABLE_WIDTH));
    },
    footer: (count) => `${count} events`,
  };
}

function isField(column: string): boolean {
  return column.length > PAYLOAD.length && column.startsWith(PAYLOAD);
}

function cellOf(event: RecordedEvent, column: string): unknown {
  if (!isField(column)) return COLUMNS[column]![1](event);
  let value: unknown = event.payload;
  for (const name of column.slice(PAYLOAD.length).split('.')) {
    const isInside = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
    value = isInside ? (value as Record<string, unknown>)[name] : undefined;
  }
  return value;
}

function pad(value: unknown, width: number): string {
  const text = toText(value, '-');
  return typeof value === 'number' ? text.padStart(width) : text.padEnd(width);
}

function toText(value: unknown, absent: string): string {
  if (value === null || value === undefined) return absent;
  return typeof value === 'object' ? toPayloadJson(value) : String(value as string | number | bigint | boolean);
}

/** RFC 4180. */
function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** ISO 8601, to the microsecond where it is not a whole millisecond. */
function toTime(us: number): string {
  const ms = Math.floor(us / 1000);
  const rest = us - ms * 1000;
  const text = new Date(ms).toISOString();
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}
