import type { OnProgress } from '../app/index.ts';

/** A terminal can be rewritten often; a log file should not grow with the time a work takes. */
export const TERMINAL_MS = 100;
export const CLEAR_LINE = '\r\u001B[K';
/** What takes less needs no line, and would only make it flicker. */
const QUIET_MS = 300;
const WIDTH = 80;

export interface ProgressOptions {
  /** What is done, such as `export`. */
  readonly label: string;
  readonly unit: 'events' | 'bytes';
  /** False for `--quiet` and `--json`. */
  readonly isWanted: boolean;
  /** True if results go to stdout while the work goes on: on one terminal they would be written into the line. */
  readonly streamsResults?: boolean;
}

/** The line of a long work. */
export interface ProgressLine {
  readonly onProgress: OnProgress;
  /** Takes the line away. Call it before anything else is written, also after a failure. */
  readonly end: () => void;
}

/**
 * Shows on stderr how far a long work has come, at which rate, and how long it will take: one line that is rewritten on
 * a terminal, nothing elsewhere.
 */
export function showWork(options: ProgressOptions, stream = process.stderr, nowMs: () => number = () => performance.now()): ProgressLine {
  const { isWanted, streamsResults = false } = options;
  const isShown = isWanted && stream.isTTY && !(streamsResults && process.stdout.isTTY);
  if (!isShown) return { onProgress: () => {}, end: () => {} };
  const startMs = nowMs();
  let shownMs = startMs + QUIET_MS - TERMINAL_MS;
  let hasLine = false;
  return {
    onProgress: (done, total) => {
      const now = nowMs();
      if (now - shownMs < TERMINAL_MS) return;
      shownMs = now;
      hasLine = true;
      // A terminal that does not know its width says 0.
      const width = stream.columns > 0 ? stream.columns : WIDTH;
      const line = `qt: ${options.label}  ${toText(options.unit, done, total, (now - startMs) / 1000)}`;
      stream.write(CLEAR_LINE + line.slice(0, width - 1));
    },
    end: () => {
      if (hasLine) stream.write(CLEAR_LINE);
      hasLine = false;
    },
  };
}

function toText(unit: ProgressOptions['unit'], done: number, total: number, seconds: number): string {
  const amount = unit === 'bytes' ? toMebibytes : String;
  const perSecond = Math.round(done / seconds);
  const rate = `${amount(perSecond)}/s`;
  // Of a stream, whose length nobody knows, and of a start from which nothing follows.
  if (total <= 0 || perSecond <= 0) return `${amount(done)}${unit === 'bytes' ? '' : ` ${unit}`}, ${rate}`;
  const share = Math.min(100, Math.floor((done * 100) / total));
  const left = `${toDuration(Math.max(0, total - done) / perSecond)} left`;
  return [`${share} %`, `${amount(done)} of ${amount(total)}${unit === 'bytes' ? '' : ` ${unit}`}, ${rate}`, left].join('  ');
}

function toMebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

function toDuration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
