import { Command, type Option } from 'commander';
import { LIST_OPTIONS, ORDER_OPTIONS, SHOW_OPTIONS, type ListFlags, type OrderFlags, type ShowFlags } from './options.ts';

const READING = `
Takes no lock: the process that writes the journal may be running.

Exit codes:
  0  printed, also when there is none
  1  the journal is damaged
  2  wrong flag, no journal, or no dead letter of this id`;

const ORDERING = `
Takes the lock of the journal, so the process that writes it must have ended. While it runs, it does this itself with
bus.deadLetters, and what is asked for here is refused.

Exit codes:
  0  done, also when there was none
  1  a process has the journal open, it is damaged, or the disk failed
  2  wrong flag, no journal, or no dead letter of this id`;

/** `qt dlq`: the events that a bus with a journal has given up, and what becomes of them. */
export function dlqCommand(done: (exitCode: number) => void): Command {
  const command = new Command('dlq').description('look at the dead letters of a bus with a journal, send them again, forget them');
  const add = (name: string, description: string, help: string, options: readonly Option[]): Command => {
    const subcommand: Command = command.command(name).description(description).addHelpText('after', help);
    for (const option of options) subcommand.addOption(option);
    return subcommand;
  };
  add('list', 'print the dead letters, oldest first', READING, LIST_OPTIONS).action(async (flags: unknown) => {
    const { list } = await import('./handler.ts');
    done(await list(flags as ListFlags));
  });
  add('show', 'print one dead letter with every failure and its event', READING, SHOW_OPTIONS)
    .argument('<id>', 'of the dead letter, as qt dlq list prints it')
    .action(async (id, flags: unknown) => {
      const { show } = await import('./handler.ts');
      done(await show(id, flags as ShowFlags));
    });
  add('redrive', 'have dead letters sent to their groups again at the next start of the bus', ORDERING, ORDER_OPTIONS)
    .argument('[ids...]', 'of the dead letters, as qt dlq list prints them')
    .action(async (ids, flags: unknown) => {
      const { redrive } = await import('./handler.ts');
      done(await redrive(ids, flags as OrderFlags));
    });
  add('purge', 'forget dead letters; that they were purged stays in the journal', ORDERING, ORDER_OPTIONS)
    .argument('[ids...]', 'of the dead letters, as qt dlq list prints them')
    .action(async (ids, flags: unknown) => {
      const { purge } = await import('./handler.ts');
      done(await purge(ids, flags as OrderFlags));
    });
  return command;
}
