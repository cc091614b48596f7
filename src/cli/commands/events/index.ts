import { Command } from 'commander';
import { addOptions } from './options.ts';

const EXAMPLES = `
Examples:
  qt events 'trades.*'                                     what can happen
  qt events 'trades.**' --from journal --limit 20          what did happen
  qt events --from journal --since 2024-01-02 --format csv
  qt events --from journal --type 'trade.*' --type 'position.*' --key BTCUSDT --last 10
  qt events 'risk.**' --from journal --columns seq,time,key,payload.decision
`;

/** `qt events`: what can happen, and who says it to whom; with a journal, what did. */
export function eventsCommand(done: (exitCode: number) => void): Command {
  const command = new Command('events')
    .description('print the catalogue of event types, or with --from the events of a journal, also of a running process')
    .summary('print the catalogue of event types, or the events of a journal')
    .addHelpText('after', EXAMPLES);
  return addOptions(command).action(async (pattern, options) => {
    if (options.from !== undefined) {
      const { printRecorded } = await import('./recorded.ts');
      done(await printRecorded(options.from, pattern, options));
      return;
    }
    const { printEvents } = await import('./handler.ts');
    done(printEvents(pattern, options));
  }) as unknown as Command;
}
