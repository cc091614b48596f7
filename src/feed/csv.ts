import { basename } from 'node:path';
import { describe, QtError } from '../base/index.ts';
import type { Timeframe } from '../model/index.ts';
import { peekFile, type RowFormat } from './csv-bars.ts';
import { resolveCsvOptions, type CsvFeedOptions, type ResolvedCsvFeedOptions } from './csv-options.ts';
import { fileInput, type CsvInput } from './csv-reader.ts';
import { createFaultSink, Progress, SymbolSource, type OpenFile } from './csv-source.ts';
import { QT_FEED_TIME_AMBIGUOUS } from './errors.ts';
import { createFeedStatus, type Feed, type FeedInfo } from './feed.ts';
import { mergeBatches } from './merge.ts';
import { Session } from './session.ts';
import { detectTimeUnit, readStamp, type TimeUnit } from './stamp.ts';
import { timeframeOfSpacing } from './timeframe.ts';
import { TradingZone } from './zone.ts';

/**
 * Opens bar files as one feed. Looks at the start of every file, so that a wrong path, column or time format is
 * refused here; the rows themselves are streamed by `batches` and never held in memory.
 *
 * @throws QtError QT_OPTION_INVALID, QT_FEED_FILE_MISSING, QT_FEED_FILE_UNREADABLE, QT_FEED_FILE_EMPTY,
 *   QT_FEED_COLUMN_MISSING, QT_FEED_TIME_AMBIGUOUS
 * @example
 * const feed = await openCsvFeed({ kind: 'csv', files: ['btcusdt-1m-2022-12-13.csv'] });
 * for await (const batch of feed.batches()) await bus.publishBatch(batch.events);
 */
export async function openCsvFeed(options: CsvFeedOptions): Promise<Feed> {
  const resolved = resolveCsvOptions(options);
  const inputs: CsvInput[] = [];
  for (const file of resolved.files) inputs.push(await fileInput(file.path));
  return feedOfInputs(resolved, inputs, null);
}

/**
 * The same from inputs that are already open; `inputs` stand beside `options.files`.
 *
 * @param rowsTotal number of bars if known
 */
export async function feedOfInputs(options: ResolvedCsvFeedOptions, inputs: readonly CsvInput[], rowsTotal: number | null): Promise<Feed> {
  const zone = options.zone === null ? null : new TradingZone(options.zone);
  const dayZone = new TradingZone(options.dayZone, 'dayZone');
  const files: OpenFile[] = [];
  for (const [index, input] of inputs.entries()) {
    const peek = await peekFile(input, options.delimiter, options.header, options.columns);
    files.push({ input, symbol: (options.files[index] as { symbol: string }).symbol, peek });
  }
  const format = agreeOnFormat(options, files, zone);
  const symbols = [...new Set(files.map((file) => file.symbol))];
  const info: FeedInfo = {
    name: options.name ?? options.files.map((file) => basename(file.path)).join(', '),
    symbols,
    timeframe: format.timeframe,
    dayZone: dayZone.name,
    periodsPerYear: options.periodsPerYear,
    rowsTotal,
  };
  let status = createFeedStatus();
  return {
    info,
    status: () => status,
    batches: (signal) => {
      status = createFeedStatus();
      const progress = new Progress(
        files.map((file) => file.input),
        status,
      );
      const onFault = createFaultSink(options.badRows, status);
      const sources = symbols.map((symbol) => {
        const own = files.filter((file) => file.symbol === symbol);
        return new SymbolSource(own, { ...options, symbol, format, status, progress, onFault });
      });
      return mergeBatches(sources, dayZone, signal);
    },
  };
}

/** One format for all files, as one feed has one timeframe. */
function agreeOnFormat(options: ResolvedCsvFeedOptions, files: readonly OpenFile[], zone: TradingZone | null): RowFormat {
  const first = files[0] as OpenFile;
  const units = files.map((file) => options.timeUnit ?? detectTimeUnit(file.input.name, file.peek.timeColumn, file.peek.times[0] ?? ''));
  const timeUnit = units[0] as TimeUnit;
  const odd = units.findIndex((unit) => unit !== timeUnit);
  if (odd >= 0)
    throw ambiguous(files[odd] as OpenFile, `writes time as ${units[odd]}, but ${first.input.name} as ${timeUnit}: read them as two feeds`);
  const sample = first.peek.times[0] ?? '';
  if (zone === null && timeUnit === 'date')
    throw ambiguous(first, `has plain dates such as ${describe(sample)}: set zone, and session if the market closes`);
  const timeframe = options.timeframe ?? detectTimeframe(files, timeUnit, zone);
  if (timeUnit === 'date' && timeframe !== '1d') throw ambiguous(first, `has plain dates, so its bars cannot be of ${timeframe}`);
  if (timeUnit !== 'date' && timeframe === '1d' && options.session !== null) {
    throw ambiguous(
      first,
      'has daily bars with a time of day, so session would have to guess their day: leave session out or write plain dates',
    );
  }
  const session = new Session(zone ?? new TradingZone('UTC'), options.session);
  return { timeUnit, timeframe, session, zone, stamp: options.stamp };
}

function detectTimeframe(files: readonly OpenFile[], timeUnit: TimeUnit, zone: TradingZone | null): Timeframe {
  if (timeUnit === 'date') return '1d';
  const found = files.map((file) => {
    const times = file.peek.times.map((text) => readStamp(text, timeUnit, zone));
    const instants = times.flatMap((stamp) => (typeof stamp === 'string' || 'day' in stamp ? [] : [stamp.instantsUs[0] as number]));
    const spacings = instants
      .slice(1)
      .map((us, index) => us - (instants[index] as number))
      .filter((us) => us > 0);
    return timeframeOfSpacing(Math.min(...spacings));
  });
  const timeframe = found[0] ?? null;
  if (timeframe !== null && found.every((other) => other === timeframe)) return timeframe;
  throw ambiguous(files[0] as OpenFile, 'does not tell its timeframe by the spacing of its first rows: set timeframe');
}

function ambiguous(file: OpenFile, problem: string): QtError {
  return new QtError(QT_FEED_TIME_AMBIGUOUS, `Cannot read ${file.input.name}: it ${problem}`, { details: { file: file.input.name } });
}
