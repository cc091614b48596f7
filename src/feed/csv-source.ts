import { QtError } from '../base/index.ts';
import { BarGate, type FaultSink } from './bar-gate.ts';
import type { Bar, TimedEvent } from './bar.ts';
import { readRows, type FilePeek, type RowFormat } from './csv-bars.ts';
import type { CsvInput } from './csv-reader.ts';
import { QT_FEED_BAD_ROW } from './errors.ts';
import { FAULTS_LISTED_MAX, type FeedStatus } from './feed.ts';
import type { TimedSource } from './merge.ts';

/** A file that was looked at, ready to be read. */
export interface OpenFile {
  readonly input: CsvInput;
  readonly symbol: string;
  readonly peek: FilePeek;
}

/** What the sources of a feed share, and the symbol of one. */
export interface SymbolSetting {
  readonly symbol: string;
  readonly format: RowFormat;
  readonly quarantineRatio: number;
  readonly delimiter: string;
  readonly header: boolean;
  readonly status: FeedStatus;
  readonly progress: Progress;
  readonly onFault: FaultSink;
}

/** Share of all bytes that were read. */
export class Progress {
  readonly #status: FeedStatus;
  readonly #read = new Map<CsvInput, number>();
  readonly #total: number | null;

  constructor(inputs: readonly CsvInput[], status: FeedStatus) {
    this.#status = status;
    const isKnown = inputs.every((input) => input.bytes !== null);
    this.#total = isKnown ? inputs.reduce((sum, input) => sum + (input.bytes ?? 0), 0) : null;
  }

  advance(input: CsvInput, bytes: number): void {
    if (this.#total === null) return;
    this.#read.set(input, bytes);
    let read = 0;
    for (const part of this.#read.values()) read += part;
    this.#status.progressRatio = Math.min(1, read / this.#total);
  }
}

/** All files of one symbol: their rows in order of time, judged, as events. */
export class SymbolSource implements TimedSource {
  readonly #gate: BarGate;
  readonly #bars: AsyncGenerator<Bar>;

  constructor(files: readonly OpenFile[], setting: SymbolSetting) {
    const { symbol, format, status, quarantineRatio, onFault } = setting;
    const { timeframe, session } = format;
    this.#gate = new BarGate({ symbol, timeframe, session, quarantineRatio }, status, onFault);
    const read = (file: OpenFile): AsyncGenerator<Bar> => barsOf(file, setting);
    this.#bars = files.length === 1 ? read(files[0] as OpenFile) : mergeBars(files.map(read));
  }

  async pull(): Promise<TimedEvent[] | null> {
    const next = await this.#bars.next();
    if (next.done !== true) return this.#gate.accept(next.value);
    this.#gate.finish();
    return null;
  }

  async close(): Promise<void> {
    await this.#bars.return(undefined);
  }
}

/** The rows that are bars; the others are faults. */
async function* barsOf(file: OpenFile, setting: SymbolSetting): AsyncGenerator<Bar> {
  const { delimiter, header, format, status, progress, onFault } = setting;
  for await (const row of readRows(file.input, delimiter, header, file.peek.columns, format)) {
    status.rowsRead++;
    progress.advance(file.input, row.bytes);
    if (typeof row.bar === 'string') onFault({ file: file.input.name, line: row.line }, row.bar, true);
    else yield row.bar;
  }
}

/** Stops at the first bad row, or counts and lists them. */
export function createFaultSink(badRows: 'stop' | 'skip', status: FeedStatus): FaultSink {
  return (at, reason, canStop) => {
    const { file, line } = at;
    if (badRows === 'stop' && canStop) {
      throw new QtError(QT_FEED_BAD_ROW, `Cannot use line ${line} of ${file}: ${reason}`, { details: { file, line, reason } });
    }
    status.rowsSkipped++;
    if (status.faults.length < FAULTS_LISTED_MAX) status.faults.push({ file, line, reason });
  };
}

/** Bars of several files of one symbol by (close, file order). A file that is out of order stays so, for the gate to see. */
async function* mergeBars(files: readonly AsyncGenerator<Bar>[]): AsyncGenerator<Bar> {
  const heads: (Bar | null)[] = [];
  const next = async (file: AsyncGenerator<Bar>): Promise<Bar | null> => {
    const result = await file.next();
    return result.done === true ? null : result.value;
  };
  try {
    for (const file of files) heads.push(await next(file));
    for (;;) {
      let first = -1;
      for (const [index, bar] of heads.entries()) {
        if (bar !== null && (first < 0 || bar.closeUs < (heads[first] as Bar).closeUs)) first = index;
      }
      if (first < 0) return;
      yield heads[first] as Bar;
      heads[first] = await next(files[first] as AsyncGenerator<Bar>);
    }
  } finally {
    for (const file of files) await file.return(undefined);
  }
}
