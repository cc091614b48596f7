import { Command } from 'commander';
import { addOptions, type SqlFlags } from './options.ts';

const HELP = `
Tables: events, orders, fills, positions, signals, decisions, dead_letters.
Views:  event_counts, runs, equity, open_orders, open_positions, pnl_per_day, pnl_per_strategy, vetoes_by_reason.
Any SQLite tool reads the file, also while qt run --sql keeps it.

Exit codes:
  0  the database holds every event of the journal
  1  it could not be finished; what is in it stays, and the same command goes on
  2  there is no journal to read, or the file is not for it`;

/** `qt sql`: a journal as a SQLite database. */
export function sqlCommand(done: (exitCode: number) => void): Command {
  const command = new Command('sql')
    .description('build a SQLite database from a journal, or bring one up to date')
    .addHelpText('after', HELP);
  return addOptions(command).action(async (directory, flags) => {
    const { sql } = await import('./handler.ts');
    done(await sql(directory, flags as SqlFlags));
  }) as unknown as Command;
}
