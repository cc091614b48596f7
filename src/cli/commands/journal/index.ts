import { Command } from 'commander';
import { addOptions } from './options.ts';
import { addExportOptions, addImportOptions, EXPORT_HELP, IMPORT_HELP, type ExportFlags, type ImportFlags } from './transfer-options.ts';

const CODES = `
Exit codes:
  0  sound: every checksum and every hash of the audit chain is right
  1  damaged, at the place that is named, or not the journal of the head that was given
  2  there is no journal to read, or it is of another version`;

/** `qt journal`: what is in a journal, whether it is sound, and how to go on if not. */
export function journalCommand(done: (exitCode: number) => void): Command {
  const command = new Command('journal').description(
    'look at a journal that qt run --journal or a bus has written, check it, repair it, copy it',
  );
  const add = (name: 'info' | 'verify' | 'repair', description: string, help = ''): Command => {
    const subcommand = addOptions(command.command(name).description(description)).addHelpText('after', help);
    subcommand.action(async (directory, options) => {
      const handler = await import('./handler.ts');
      done(handler[name](directory, options));
    });
    return subcommand as unknown as Command;
  };
  add('info', 'print how much is in a journal, of which types, times and runs');
  add('verify', 'read a whole journal and check every byte of it and its audit chain; changes nothing', CODES).option(
    '--head <hash>',
    'a head of the audit chain that was noted elsewhere; the chain must have passed it without a break (default: none)',
  );
  add('repair', 'give up what cannot be read, keep it in lost+found, and say what it was');
  addExportOptions(
    command.command('export').description('write a journal, or a part of it, to one text file for other places and programs'),
  )
    .addHelpText('after', EXPORT_HELP)
    .action(async (directory, flags) => {
      const { exportTo } = await import('./transfer.ts');
      done(await exportTo(directory, flags as ExportFlags));
    });
  addImportOptions(command.command('import').description('make a journal from what qt journal export has written, exactly as it was'))
    .addHelpText('after', IMPORT_HELP)
    .action(async (file, flags) => {
      const { importFrom } = await import('./transfer.ts');
      done(await importFrom(file, flags as ImportFlags));
    });
  return command;
}
