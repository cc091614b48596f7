import type { Command } from 'commander';

export interface JournalOptions {
  readonly json?: true | undefined;
}

export interface VerifyFlags extends JournalOptions {
  readonly head?: string;
}

export function addOptions(command: Command) {
  return command
    .argument('<directory>', 'where the journal is')
    .option('--json', 'print one JSON object (default: text)')
    .option('--verbose', 'show where an error came from (default: one line)');
}
