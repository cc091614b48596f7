import { Option, type Command } from 'commander';
import { COLUMN_NAMES, FORMATS, type FormatName } from '../../event-columns.ts';
import { collect } from '../../repeatable.ts';

export interface TailFlags {
  readonly lines: string;
  readonly type?: readonly string[] | undefined;
  readonly key?: readonly string[] | undefined;
  readonly source?: readonly string[] | undefined;
  readonly format?: FormatName | undefined;
  readonly columns?: string | undefined;
  readonly json?: true | undefined;
}

export function addOptions(command: Command) {
  return command
    .argument('<directory>', 'where the journal is; it may still be empty')
    .argument('[pattern]', 'types to print, such as trades.* (one segment) or risk.** (the rest)', '**')
    .option('-n, --lines <number>', 'how many of the events that are there come first, 0 to 1000000', '10')
    .option('--type <pattern>', 'types, besides the pattern; repeatable, one of them must match (default: all)', collect)
    .option('--key <key>', 'events with this key, repeatable (default: all)', collect)
    .option('--source <name>', 'events from this source, repeatable (default: all)', collect)
    .addOption(new Option('--format <name>', 'how events are printed (default: table)').choices(FORMATS))
    .option('--columns <list>', `columns of table or csv, of ${COLUMN_NAMES} (default: by the format)`)
    .option('--json', 'the same as --format ndjson (default: table)')
    .option('--verbose', 'show where an error came from (default: one line)');
}
