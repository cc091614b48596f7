import { QtError } from '../base/index.ts';
import { QT_FEED_FILE_EMPTY } from './errors.ts';
import { findColumns, type ColumnNames, type ColumnPositions } from './csv-columns.ts';
import { readRecords, type CsvInput, type CsvRecord } from './csv-reader.ts';
import type { Bar } from './bar.ts';
import type { Session } from './session.ts';
import { readStamp, type Stamp, type TimeUnit } from './stamp.ts';
import { timeframeUs } from './timeframe.ts';
import type { Timeframe } from '../model/index.ts';
import type { TradingZone } from './zone.ts';

/** How the rows of a file become bars; the same for all files of a feed but for the columns. */
export interface RowFormat {
  readonly timeUnit: TimeUnit;
  readonly timeframe: Timeframe;
  readonly session: Session;
  /** Zone of local times without an offset, null if there is none. */
  readonly zone: TradingZone | null;
  readonly stamp: 'open' | 'close';
}

/** The first rows of a file, read to learn how it is written. */
export interface FilePeek {
  readonly columns: ColumnPositions;
  /** Name of the time column. */
  readonly timeColumn: string;
  /** The first times, as text. */
  readonly times: readonly string[];
}

const PEEK_ROWS = 50;

/** @throws QtError QT_FEED_FILE_EMPTY, QT_FEED_COLUMN_MISSING and the codes of reading */
export async function peekFile(input: CsvInput, delimiter: string, hasHeader: boolean, asked: ColumnNames): Promise<FilePeek> {
  const records: CsvRecord[] = [];
  for await (const record of readRecords(input, delimiter)) {
    records.push(record);
    if (records.length > PEEK_ROWS) break;
  }
  const header = records[0]?.fields;
  if (header === undefined) throw emptyFile(input, 'it is empty');
  const columns = findColumns(input.name, header, asked, hasHeader);
  const rows = hasHeader ? records.slice(1) : records;
  if (rows.length === 0) throw emptyFile(input, 'it has a header but no rows');
  const times = rows.map((row) => row.fields[columns.time] ?? '');
  return { columns, timeColumn: hasHeader ? (header[columns.time] as string) : `column ${columns.time}`, times };
}

function emptyFile(input: CsvInput, problem: string): QtError {
  return new QtError(QT_FEED_FILE_EMPTY, `Cannot read bars from ${input.name}: ${problem}`, { details: { file: input.name } });
}

/** What a line of a file turned out to be. */
export interface Row {
  readonly line: number;
  /** Bytes of its file that are read. */
  readonly bytes: number;
  /** The bar, or a sentence on why it is none. */
  readonly bar: Bar | string;
}

/** Reads the rows of one file in file order. */
export async function* readRows(
  input: CsvInput,
  delimiter: string,
  hasHeader: boolean,
  columns: ColumnPositions,
  format: RowFormat,
): AsyncGenerator<Row> {
  let isHeader = hasHeader;
  let closeBeforeUs = -Infinity;
  for await (const record of readRecords(input, delimiter)) {
    if (isHeader) {
      isHeader = false;
      continue;
    }
    const bar = toBar(input.name, record, columns, format, closeBeforeUs);
    if (typeof bar !== 'string') closeBeforeUs = bar.closeUs;
    yield { line: record.line, bytes: record.bytes, bar };
  }
}

function toBar(file: string, record: CsvRecord, columns: ColumnPositions, format: RowFormat, closeBeforeUs: number): Bar | string {
  const stamp = readStamp(record.fields[columns.time] ?? '', format.timeUnit, format.zone);
  if (typeof stamp === 'string') return stamp;
  const numbers: number[] = [];
  for (const field of ['open', 'high', 'low', 'close', 'volume'] as const) {
    const column = columns[field];
    const text = column === null ? '0' : (record.fields[column] ?? '');
    const value = readNumber(text);
    if (value === null) return `${field} ${JSON.stringify(text.slice(0, 40))} is no number`;
    numbers.push(value);
  }
  const [open, high, low, close, volume] = numbers as [number, number, number, number, number];
  return { ...timesOf(stamp, format, closeBeforeUs), open, high, low, close, volume, file, line: record.line };
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** Stricter than `Number`, which takes an empty text for 0. */
function readNumber(text: string): number | null {
  return NUMBER.test(text) ? Number(text) : null;
}

function timesOf(stamp: Stamp, format: RowFormat, closeBeforeUs: number): { openUs: number; closeUs: number } {
  if ('day' in stamp) return format.session.hoursOf(stamp.day);
  const length = timeframeUs(format.timeframe);
  const barAt = (us: number): { openUs: number; closeUs: number } =>
    format.stamp === 'open' ? { openUs: us, closeUs: us + length } : { openUs: us - length, closeUs: us };
  const bars = stamp.instantsUs.map(barAt);
  // An hour that clocks repeat: its second pass is the one that comes after the first.
  return bars.find((bar) => bar.closeUs > closeBeforeUs) ?? (bars[0] as { openUs: number; closeUs: number });
}
