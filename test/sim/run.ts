/** `npm run sim`: see `--help`. */
import { parseArgs } from 'node:util';
import { BREAKS } from './breaks.ts';
import { install, uninstall } from './hooks.ts';
import { simulate, type SimResult } from './simulation.ts';
import { Summary } from './summary.ts';

const HELP = `Usage: npm run sim -- [options]

  --seeds <n>      how many seeds, default 1000
  --from <n>       the first of them, default 1
  --seed <n>       only this seed, with its whole story
  --break <what>   see the alarm ring: ${Object.keys(BREAKS).join(', ')}

Exit code 0: every promise was kept. 1: one was broken. 2: wrong options.
`;
/** Failing seeds after which it is not worth going on. */
const FAILURES_MAX = 10;

interface Orders {
  readonly from: number;
  readonly to: number;
  readonly isSingle: boolean;
  readonly broken: string | null;
}

function parse(): Orders | null {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      break: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const broken = values.break ?? null;
  if (broken !== null && BREAKS[broken] === undefined) throw new Error(`--break takes one of ${Object.keys(BREAKS).join(', ')}`);
  const from = toSeed('from', values.seed ?? values.from);
  const count = values.seed === undefined ? toSeed('seeds', values.seeds) : 1;
  return { from, to: from + count - 1, isSingle: values.seed !== undefined, broken };
}

function toSeed(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} is ${text}, expected a positive integer`);
}

function report(result: SimResult, broken: string | null): void {
  console.log(`npm run sim -- --seed ${result.seed}${broken === null ? '' : ` --break ${broken}`}`);
  console.log(`  ${result.violation}`);
  for (const line of result.story) console.log(`    ${line}`);
}

async function run({ from, to, isSingle, broken }: Orders): Promise<number> {
  install();
  if (broken !== null) BREAKS[broken]!();
  const summary = new Summary();
  const startMs = performance.now();
  let failures = 0;
  for (let seed = from; seed <= to && failures < FAILURES_MAX; seed++) {
    const result = await simulate(seed, isSingle ? { trace: (line) => console.error(line) } : {});
    summary.add(result);
    if (result.violation !== null) {
      failures++;
      report(result, broken);
    }
    if (!isSingle && seed % 1000 === 0) console.error(`${seed - from + 1} seeds, ${Math.round((performance.now() - startMs) / 1000)} s`);
  }
  uninstall();
  summary.print(performance.now() - startMs);
  console.log(failures === 0 ? 'PASS' : `FAIL  ${failures} seeds broke a promise`);
  return failures === 0 ? 0 : 1;
}

try {
  const orders = parse();
  if (orders === null) console.log(HELP);
  else process.exitCode = await run(orders);
} catch (error) {
  console.error(`sim: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
