import { Command } from 'commander';
import { addOptions, type TailFlags } from './options.ts';

const HELP = `
Examples:
  qt tail journal                                  the last ten events, then each as it is written
  qt tail journal 'risk.**' -n 0 --format ndjson   only what comes, for a program

It takes no lock and asks the writer for nothing: it shows what is in the file, which is up to a millisecond late.

Exit codes:
  0  ended by an interrupt, which is how it ends, or because nobody reads it any more
  1  the journal is damaged
  2  wrong flag, no such directory, or the directory has gone`;

/** \`qt tail\`: the events of a journal as they come. */
export function tailCommand(done: (exitCode: number) => void): Command {
  const command = new Command('tail')
    .description('print the last events of a journal and then those to come, also of a running process, until interrupted')
    .summary('print the events of a journal as they come')
    .addHelpText('after', HELP);
  return addOptions(command).action(async (directory, pattern, flags) => {
    const { tail } = await import('./handler.ts');
    done(await tail(directory, pattern, flags as TailFlags));
  }) as unknown as Command;
}
