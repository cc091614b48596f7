import type { Command } from 'commander';

export interface EventsOptions {
  readonly json?: true | undefined;
}

export function addOptions(command: Command) {
  return command
    .argument('[pattern]', 'types to print, such as trades.* (one segment) or risk.** (the rest)', '**')
    .option('--json', 'print one JSON array (default: text)');
}
