import { Option, type Command } from 'commander';

export const FORMATS = ['table', 'ndjson', 'csv'] as const;

export interface EventsOptions {
  readonly from?: string | undefined;
  readonly type?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly limit?: string | undefined;
  readonly format?: (typeof FORMATS)[number] | undefined;
  readonly json?: true | undefined;
}

export function addOptions(command: Command) {
  return command
    .argument('[pattern]', 'types to print, such as trades.* (one segment) or risk.** (the rest)', '**')
    .option('--from <directory>', 'print recorded events of this journal instead of the catalogue (default: the catalogue)')
    .option('--type <pattern>', 'of the journal: types, as the pattern; an event must match both (default: all)')
    .option('--since <time>', 'of the journal: events at this time or later, ISO 8601 (UTC) or microseconds since 1970 (default: all)')
    .option('--until <time>', 'of the journal: events before this time (default: all)')
    .option('--limit <number>', 'of the journal: how many events at most (default: all)')
    .addOption(new Option('--format <name>', 'of the journal: how events are printed (default: table)').choices(FORMATS))
    .option('--json', 'print the catalogue as one JSON array, events as ndjson (default: text)')
    .option('--verbose', 'show where an error came from (default: one line)');
}
