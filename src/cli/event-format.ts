import { invalidOption } from '../base/index.ts';
import { toEventJson, toPayloadJson } from '../app/index.ts';
import { COLUMN_NAMES, COLUMNS, PAYLOAD, type FormatName, type RecordedEvent } from './event-columns.ts';

/** How events become lines. */
export interface EventFormat {
  /** Before the first one; null for none. */
  readonly header: string | null;
  line(event: RecordedEvent): string;
  /** Behind the last one of a finished list; null for none. */
  footer(count: number): string | null;
}

const TABLE_COLUMNS = ['seq', 'time', 'type', 'key', 'payload'];
const CSV_COLUMNS = ['seq', 'timestamp', 'time', 'type', 'key', 'priority', 'source', 'cause_seq', 'payload'];
const FIELD_WIDTH = 12;
const TABLE_WIDTH = 140;

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
