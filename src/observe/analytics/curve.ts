import { checkNumber, checkOneOf } from '../../base/index.ts';

export interface CurveOptions {
  /** Columns of the plot itself, integer 1 to 1000, default 60. */
  readonly width?: number;
  /** Lines, integer 1 to 200, default 10. */
  readonly height?: number;
  /** `braille` (default) and `block` need a terminal with Unicode, `ascii` none. */
  readonly style?: 'braille' | 'block' | 'ascii';
  /** Text of the highest and lowest value, put before the first and last line; default none. */
  readonly label?: (value: number) => string;
}

/** How a cell holds points, and which character shows them. */
interface Grid {
  readonly across: number;
  readonly down: number;
  /** True to fill below the line. */
  readonly isArea: boolean;
  /** Bit of the point at (x, y) in a cell, y from the top. */
  bit(x: number, y: number): number;
  character(bits: number): string;
}

const BRAILLE_BITS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];
const BLOCKS = ' ▁▂▃▄▅▆▇█';

const GRIDS: Readonly<Record<'braille' | 'block' | 'ascii', Grid>> = {
  braille: {
    across: 2,
    down: 4,
    isArea: false,
    bit: (x, y) => BRAILLE_BITS[x]?.[y] ?? 0,
    character: (bits) => (bits === 0 ? ' ' : String.fromCharCode(0x2800 + bits)),
  },
  block: {
    across: 1,
    down: 8,
    isArea: true,
    bit: (_, y) => 1 << y,
    // An area is filled from below, so the number of its points is the height of the block.
    character: (bits) => BLOCKS[bits.toString(2).replaceAll('0', '').length] ?? ' ',
  },
  ascii: { across: 1, down: 1, isArea: false, bit: () => 1, character: (bits) => (bits === 0 ? ' ' : '*') },
};

/**
 * Draws a series as lines of text, oldest value left, highest on top. Values that are no finite number are left out.
 * More values than columns keep the low and high of each column, so that no spike is lost.
 *
 * @returns `height` lines of equal length, none for no values
 * @throws QtError QT_OPTION_INVALID
 * @example console.log(renderCurve(report.curve.map((point) => point.equityUsd), { width: 72, height: 12 }).join('\n'))
 */
export function renderCurve(values: readonly number[], options: CurveOptions = {}): string[] {
  const width = checkNumber('width', options.width ?? 60, { min: 1, max: 1000, integer: true });
  const height = checkNumber('height', options.height ?? 10, { min: 1, max: 200, integer: true });
  const grid = GRIDS[checkOneOf('style', options.style ?? 'braille', ['braille', 'block', 'ascii'])];
  const series = values.filter((value) => Number.isFinite(value));
  if (series.length === 0) return [];
  const low = series.reduce((a, b) => Math.min(a, b));
  const high = series.reduce((a, b) => Math.max(a, b));
  const rows = height * grid.down;
  const toRow = (value: number): number => (high === low ? rows >> 1 : Math.round(((high - value) / (high - low)) * (rows - 1)));
  const cells = plot(series, width, height, grid, toRow);
  return withLabels(
    cells.map((line) => line.map((bits) => grid.character(bits)).join('')),
    low,
    high,
    options.label,
  );
}

function plot(series: readonly number[], width: number, height: number, grid: Grid, toRow: (value: number) => number): number[][] {
  const cells = Array.from({ length: height }, () => Array.from({ length: width }, () => 0));
  const columns = width * grid.across;
  let before: number | null = null;
  for (let column = 0; column < columns; column++) {
    const span = columnOf(series, column, columns);
    const top = toRow(Math.max(span.high, before ?? span.high));
    const bottom = grid.isArea ? height * grid.down - 1 : toRow(Math.min(span.low, before ?? span.low));
    for (let row = grid.isArea ? toRow(span.last) : top; row <= bottom; row++) {
      const line = cells[Math.floor(row / grid.down)] as number[];
      const cell = Math.floor(column / grid.across);
      line[cell] = (line[cell] as number) | grid.bit(column % grid.across, row % grid.down);
    }
    before = span.last;
  }
  return cells;
}

/** Low, high and last value that fall into a column; between two values when there are fewer of them than columns. */
function columnOf(series: readonly number[], column: number, columns: number): { low: number; high: number; last: number } {
  if (series.length <= columns) {
    const position = columns === 1 ? 0 : (column / (columns - 1)) * (series.length - 1);
    const left = series[Math.floor(position)] as number;
    const right = series[Math.ceil(position)] as number;
    const value = left + (right - left) * (position - Math.floor(position));
    return { low: value, high: value, last: value };
  }
  const start = Math.floor((column * series.length) / columns);
  const end = Math.floor(((column + 1) * series.length) / columns);
  const part = series.slice(start, end);
  return { low: part.reduce((a, b) => Math.min(a, b)), high: part.reduce((a, b) => Math.max(a, b)), last: part.at(-1) as number };
}

function withLabels(lines: string[], low: number, high: number, label: CurveOptions['label']): string[] {
  if (label === undefined) return lines;
  const labels = lines.map((_, index) => (index === 0 ? label(high) : index === lines.length - 1 ? label(low) : ''));
  const width = Math.max(...labels.map((text) => text.length));
  return lines.map((line, index) => `${(labels[index] as string).padStart(width)} ${line}`);
}
