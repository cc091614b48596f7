import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { QtError } from '../base/index.ts';
import { QT_FEED_BAD_ROW, QT_FEED_FILE_MISSING, QT_FEED_FILE_UNREADABLE } from './errors.ts';

/**
 * Bytes that are parsed at one go: the first record comes out after the first of them, and a file is looked at and then read.
 * Smaller chunks of files cost time (16 KiB 3 %, 4 KiB a third more than 64 KiB), those of memory none.
 */
const FILE_CHUNK_BYTES = 16_384;
const TEXT_CHUNK_BYTES = 4096;

/** Text to be read once or more: a file on disk, or anything that gives its bytes. */
export interface CsvInput {
  /** Name for messages. */
  readonly name: string;
  /** Length, null when unknown. */
  readonly bytes: number | null;
  open(): Readable;
}

/** One record and where it was. */
export interface CsvRecord {
  readonly fields: readonly string[];
  /** Line the record ends on, from 1. */
  readonly line: number;
  /** Bytes of the input up to here. */
  readonly bytes: number;
}

/**
 * Looks at a file before it is read, so that a wrong path is refused at the start.
 *
 * @throws QtError QT_FEED_FILE_MISSING, QT_FEED_FILE_UNREADABLE
 */
export async function fileInput(path: string): Promise<CsvInput> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw toFileError(path, cause);
  });
  if (facts.isDirectory()) {
    throw new QtError(QT_FEED_FILE_UNREADABLE, `Cannot read ${path}: it is a directory, expected a CSV file`, { details: { file: path } });
  }
  return { name: path, bytes: facts.isFile() ? facts.size : null, open: () => createReadStream(path, { highWaterMark: FILE_CHUNK_BYTES }) };
}

/** Text that is already in memory, as an input. */
export function textInput(name: string, text: string | Uint8Array): CsvInput {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return { name, bytes: bytes.byteLength, open: () => Readable.from(chunksOf(bytes)) };
}

function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += TEXT_CHUNK_BYTES) yield bytes.subarray(start, start + TEXT_CHUNK_BYTES);
}

interface RecordWithInfo {
  readonly record: string[];
  readonly info: { readonly lines: number; readonly bytes: number };
}

/**
 * Reads records one by one and never holds more than a stream's buffer of them.
 *
 * @throws QtError QT_FEED_FILE_MISSING, QT_FEED_FILE_UNREADABLE, QT_FEED_BAD_ROW (broken quotes)
 */
export async function* readRecords(input: CsvInput, delimiter: string): AsyncGenerator<CsvRecord> {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: 65_536,
  });
  // The callback only marks the error as seen: it reaches the loop below through the parser.
  pipeline(input.open(), parser, () => {});
  try {
    for await (const { record, info } of parser as AsyncIterable<RecordWithInfo>) {
      yield { fields: record, line: info.lines, bytes: info.bytes };
    }
  } catch (cause) {
    throw toFileError(input.name, cause);
  } finally {
    parser.destroy();
  }
}

function toFileError(file: string, cause: unknown): unknown {
  if (cause instanceof CsvError) {
    const line = (cause as { lines?: number }).lines ?? 0;
    return new QtError(QT_FEED_BAD_ROW, `Cannot read line ${line} of ${file}: ${cause.message}`, { cause, details: { file, line } });
  }
  const code = (cause as { code?: unknown }).code;
  if (code === 'ENOENT') {
    return new QtError(QT_FEED_FILE_MISSING, `Cannot read ${file}: no such file`, { cause, details: { file } });
  }
  if (typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return cause;
  const reason = code === 'EACCES' || code === 'EPERM' ? 'access is denied' : code === 'EISDIR' ? 'it is a directory' : code;
  return new QtError(QT_FEED_FILE_UNREADABLE, `Cannot read ${file}: ${reason}`, { cause, details: { file } });
}
