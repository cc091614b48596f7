import { Option, type Command } from 'commander';

export interface InitOptions {
  readonly force?: true | undefined;
  readonly profile: 'daily' | 'minute';
}

export function addOptions(command: Command) {
  return command
    .argument('[file]', 'where to write it; - for stdout', 'quantum-trader.yaml')
    .addOption(
      new Option('--profile <name>', 'whose defaults: daily bars of shares or minute bars of markets that never close')
        .choices(['daily', 'minute'] as const)
        .default('daily' as const),
    )
    .option('--force', 'replace a file that is there (default: refuse)')
    .option('--verbose', 'show where an error came from (default: one line)');
}
