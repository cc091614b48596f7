/**
 * The `qt` command. Loads the code of a command only when that command runs, so that `--help` and `--version` are quick.
 */
import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { benchCommand } from './commands/bench/index.ts';
import { eventsCommand } from './commands/events/index.ts';
import { initCommand } from './commands/init/index.ts';
import { journalCommand } from './commands/journal/index.ts';
import { replayCommand } from './commands/replay/index.ts';
import { runCommand } from './commands/run/index.ts';
import { sqlCommand } from './commands/sql/index.ts';
import { tailCommand } from './commands/tail/index.ts';
import { EXIT_CODES, EXIT_CODES_HELP } from './exit-codes.ts';
import { reportFailure } from './failure.ts';

// A reader that goes away (`qt run | head`) is no failure, and there is nobody left to tell.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Until it is known better: a process that ends before its command does has failed.
process.exitCode = EXIT_CODES.failed;
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT_CODES.ok;
  const program = new Command('qt')
    .description('Event-driven trading on worker threads: backtest, paper trading, and what it decided.')
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', `\nStart with: qt run\n${EXIT_CODES_HELP}`)
    .configureOutput({ outputError: (text, write) => write(`${text.trimEnd().replace(/^error: /, 'qt: ')} (see qt --help)\n`) })
    .exitOverride();
  const done = (code: number): void => {
    exitCode = code;
  };
  for (const command of [
    runCommand(done),
    initCommand(done),
    eventsCommand(done),
    tailCommand(done),
    journalCommand(done),
    replayCommand(done),
    benchCommand(done),
    sqlCommand(done),
  ]) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    return reportFailure(error, args.includes('--verbose'));
  }
}
