import { Option, type Command } from 'commander';
import { collect } from '../../repeatable.ts';

/** The flags of `qt run` as they were given; what is missing has its default in the configuration. */
export interface RunFlags {
  readonly config?: string;
  readonly mode?: string;
  readonly profile?: string;
  readonly feed?: readonly string[];
  readonly symbols?: string;
  readonly bars?: string;
  readonly seed?: string;
  readonly rate?: string;
  readonly speed?: string;
  readonly duration?: string;
  readonly timeframe?: string;
  readonly timeUnit?: string;
  readonly zone?: string;
  readonly dayZone?: string;
  readonly session?: string;
  readonly stamp?: string;
  readonly columns?: string;
  readonly header?: boolean;
  readonly delimiter?: string;
  readonly badRows?: string;
  readonly workers?: string;
  readonly lockstep?: boolean;
  readonly equity?: string;
  readonly set?: readonly string[];
  readonly handlers?: readonly string[];
  readonly events?: string;
  readonly journal?: string;
  readonly durability?: 'written' | 'fsynced';
  readonly keepAll?: true;
  readonly sql?: string;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
}

/** Values are checked by the configuration, so that a flag, a variable and a file are refused alike. */
export function addOptions(command: Command) {
  return command
    .option('-c, --config <file>', 'YAML file with settings (default: none)')
    .option('-m, --mode <mode>', 'backtest, paper, logging_only or live (default: paper)')
    .option('--profile <name>', 'whose defaults: daily, minute or auto (default: auto, by the length of the bars)')
    .option('--feed <source>', 'packaged, synthetic or the path of a CSV file, repeatable (default: packaged)', collect)
    .option('--symbols <list>', 'symbols of the synthetic feed (default: BTCUSDT,ETHUSDT,SOLUSDT)')
    .option('--bars <number>', 'bars of each synthetic symbol (default: 1440, or no end with --duration)')
    .option('--seed <seed>', 'seed of everything random, text or number (default: 1)')
    .option('--rate <number>', 'market events (ticks and candles) sent per second (default: as fast as they are taken)')
    .option('--speed <number>', 'market time against clock time, 1 is as it happened (default: as fast as possible)')
    .option('--duration <time>', 'end of a feed with a rate or speed, such as 10s or 5m (default: its end)')
    .option('--timeframe <length>', 'bars of a CSV file: 1m, 5m, 15m, 1h or 1d (default: told from its rows)')
    .option('--time-unit <unit>', 'times of a CSV file: date, datetime, s, ms or us (default: told from its rows)')
    .option('--zone <zone>', 'IANA zone of CSV times without an offset (default: none)')
    .option('--day-zone <zone>', 'IANA zone of the trading day of a CSV file (default: --zone, else UTC)')
    .option('--session <hours>', 'trading hours of a CSV file in --zone, such as 09:30-16:00 (default: never closed)')
    .option('--stamp <end>', 'what a CSV time marks: open or close of its bar (default: open)')
    .option('--columns <list>', 'CSV columns by name or number, such as time=Date,close=4 (default: by their usual names)')
    .option('--no-header', 'the CSV file starts with its first row (default: a line of names)')
    .option('--delimiter <character>', 'between two CSV columns (default: ,)')
    .option('--bad-rows <what>', 'a CSV row that is no bar: stop or skip (default: stop)')
    .option('-w, --workers <number>', 'worker threads, 1 to 31 (default: 2; backtest has none)')
    .addOption(new Option('--lockstep', 'settle each instant before the next one (default: on, unless the feed is paced)'))
    .addOption(new Option('--no-lockstep', 'let events run free'))
    .option('--equity <amount>', 'equity at the start, account currency (default: 100000)')
    .option('--set <path=value>', 'any setting by its path, such as risk.positionsMax=2, repeatable (default: none)', collect)
    .option('--handlers <file>', 'module with handlers of your own (.ts, .mjs or .cjs), repeatable (default: none)', collect)
    .option('--events <file>', 'write every event to a file, one JSON object a line (default: none)')
    .option('--journal <directory>', 'record every event durably; the same run again goes on where its journal ends (default: none)')
    .option(
      '--keep-all',
      'never let events of a journal go, so that a free-running run can be verified whole (default: as the catalogue says)',
    )
    .addOption(
      new Option('--durability <level>', 'what a journalled event survives: written the process, fsynced also the loss of power')
        .choices(['written', 'fsynced'])
        .default('written'),
    )
    .option('--sql <file>', 'keep a SQLite database of the events up to date, from the journal (default: none)')
    .option('--json', 'print one JSON object instead of the report (default: text)')
    .option('-q, --quiet', 'no progress on stderr (default: progress)')
    .option('--verbose', 'log on stderr, and show where an error came from (default: one line)');
}
