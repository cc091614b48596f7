import { Command } from 'commander';
import { addOptions, type ReplayFlags } from './options.ts';

const HELP = `
Plays the recorded inputs of a run to a fresh system on one thread and prints its report: the same day again, or a part of
it, or with other settings (--config). With --verify it makes every decision of the run again and compares.

Exit codes:
  0  played; with --verify: every recorded decision comes out the same
  1  with --verify: one does not; the first is shown with both sides and what led to it
  2  the journal cannot be read, or there is nothing in it that can be replayed
  3  played, but events were lost, dead-lettered or left without an outcome`;

/** `qt replay`: plays a recorded run again. */
export function replayCommand(done: (exitCode: number) => void): Command {
  const command = new Command('replay').description('play a recorded run again, or verify its decisions').addHelpText('after', HELP);
  return addOptions(command).action(async (directory, flags) => {
    const { replay } = await import('./handler.ts');
    done(await replay(directory, flags as ReplayFlags));
  }) as unknown as Command;
}
