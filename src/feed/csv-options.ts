import { checkNumber, checkOneOf, invalidOption } from '../base/index.ts';
import type { Timeframe } from '../model/index.ts';
import { BAR_FIELDS, type ColumnNames } from './csv-columns.ts';
import type { SessionHours } from './session.ts';
import { TIME_UNITS, type TimeUnit } from './stamp.ts';
import { TIMEFRAMES } from './timeframe.ts';

/** A file and the symbol whose bars it holds. */
export interface CsvFile {
  readonly path: string;
  /** Default: the start of the file name up to the first `-`, `_` or `.`, in capitals: `btcusdt-1m.csv` is BTCUSDT. */
  readonly symbol?: string;
}

export interface CsvFeedOptions {
  readonly kind: 'csv';
  /** One or more; files of one symbol are read as one, whatever their order. Their order also breaks ties between symbols. */
  readonly files: readonly (string | CsvFile)[];
  /** Default: told from the first rows, if their spacing is that of a timeframe. */
  readonly timeframe?: Timeframe;
  /** How the time column is written; default: told from its first value, refused if that has two meanings. */
  readonly timeUnit?: TimeUnit;
  /** IANA zone of local times and of plain dates; no default, because a guess would shift every bar. */
  readonly zone?: string;
  /** Zone of the trading day; default `zone`, else UTC. */
  readonly dayZone?: string;
  /** Local trading hours, needs `zone`; default: the market never closes. */
  readonly session?: SessionHours;
  /** Whether a time is that of the open or the close of its bar; default `open`. Plain dates stand for the whole day. */
  readonly stamp?: 'open' | 'close';
  /** Names or numbers (from 0) of columns that are not found by their usual spelling. */
  readonly columns?: ColumnNames;
  /** False for a file that starts with its first row; then `columns` are numbers. Default true. */
  readonly header?: boolean;
  /** One character, default `,`. */
  readonly delimiter?: string;
  /** What to do with a row that is no valid bar: `stop` (default) or `skip`, count and list it. */
  readonly badRows?: 'stop' | 'skip';
  /** Returns beyond this wait for the next bar to agree; ratio > 0, default 0.2. */
  readonly quarantineRatio?: number;
  /** Trading days a year; default 252 with a session, 365 without. */
  readonly periodsPerYear?: number;
  /** Default: the file names. */
  readonly name?: string;
}

export interface ResolvedCsvFeedOptions {
  readonly files: readonly Required<CsvFile>[];
  readonly timeframe: Timeframe | null;
  readonly timeUnit: TimeUnit | null;
  readonly zone: string | null;
  readonly dayZone: string;
  readonly session: SessionHours | null;
  readonly stamp: 'open' | 'close';
  readonly columns: ColumnNames;
  readonly header: boolean;
  readonly delimiter: string;
  readonly badRows: 'stop' | 'skip';
  readonly quarantineRatio: number;
  readonly periodsPerYear: number;
  readonly name: string | null;
}

/** @throws QtError QT_OPTION_INVALID naming the field */
export function resolveCsvOptions(options: CsvFeedOptions): ResolvedCsvFeedOptions {
  const session = options.session ?? null;
  const zone = options.zone ?? null;
  const columns = options.columns ?? {};
  for (const field of Object.keys(columns)) checkOneOf('columns', field, BAR_FIELDS as readonly string[]);
  if (session !== null && zone === null) throw invalidOption('zone', zone, 'an IANA time zone, since session is given in its local time');
  const delimiter = options.delimiter ?? ',';
  if (typeof delimiter !== 'string' || delimiter.length !== 1) throw invalidOption('delimiter', delimiter, 'one character');
  return {
    files: resolveFiles(options.files),
    timeframe: options.timeframe === undefined ? null : checkOneOf('timeframe', options.timeframe, TIMEFRAMES),
    timeUnit: options.timeUnit === undefined ? null : checkOneOf('timeUnit', options.timeUnit, TIME_UNITS),
    zone,
    dayZone: options.dayZone ?? zone ?? 'UTC',
    session,
    stamp: checkOneOf('stamp', options.stamp ?? 'open', ['open', 'close']),
    columns,
    header: options.header ?? true,
    delimiter,
    badRows: checkOneOf('badRows', options.badRows ?? 'stop', ['stop', 'skip']),
    quarantineRatio: checkNumber('quarantineRatio', options.quarantineRatio ?? 0.2, { min: 0.001 }),
    periodsPerYear: checkNumber('periodsPerYear', options.periodsPerYear ?? (session === null ? 365 : 252), { min: 1, max: 366 }),
    name: options.name ?? null,
  };
}

function resolveFiles(files: CsvFeedOptions['files']): Required<CsvFile>[] {
  if (!Array.isArray(files) || files.length === 0) throw invalidOption('files', files, 'a list of at least one file');
  return files.map((file: string | CsvFile, index) => {
    const { path, symbol } = typeof file === 'string' ? { path: file, symbol: undefined } : file;
    if (typeof path !== 'string' || path === '') throw invalidOption(`files[${index}].path`, path, 'the path of a CSV file');
    const name = symbol ?? symbolOf(path);
    if (name === '') throw invalidOption(`files[${index}].symbol`, name, 'a symbol, since the file name gives none');
    return { path, symbol: name };
  });
}

function symbolOf(path: string): string {
  const name = path.split(/[/\\]/).at(-1) ?? '';
  return (/^[A-Za-z0-9]+/.exec(name)?.[0] ?? '').toUpperCase();
}
