import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { EXIT_CODES, EXIT_CODES_HELP } from './exit-codes.ts';
import { reportFailure } from './failure.ts';

/** In the order of `--help`. */
const COMMANDS: Readonly<Record<string, (done: (code: number) => void) => Promise<Command>>> = {
  run: async (done) => (await import('./commands/run/index.ts')).runCommand(done),
  init: async (done) => (await import('./commands/init/index.ts')).initCommand(done),
  events: async (done) => (await import('./commands/events/index.ts')).eventsCommand(done),
  tail: async (done) => (await import('./commands/tail/index.ts')).tailCommand(done),
  dlq: async (done) => (await import('./commands/dlq/index.ts')).dlqCommand(done),
  journal: async (done) => (await import('./commands/journal/index.ts')).journalCommand(done),
  replay: async (done) => (await import('./commands/replay/index.ts')).replayCommand(done),
  bench: async (done) => (await import('./commands/bench/index.ts')).benchCommand(done),
  sql: async (done) => (await import('./commands/sql/index.ts')).sqlCommand(done),
};

/** Reads the command line, runs its command and gives the exit code. Loads only the command that is meant; for help all of them. */
export async function runProgram(args: readonly string[]): Promise<number> {
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
  const word = args.find((arg) => !arg.startsWith('-')) ?? '';
  const loaders = Object.hasOwn(COMMANDS, word) ? [COMMANDS[word]!] : Object.values(COMMANDS);
  for (const command of await Promise.all(loaders.map((load) => load(done)))) program.addCommand(command.copyInheritedSettings(program));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    return reportFailure(error, args.includes('--verbose'));
  }
}
