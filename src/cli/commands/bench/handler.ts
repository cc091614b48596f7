import { runBench, runPart, type BenchOptions } from '../../../../bench/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import type { BenchFlags } from './options.ts';

/** @throws QtError QT_OPTION_INVALID */
export async function bench(words: readonly string[], flags: BenchFlags): Promise<ExitCode> {
  const { compare, gate, html, json, list, long, part, quick } = flags;
  if (part !== undefined) {
    await runPart(JSON.parse(part));
    return EXIT_CODES.ok;
  }
  const options: BenchOptions = {
    words,
    mode: long === true ? 'long' : quick === true ? 'quick' : 'full',
    gate: gate === true,
    list: list === true,
    ...(process.argv[1] === undefined ? {} : { launcher: process.argv[1] }),
    ...(compare === undefined ? {} : { compare }),
    ...(html === undefined ? {} : { html }),
    ...(json === undefined ? {} : { json }),
  };
  return (await runBench(options)) === 0 ? EXIT_CODES.ok : EXIT_CODES.failed;
}
