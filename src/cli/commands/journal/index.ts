import { Command } from 'commander';
import { addOptions } from './options.ts';

const CODES = `
Exit codes:
  0  sound
  1  damaged, at the place that is named
  2  there is no journal to read`;

/** `qt journal`: what is in a journal, whether it is sound, and how to go on if not. */
export function journalCommand(done: (exitCode: number) => void): Command {
  const command = new Command('journal').description('look at a journal that qt run --journal or a bus has written, check it, repair it');
  const add = (name: 'info' | 'verify' | 'repair', description: string, help = ''): void => {
    const subcommand = addOptions(command.command(name).description(description)).addHelpText('after', help);
    subcommand.action(async (directory, options) => {
      const handler = await import('./handler.ts');
      done(handler[name](directory, options));
    });
  };
  add('info', 'print how much is in a journal, of which types, times and runs');
  add('verify', 'read a whole journal and check every byte of it; changes nothing', CODES);
  add('repair', 'give up what cannot be read, keep it in lost+found, and say what it was');
  return command;
}
