/** `npm run torture -- --journal`: what it understands and prints. */
import { parseArgs } from 'node:util';
import { tortureJournal, type KillingOptions, type KillingReport } from './killing.ts';
import { LIES } from './orders.ts';

export const JOURNAL_HELP = `       npm run torture -- --journal [options]

  --kills <n>          how often the process is killed, default 500
  --minutes <n>        ends earlier, after so long; default: no limit
  --seed <n>           repeats the events and the plan of the kills (not their timing), default random
  --break <what>       see the alarm ring: early (acknowledge before it is written), other (publish another event)
`;

/** @returns the exit code */
export async function runJournalTorture(): Promise<0 | 1> {
  const { options, replay } = parse();
  const report = await tortureJournal(options);
  print(report, replay);
  return report.faults.length === 0 ? 0 : 1;
}

function parse(): { readonly options: KillingOptions; readonly replay: string } {
  const { values } = parseArgs({
    options: {
      journal: { type: 'boolean', default: false },
      kills: { type: 'string', default: '500' },
      minutes: { type: 'string' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      break: { type: 'string' },
    },
  });
  const lie = LIES.find((one) => one === values.break) ?? null;
  if (values.break !== undefined && lie === null) throw new Error(`--break takes one of ${LIES.join(', ')}`);
  const toNumber = (name: string, text: string, min: number): number => {
    const value = Number(text);
    if (Number.isFinite(value) && value >= min) return value;
    throw new Error(`--${name} is ${text}, expected a number from ${min}`);
  };
  const options = {
    seed: toNumber('seed', values.seed, 0),
    kills: toNumber('kills', values.kills, 1),
    runMs: values.minutes === undefined ? Infinity : toNumber('minutes', values.minutes, 0.05) * 60_000,
    lie,
    onProgress: (line: string) => console.error(line),
  };
  const broken = lie === null ? '' : ` --break ${lie}`;
  return { options, replay: `npm run torture -- --journal --kills ${options.kills} --seed ${options.seed}${broken}` };
}

function print({ faults, kills, injected, figures }: KillingReport, replay: string): void {
  const line = (name: string, value: number): void => console.log(`  ${name.padEnd(46)} ${value}`);
  console.log('Killed');
  for (const [phase, count] of Object.entries(injected).sort(([a], [b]) => (a < b ? -1 : 1))) line(phase, count);
  line('together', kills);
  console.log('Found');
  for (const [name, value] of Object.entries(figures)) line(name, value);
  for (const fault of faults) console.log(`BROKEN ${fault}`);
  console.log(faults.length === 0 ? `PASS  (${replay})` : `FAIL  the same plan: ${replay}`);
}
