/** `npm run torture`: see `--help`. */
import { parseArgs } from 'node:util';
import { JOURNAL_HELP, runJournalTorture } from './journal/command.ts';
import { FAULTS, type Fault } from './plan.ts';
import { torture, type TortureOptions, type TortureReport } from './torture.ts';

const HELP = `Usage: npm run torture -- [options]

  --minutes <n>        how long, default 2
  --seed <n>           repeats the events and faults of a run (not its timing), default random
  --rate <n>           events per second, default 1500
  --only <a,b>         only these faults, default all
  --cores 1            run the tortured process on one core (Linux)
  --break <what>       see the alarm ring: hide (an event), double (a run), leak (memory)

Faults: ${FAULTS.join(', ')}

${JOURNAL_HELP}
Exit code 0: every promise was kept. 1: one was broken. 2: wrong options.
`;
const LIES = ['hide', 'double', 'leak'] as const;

function parse(): (TortureOptions & { readonly replay: string }) | null {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      rate: { type: 'string', default: '1500' },
      only: { type: 'string' },
      cores: { type: 'string' },
      break: { type: 'string' },
      journal: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const only = values.only?.split(',') ?? [...FAULTS];
  const unknown = only.find((fault) => !(FAULTS as readonly string[]).includes(fault));
  if (unknown !== undefined) throw new Error(`--only: there is no fault ${unknown}`);
  const lie = LIES.find((one) => one === values.break) ?? null;
  if (values.break !== undefined && lie === null) throw new Error(`--break takes one of ${LIES.join(', ')}`);
  if (values.cores !== undefined && values.cores !== '1') throw new Error('--cores takes 1 only');
  const given = Object.entries(values).filter(([name, value]) => name !== 'help' && value !== undefined);
  return {
    seed: toNumber('seed', values.seed, 0),
    runMs: toNumber('minutes', values.minutes, 0.05) * 60_000,
    ratePerSecond: toNumber('rate', values.rate, 100),
    faults: only as Fault[],
    isOneCore: values.cores === '1',
    lie,
    onProgress: (line) => console.error(line),
    replay: `npm run torture -- ${given.map(([name, value]) => `--${name} ${value as string}`).join(' ')}`,
  };
}

function toNumber(name: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= min) return value;
  throw new Error(`--${name} is ${text}, expected a number from ${min}`);
}

function print(report: TortureReport, replay: string): void {
  console.log('Injected');
  for (const [fault, count] of report.injected) console.log(`  ${fault.padEnd(38)} ${count}`);
  if (report.stats !== null) {
    const { perGroup, durable: _, ...sums } = report.stats;
    console.log('Books');
    for (const [name, value] of Object.entries(sums)) console.log(`  ${name.padEnd(38)} ${value}`);
    for (const [group, { dispatched, acknowledged, deadLettered, retried }] of Object.entries(perGroup))
      console.log(`  ${group.padEnd(38)} ${dispatched} = ${acknowledged} acknowledged + ${deadLettered} dead letters; ${retried} retries`);
  }
  console.log('Figures');
  for (const [name, value] of Object.entries(report.figures)) console.log(`  ${name.padEnd(38)} ${value}`);
  for (const { figure, early, late } of report.trends) console.log(`  ${figure.padEnd(38)} ${early} early, ${late} late`);
  if (report.faults.length > 0) for (const text of report.said) console.log(`SAID ${text}`);
  for (const fault of report.faults) console.log(`BROKEN ${fault}`);
  console.log(report.faults.length === 0 ? `PASS  (${replay})` : `FAIL  replay: ${replay}`);
}

async function tortureBus(): Promise<void> {
  const options = parse();
  if (options === null) {
    console.log(HELP);
    return;
  }
  const report = await torture(options);
  print(report, options.replay);
  process.exitCode = report.faults.length === 0 ? 0 : 1;
}

try {
  if (process.argv.includes('--journal') && !process.argv.includes('--help')) process.exitCode = await runJournalTorture();
  else await tortureBus();
} catch (error) {
  console.error(`torture: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
