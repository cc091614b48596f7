import { Option, type Command } from 'commander';
import { collect } from '../../repeatable.ts';

export interface ReplayFlags {
  readonly verify?: true;
  readonly fromSeq?: string;
  readonly since?: string;
  readonly cursor?: string;
  readonly toSeq?: string;
  readonly type?: readonly string[];
  readonly speed?: string;
  readonly config?: string;
  readonly handlers?: readonly string[];
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
}

export function addOptions(command: Command) {
  return command
    .argument('<directory>', 'where the journal of the run is')
    .option('--verify', 'compare every decision with the recorded one, from the first to the last (default: report on this one)')
    .addOption(new Option('--from-seq <number>', 'play inputs from this seq on (default: all)').conflicts(['verify', 'since', 'cursor']))
    .addOption(
      new Option('--since <time>', 'play inputs from this time on, ISO 8601 (UTC) or microseconds since 1970 (default: all)').conflicts([
        'verify',
        'cursor',
      ]),
    )
    .addOption(
      new Option('--cursor <group>', 'play inputs that this durable group has not acknowledged (default: all)').conflicts('verify'),
    )
    .addOption(new Option('--to-seq <number>', 'play inputs up to this seq (default: all)').conflicts('verify'))
    .addOption(
      new Option('--type <pattern>', 'play inputs of these types, repeatable (default: all)').argParser(collect).conflicts('verify'),
    )
    .addOption(
      new Option('--speed <number>', 'times as fast as the run took them, 1 is as it was (default: as fast as possible)').conflicts(
        'verify',
      ),
    )
    .option('-c, --config <file>', 'YAML file with the settings to decide by (default: those of the run, which lie beside the journal)')
    .option('--handlers <file>', 'module with handlers that the run had, repeatable (default: none)', collect)
    .option('--json', 'print one JSON object (default: text)')
    .option('-q, --quiet', 'nothing on stderr but errors (default: what is played, and how it went)')
    .option('--verbose', 'log on stderr, and show where an error came from (default: one line)');
}
