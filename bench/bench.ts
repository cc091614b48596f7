import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import config from '../bench.config.ts';
import { invalidOption } from '../src/base/index.ts';
import { CASES, selectCases, type CaseEntry } from './catalogue.ts';
import { compareWith } from './compare/compare.ts';
import type { Mode } from './config.ts';
import { runIsolated, type CaseOutcome } from './harness/isolate.ts';
import { setLauncher } from './harness/program.ts';
import { exitCodeOf, judge } from './report/gates.ts';
import { htmlReport } from './report/html.ts';
import { writeJson, writeWhole, type RunReport } from './report/json.ts';
import { describeMachine } from './report/machine.ts';
import { caseLines, gateLines, machineLines } from './report/table.ts';

/** What a run of the bench is asked for. */
export interface BenchOptions {
  /** Parts of names as `list` shows them, `*` for anything; none means all. */
  readonly words: readonly string[];
  /** Default `full`. */
  readonly mode?: Mode;
  /** End with 1 when a gate of `bench.config.ts` is missed. Default false. */
  readonly gate?: boolean;
  /** Name the cases and stop. Default false. */
  readonly list?: boolean;
  /** Files to write everything to. */
  readonly json?: string;
  readonly html?: string;
  /** A revision of the checkout to run in alternation with the working tree. */
  readonly compare?: string;
  /** Script that starts `qt`, for the cases that measure it; not needed in the single executable. */
  readonly launcher?: string;
}

/**
 * Measures cases, each in a process of its own, and prints what they found: results on stdout, progress on stderr.
 *
 * @returns exit code: 1 when a case failed or, with `gate`, when a promise was missed
 * @throws QtError QT_OPTION_INVALID for a case, a mode, a file or a revision that does not exist
 */
export async function runBench(options: BenchOptions): Promise<0 | 1> {
  if (options.list === true) {
    print(CASES.map(({ folder, name }) => `${folder}/${name}`).join('\n'));
    return 0;
  }
  setLauncher(options.launcher ?? null);
  const mode = options.mode ?? 'full';
  const cases = casesOf(options.words, mode);
  for (const name of ['json', 'html'] as const) checkTarget(name, options[name]);
  const machine = describeMachine();
  print(machineLines(machine, mode));
  if (options.compare !== undefined) {
    const names = cases.map(({ name }) => name);
    return compareWith({ revision: options.compare, names, mode, pairs: config.comparePairs[mode], json: options.json, print, progress });
  }
  const outcomes: CaseOutcome[] = [];
  for (const { name } of cases) {
    progress(`measuring ${name} ...`);
    const settings = config.settings[mode][name]!;
    const outcome = await runIsolated({ name, settings, timeoutMs: config.caseMsMax[mode] });
    print(`\n${caseLines(outcome)}`);
    outcomes.push(outcome);
  }
  const gates = judge(config.gates, outcomes);
  if (gates.length > 0) print(`\n${gateLines(gates)}`);
  const report: RunReport = { machine, mode, cases: outcomes, gates };
  if (options.json !== undefined) writeJson(options.json, report);
  if (options.html !== undefined) writeWhole(options.html, htmlReport(report));
  return exitCodeOf(outcomes, gates, options.gate === true);
}

function casesOf(words: readonly string[], mode: Mode): CaseEntry[] {
  const found = selectCases(words);
  if (found.length === 0) throw invalidOption('case', words.join(' '), 'a part of a name that --list shows');
  const cases = found.filter(({ name }) => config.settings[mode][name] !== undefined);
  if (cases.length === 0)
    throw invalidOption('case', words.join(' '), `one of ${Object.keys(config.settings[mode]).join(', ')} in mode ${mode}`);
  return cases;
}

/** Before anything is measured: a run whose report cannot be written is lost. */
function checkTarget(option: string, file: string | undefined): void {
  if (file !== undefined && !existsSync(dirname(resolve(file)))) throw invalidOption(option, file, 'a file in a folder that exists');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
