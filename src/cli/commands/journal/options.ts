import type { Command } from 'commander';

export interface JournalOptions {
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

export interface VerifyFlags extends JournalOptions {
  readonly head?: string;
}

export function addOptions(command: Command) {
  return command
    .argument('<directory>', 'where the journal is')
    .option('--json', 'print one JSON object (default: text)')
    .option('-q, --quiet', 'no progress on stderr (default: progress on a terminal)')
    .option('--verbose', 'show where an error came from (default: one line)');
}
