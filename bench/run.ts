/** `npm run bench`: the suite without the rest of the command line. See the usage below; `qt bench` takes the same. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hasCode, QT_OPTION_INVALID } from '../src/base/index.ts';
import type { Mode } from './config.ts';
import { runBench, type BenchOptions } from './index.ts';

const USAGE = `Usage: npm run bench -- [case ...] [options]
  case           part of a name as --list shows it, * for anything; default all
  --quick        fewer and shorter rounds: a few minutes
  --long         only what takes very long, such as 10^8 events for the memory
  --gate         end with 1 when a promise of bench.config.ts is missed
  --compare REV  run the cases of another commit too, in alternation, and print ratios
  --json FILE    write everything, with every sample, to FILE
  --html FILE    write a report with plots to FILE
  --list         name the cases and stop`;

async function main(): Promise<number> {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: flag, long: flag, gate: flag, list: flag, help: flag, json: text, html: text, compare: text },
  });
  const { compare, gate, help, html, json, list, long, quick } = values;
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const mode: Mode = long ? 'long' : quick ? 'quick' : 'full';
  const files: Pick<BenchOptions, 'compare' | 'html' | 'json'> = JSON.parse(JSON.stringify({ compare, html, json }));
  const launcher = fileURLToPath(new URL('../src/cli/qt.mjs', import.meta.url));
  return runBench({ words: positionals, mode, gate, list, launcher, ...files });
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = hasCode(error, QT_OPTION_INVALID) || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
  console.error(`bench: ${(error as Error).message}${isUsage ? `\n${USAGE}` : ''}`);
  process.exitCode = isUsage ? 2 : 1;
}
