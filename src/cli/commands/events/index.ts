import { Command } from 'commander';
import { addOptions } from './options.ts';

/** `qt events`: what can happen, and who says it to whom. */
export function eventsCommand(done: (exitCode: number) => void): Command {
  const command = new Command('events').description('print the catalogue of event types').summary('print the catalogue of event types');
  return addOptions(command).action(async (pattern, options) => {
    const { printEvents } = await import('./handler.ts');
    done(printEvents(pattern, options));
  }) as unknown as Command;
}
