/** The `qt` command, as far as it can answer without loading anything; `program.ts` is the rest. */
import manifest from '../../package.json' with { type: 'json' };
import { EXIT_CODES } from './exit-codes.ts';

// A reader that goes away (`qt run | head`) is no failure, and there is nobody left to tell.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Until it is known better: a process that ends before its command does has failed.
process.exitCode = EXIT_CODES.failed;
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`${manifest.version}\n`);
    return EXIT_CODES.ok;
  }
  const { runProgram } = await import('./program.ts');
  return runProgram(args);
}
