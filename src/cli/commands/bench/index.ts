import { Command } from 'commander';
import { addOptions, type BenchFlags } from './options.ts';

const EXAMPLES = `
Examples:
  qt bench --quick --html report.html     everything, a few minutes, with plots
  qt bench one-to-one --gate              one case, and whether its promises hold
  qt bench fan-out --compare HEAD~1       what the last commit changed

Other packages take part when they are installed, or lie in this folder; what is left out is named.`;

/** `qt bench`: measures the engine on this machine. */
export function benchCommand(done: (exitCode: number) => void): Command {
  const command = new Command('bench')
    .description('measure the engine on this machine, against others in the same run')
    .addHelpText('after', EXAMPLES);
  return addOptions(command).action(async (words, flags) => {
    const { bench } = await import('./handler.ts');
    done(await bench(words, flags as BenchFlags));
  }) as unknown as Command;
}
