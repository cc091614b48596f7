import type { Command } from 'commander';

export interface ReplayFlags {
  readonly verify: true;
  readonly config?: string;
  readonly handlers?: readonly string[];
  readonly json?: true;
  readonly verbose?: true;
}

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

export function addOptions(command: Command) {
  return command
    .argument('<directory>', 'where the journal of the run is')
    .requiredOption(
      '--verify',
      'compare every event that follows from the recorded inputs with the recorded one (to be given; default: none)',
    )
    .option('-c, --config <file>', 'YAML file with the settings to decide by (default: those of the run, which lie beside the journal)')
    .option('--handlers <file>', 'module with handlers that the run had, repeatable (default: none)', collect)
    .option('--json', 'print one JSON object (default: text)')
    .option('--verbose', 'log on stderr, and show where an error came from (default: one line)');
}
