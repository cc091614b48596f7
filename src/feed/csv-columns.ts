import { describe, invalidOption, QtError } from '../base/index.ts';
import { QT_FEED_COLUMN_MISSING } from './errors.ts';

export const BAR_FIELDS = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;
export type BarField = (typeof BAR_FIELDS)[number];

/** For each field the name of its column, or its number from 0. */
export type ColumnNames = Partial<Readonly<Record<BarField, string | number>>>;

/** Position of each field in a row; null for a volume that the file does not have. */
export interface ColumnPositions extends Readonly<Record<Exclude<BarField, 'volume'>, number>> {
  readonly volume: number | null;
}

const SPELLINGS: Readonly<Record<BarField, readonly string[]>> = {
  time: [
    'timestamp',
    'time',
    'date',
    'datetime',
    'timestamp_ms',
    'timestamp_us',
    'timestamp_s',
    'time_ms',
    'time_us',
    'open_time',
    'opentime',
    'date_time',
    't',
  ],
  open: ['open', 'o', 'open_price'],
  high: ['high', 'h', 'high_price'],
  low: ['low', 'l', 'low_price'],
  close: ['close', 'c', 'close_price', 'last'],
  volume: ['volume', 'v', 'vol', 'base_volume'],
};

/**
 * Finds the columns of a bar by their usual names, without regard to case, spaces or dashes; names that were asked for come first.
 *
 * @param header the first line; for a file without one, its first row, and then every column must be given by number
 * @throws QtError QT_FEED_COLUMN_MISSING, QT_OPTION_INVALID
 */
export function findColumns(file: string, header: readonly string[], asked: ColumnNames, hasHeader: boolean): ColumnPositions {
  const names = header.map(normalize);
  const find = (field: BarField): number | null => {
    const wanted = asked[field];
    if (typeof wanted === 'number') return numbered(file, field, wanted, header);
    if (!hasHeader) return missing(file, field, header, `a file without a header needs columns.${field} as a number`);
    if (wanted !== undefined) {
      const position = names.indexOf(normalize(wanted));
      return position >= 0 ? position : missing(file, field, header, `no column is called ${describe(wanted)}`, true);
    }
    const spelling = SPELLINGS[field].find((name) => names.includes(name));
    return spelling === undefined ? missing(file, field, header, `name it with columns.${field}`) : names.indexOf(spelling);
  };
  const [time, open, high, low, close, volume] = BAR_FIELDS.map(find) as [number, number, number, number, number, number | null];
  return { time, open, high, low, close, volume };
}

function normalize(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}

function numbered(file: string, field: BarField, position: number, header: readonly string[]): number {
  if (Number.isInteger(position) && position >= 0 && position < header.length) return position;
  throw invalidOption(`columns.${field}`, position, `a column of ${file}, 0 to ${header.length - 1}`);
}

/** A file may do without volume (an index has none) unless one was asked for by name. */
function missing(file: string, field: BarField, header: readonly string[], remedy: string, isAsked = false): null {
  if (field === 'volume' && !isAsked) return null;
  const other = header.length === 1 ? [';', '\t', '|'].find((mark) => header[0]?.includes(mark)) : undefined;
  const hint = other === undefined ? remedy : `its columns seem to be split by ${JSON.stringify(other)}: set delimiter`;
  const columns = header
    .slice(0, 20)
    .map((name) => name.slice(0, 40))
    .join(', ');
  throw new QtError(QT_FEED_COLUMN_MISSING, `Cannot find the ${field} column of ${file}: ${hint}; it has ${columns}`, {
    details: { file, field, columns: header.slice(0, 20) },
  });
}
