import { Command } from 'commander';
import { addOptions, type ReplayFlags } from './options.ts';

const CODES = `
Exit codes:
  0  every recorded decision comes out the same
  1  one does not; the first is shown with both sides and what led to it
  2  there is nothing that can be replayed`;

/** `qt replay`: makes the decisions of a recorded run again. */
export function replayCommand(done: (exitCode: number) => void): Command {
  const command = new Command('replay').description('make the decisions of a journalled lockstep run again').addHelpText('after', CODES);
  return addOptions(command).action(async (directory, flags) => {
    const { replay } = await import('./handler.ts');
    done(await replay(directory, flags as ReplayFlags));
  }) as unknown as Command;
}
