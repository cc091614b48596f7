/**
 * `npm run bench -- [case ...] [--quick] [--gate] [--json FILE] [--list]`: measures the cases and prints what they found.
 * Results go to standard output, progress to standard error. Ends with 1 when a case failed or, with --gate, when a
 * promise of `bench.config.ts` was missed, and with 2 for wrong arguments.
 */
import { parseArgs } from 'node:util';
import config from '../bench.config.ts';
import { CASES, selectCases } from './catalogue.ts';
import type { Mode } from './config.ts';
import { runIsolated, type CaseOutcome } from './harness/isolate.ts';
import { exitCodeOf, judge } from './report/gates.ts';
import { writeJson } from './report/json.ts';
import { describeMachine } from './report/machine.ts';
import { caseLines, gateLines, machineLines } from './report/table.ts';

const USAGE = `Usage: npm run bench -- [case ...] [options]
  case         part of a name as --list shows it, * for anything; default all
  --quick      fewer and shorter rounds
  --gate       end with 1 when a promise of bench.config.ts is missed
  --json FILE  write everything, with every sample, to FILE
  --list       name the cases and stop`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      gate: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.list) {
    console.log(CASES.map(({ folder, name }) => `${folder}/${name}`).join('\n'));
    return 0;
  }
  const cases = selectCases(positionals);
  if (cases.length === 0) throw new Error(`no case is called ${positionals.join(' or ')}; --list names them`);

  const mode: Mode = values.quick ? 'quick' : 'full';
  const machine = describeMachine();
  console.log(machineLines(machine, mode));
  const outcomes: CaseOutcome[] = [];
  for (const { name } of cases) {
    console.error(`measuring ${name} ...`);
    const outcome = await runIsolated({ name, settings: config.settings[mode][name], timeoutMs: config.caseMsMax });
    console.log(`\n${caseLines(outcome)}`);
    outcomes.push(outcome);
  }
  const gates = judge(config.gates, outcomes);
  if (gates.length > 0) console.log(`\n${gateLines(gates)}`);
  if (values.json !== undefined) writeJson(values.json, { machine, mode, cases: outcomes, gates });
  return exitCodeOf(outcomes, gates, values.gate);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}
