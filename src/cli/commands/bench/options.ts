import { Option, type Command } from 'commander';

export interface BenchFlags {
  readonly quick?: true;
  readonly long?: true;
  readonly gate?: true;
  readonly list?: true;
  readonly compare?: string;
  readonly json?: string;
  readonly html?: string;
  readonly part?: string;
  readonly verbose?: true;
}

export function addOptions(command: Command) {
  return command
    .argument('[case...]', 'parts of names as --list shows them, * for anything (default: all)')
    .addOption(new Option('--quick', 'fewer and shorter rounds: a few minutes (default: full)').conflicts('long'))
    .option('--long', 'only what takes very long, such as 10^8 events for the memory (default: full)')
    .option('--gate', 'end with 1 when a promise of bench.config.ts is missed (default: print them only)')
    .option('--compare <revision>', 'inside a checkout: run another commit too, in alternation, and print ratios (default: none)')
    .option('--json <file>', 'write everything, with every sample, to a file (default: none)')
    .option('--html <file>', 'write a report with plots to a file (default: none)')
    .option('--list', 'name the cases and stop (default: measure them)')
    .option('--verbose', 'show where an error came from (default: one line)')
    .addOption(new Option('--part <json>', 'one case, in the process that was started for it').hideHelp());
}
