import { Command } from 'commander';
import { addOptions } from './options.ts';

/** `qt init`: a configuration to start from. */
export function initCommand(done: (exitCode: number) => void): Command {
  const command = new Command('init').description('write a configuration file in which every setting is explained and has its default');
  return addOptions(command).action(async (file, options) => {
    const { writeConfig } = await import('./handler.ts');
    done(await writeConfig(file, options));
  }) as unknown as Command;
}
