import { Option, type Command } from 'commander';
import { COLUMN_NAMES, FORMATS, type FormatName } from '../../event-columns.ts';
import { collect } from '../../repeatable.ts';

export interface EventsOptions {
  readonly from?: string | undefined;
  readonly type?: readonly string[] | undefined;
  readonly key?: readonly string[] | undefined;
  readonly source?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly fromSeq?: string | undefined;
  readonly limit?: string | undefined;
  readonly last?: string | undefined;
  readonly format?: FormatName | undefined;
  readonly columns?: string | undefined;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

export function addOptions(command: Command) {
  return command
    .argument('[pattern]', 'types to print, such as trades.* (one segment) or risk.** (the rest)', '**')
    .option('--from <directory>', 'print recorded events of this journal instead of the catalogue (default: the catalogue)')
    .option('--type <pattern>', 'of the journal: types, besides the pattern; repeatable, one of them must match (default: all)', collect)
    .option('--key <key>', 'of the journal: events with this key, repeatable (default: all)', collect)
    .option('--source <name>', 'of the journal: events from this source, repeatable (default: all)', collect)
    .option('--since <time>', 'of the journal: from this time on: ISO 8601 (UTC), microseconds since 1970, or -1h (default: all)')
    .option('--until <time>', 'of the journal: events before this time (default: all)')
    .option('--from-seq <number>', 'of the journal: events from this seq on (default: 1)')
    .option('--limit <number>', 'of the journal: how many events at most, from the start (default: all)')
    .option('--last <number>', 'of the journal: how many events at most, from the end (default: all)')
    .addOption(new Option('--format <name>', 'of the journal: how events are printed (default: table)').choices(FORMATS))
    .option('--columns <list>', `of the journal: columns of table or csv, of ${COLUMN_NAMES} (default: by the format)`)
    .option('--json', 'print the catalogue as one JSON array, events as ndjson (default: text)')
    .option('-q, --quiet', 'no progress on stderr (default: progress on a terminal)')
    .option('--verbose', 'show where an error came from (default: one line)');
}
