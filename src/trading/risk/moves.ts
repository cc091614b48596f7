import { CONFIRMING_MARKS, type Mark } from './exposure.ts';

const MINUTE_US = 60_000_000;
export const HOUR_US = 60 * MINUTE_US;
export const DAY_US = 24 * HOUR_US;

/** One minute of confirmed prices. */
interface Extreme {
  readonly minute: number;
  /** Highest price that several marks in a row all reached. */
  peak: number;
  /** Lowest price that several marks in a row all reached. */
  trough: number;
}

/** The confirmed extremes of a day by symbol, oldest first, one entry per minute that had marks. */
export type MoveWindows = Map<string, Extreme[]>;

/**
 * Adds what the last marks confirm. One bad tick neither makes an extreme nor a move: an extreme counts when
 * `CONFIRMING_MARKS` marks in a row all reached it, and so does the price it is compared with.
 */
export function addMove(windows: MoveWindows, symbol: string, marks: readonly Mark[]): void {
  const newest = marks.at(-1);
  if (newest === undefined || marks.length < CONFIRMING_MARKS) return;
  const peak = Math.min(...marks.map((mark) => mark.price));
  const trough = Math.max(...marks.map((mark) => mark.price));
  const window = windows.get(symbol) ?? [];
  windows.set(symbol, window);
  while (window.length > 0 && (window[0] as Extreme).minute * MINUTE_US < newest.at - DAY_US) window.shift();
  const minute = Math.floor(newest.at / MINUTE_US);
  const last = window.at(-1);
  if (last?.minute === minute) {
    last.peak = Math.max(last.peak, peak);
    last.trough = Math.min(last.trough, trough);
  } else window.push({ minute, peak, trough });
}

/** Largest confirmed |move| to the last marks within `spanUs`, as a share of where it started; 0 when nothing is known. */
export function confirmedMove(windows: MoveWindows, symbol: string, marks: readonly Mark[], spanUs: number): number {
  const newest = marks.at(-1);
  if (newest === undefined || marks.length < CONFIRMING_MARKS) return 0;
  const lowest = Math.min(...marks.map((mark) => mark.price));
  const highest = Math.max(...marks.map((mark) => mark.price));
  let largest = 0;
  for (const { minute, peak, trough } of windows.get(symbol) ?? []) {
    if ((minute + 1) * MINUTE_US <= newest.at - spanUs) continue;
    largest = Math.max(largest, 1 - highest / peak, lowest / trough - 1);
  }
  return largest;
}
