import type { Command } from 'commander';

export interface SqlFlags {
  readonly to: string;
  readonly json?: true;
  readonly verbose?: true;
}

export function addOptions(command: Command) {
  return command
    .argument('<directory>', 'where the journal is')
    .requiredOption('--to <file>', 'SQLite database, made if it is not there (to be given; default: none)')
    .option('--json', 'print one JSON object (default: text)')
    .option('--verbose', 'show where an error came from (default: one line)');
}
