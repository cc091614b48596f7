import { Command } from 'commander';
import { EXIT_CODES_HELP } from '../../exit-codes.ts';
import { addOptions, type RunFlags } from './options.ts';

const EXAMPLES = `
Settings come from the file, then QT_... variables, then flags; qt init writes a file with all of them.

A module given with --handlers exports its functions and what they listen to:
  export const subscriptions = [{ topic: 'trades.**', handler: 'onTrade' }];
  export function onTrade(event, ctx) { ctx.publish({ type: 'my.trade.seen', payload: { id: event.id } }); }

Examples:
  qt run                                              twenty years of the S&P 500, paper, two worker threads
  qt run --mode backtest --json                       the same decisions without threads, for a program
  qt run --feed synthetic --rate 5000 --duration 10s  made-up markets at 5000 market events a second
  qt run --feed prices.csv --zone Europe/Berlin       a file of your own
`;

/** `qt run`: trades a feed and reports. */
export function runCommand(done: (exitCode: number) => void): Command {
  const command = new Command('run')
    .description('trade a feed in paper, backtest or logging_only mode and report')
    .addHelpText('after', `${EXAMPLES}${EXIT_CODES_HELP}`);
  return addOptions(command).action(async (flags) => {
    const { run } = await import('./handler.ts');
    done(await run(flags as RunFlags));
  }) as unknown as Command;
}
