import { invalidOption } from '../../../base/index.ts';
import { queryJournal, toEventLine, toTimeUs } from '../../../app/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import type { EventsOptions, FORMATS } from './options.ts';

type Format = (typeof FORMATS)[number];
type RecordedEvent = ReturnType<typeof queryJournal> extends Generator<infer E> ? E : never;

/** Characters that are gathered before they are written. */
const CHUNK_LENGTH = 65_536;
const TABLE_WIDTH = 140;
const CSV_HEADER = 'seq,timestamp,time,type,key,priority,source,cause_seq,payload';

/** @throws QtError QT_APP_INPUT_UNREADABLE, QT_EVENT_TOPIC_INVALID, QT_OPTION_INVALID, and those of the journal */
export async function printRecorded(directory: string, pattern: string, options: EventsOptions): Promise<ExitCode> {
  const { json, limit, since, type, until } = options;
  const format = options.format ?? (json === true ? 'ndjson' : 'table');
  const events = queryJournal(directory, {
    patterns: type === undefined ? [pattern] : [pattern, type],
    ...(since === undefined ? {} : { sinceUs: toTimeUs('since', since) }),
    ...(until === undefined ? {} : { untilUs: toTimeUs('until', until) }),
    ...(limit === undefined ? {} : { limit: toLimit(limit) }),
  });
  await writeLines(linesOf(events, format));
  return EXIT_CODES.ok;
}

function toLimit(text: string): number {
  if (!/^\d+$/.test(text)) throw invalidOption('limit', text, 'an integer >= 1');
  return Number(text);
}

function* linesOf(events: Iterable<RecordedEvent>, format: Format): Generator<string, void, undefined> {
  if (format === 'ndjson') {
    for (const event of events) yield toEventLine(event);
    return;
  }
  if (format === 'csv') {
    yield CSV_HEADER;
    for (const event of events) yield toCsv(event);
    return;
  }
  const width = Math.max(80, process.stdout.columns ?? TABLE_WIDTH);
  let count = 0;
  for (const event of events) {
    count++;
    yield toRow(event).slice(0, width);
  }
  yield `${count} events`;
}

function toRow({ key, payload, seq, timestamp, type }: RecordedEvent): string {
  return `${String(seq).padStart(8)}  ${toTime(timestamp)}  ${type.padEnd(30)} ${(key ?? '-').padEnd(10)} ${JSON.stringify(payload)}`;
}

function toCsv({ causeSeq, key, payload, priority, seq, source, timestamp, type }: RecordedEvent): string {
  const cells = [seq, timestamp, toTime(timestamp), type, key ?? '', priority, source, causeSeq, JSON.stringify(payload)];
  return cells.map((cell) => quote(String(cell))).join(',');
}

/** RFC 4180. */
function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function toTime(us: number): string {
  return new Date(us / 1000).toISOString();
}

/** Never further ahead of its reader than one chunk; ends when the reader goes away. */
async function writeLines(lines: Iterable<string>): Promise<void> {
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_LENGTH) continue;
    if (!(await write(chunk))) return;
    chunk = '';
  }
  if (chunk !== '') await write(chunk);
}

function write(chunk: string): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdout.write(chunk, (error) => resolve(error === null || error === undefined));
  });
}
