/**
 * How long until `qt` answers, and until `qt run` has its first event on the bus?
 *
 *   node -e 0            process start and end: the floor
 *   qt --version         the same, and the command line
 *   qt run               until the first market event: configuration, data, worker threads, handlers
 *   qt run, backtest     the same on one thread
 *
 * Of each form that is here: the checkout, the files of the package, the executable. By turns, each a process of its own;
 * compiled code is kept from the first, which does not count. The first event counts from the start of its process, by its
 * own report.
 */
import { spawn } from 'node:child_process';
import { isSea } from 'node:sea';
import type { BenchCase, CaseReport, RatioReport, SkippedSubject, SubjectReport } from '../case.ts';
import type { CaseSettings } from '../config.ts';
import { CheckError } from '../harness/check.ts';
import { buildPackage, findForms, type Form, type FormName } from '../harness/forms.ts';
import { ratioOf, spreadOf } from '../harness/statistics.ts';

const FLOOR = 'node -e 0';
/** What is promised, ms. */
const PROMISED_MS: Readonly<Partial<Record<FormName, number>>> = { package: 250, executable: 200 };
const RUN_MS_MAX = 60_000;
const RUNS = [
  { name: 'qt run', flags: [] },
  { name: 'qt run, backtest', flags: ['--mode', 'backtest'] },
] as const;

export const bench: BenchCase<'start'> = {
  name: 'start',
  question: 'How long until qt answers, and until qt run has its first event on the bus?',
  async run(settings) {
    const files = await buildPackage();
    try {
      return await measure(await findForms(files), settings);
    } finally {
      await files?.remove();
    }
  },
};

async function measure(forms: readonly Form[], { rounds, runs }: CaseSettings['start']): Promise<CaseReport> {
  const node = isSea() ? null : process.execPath;
  const found = forms.flatMap(({ command, name }) => (command === null ? [] : [{ name, command }]));
  const times = new Map<string, number[]>();
  const note = (subject: string, ms: number): void => void times.set(subject, [...(times.get(subject) ?? []), ms]);
  // The first round fills the disk cache, and keeps compiled code.
  for (let round = 0; round <= rounds; round++) {
    const floorMs = node === null ? 0 : (await time([node, '-e', '0'])).ms;
    if (round > 0 && node !== null) note(FLOOR, floorMs);
    for (const { command, name } of found) {
      const { ms } = await time([...command, '--version']);
      if (round > 0) note(`${name}: qt --version`, ms);
    }
  }
  for (let turn = 0; turn <= runs; turn++) {
    for (const { command, name } of found) {
      for (const run of RUNS) {
        const ms = firstEventMs((await time([...command, 'run', '--quiet', '--json', ...run.flags])).output);
        if (turn > 0) note(`${name}: ${run.name}`, ms);
      }
    }
  }
  return report(times, forms, node !== null);
}

function report(times: ReadonlyMap<string, readonly number[]>, forms: readonly Form[], hasFloor: boolean): CaseReport {
  const subjects: SubjectReport[] = [...times].map(([name, ms]) => ({ name, figures: { ms: spreadOf(ms) } }));
  const ratios: RatioReport[] = [];
  const skipped: SkippedSubject[] = hasFloor ? [] : [{ subject: FLOOR, reason: 'no Node beside the executable' }];
  for (const form of forms) {
    const names = RUNS.map(({ name }) => `${form.name}: ${name}`);
    const version = `${form.name}: qt --version`;
    if (form.command === null) {
      skipped.push(...[version, ...names].map((subject) => ({ subject, reason: form.reason })));
      continue;
    }
    if (form.bytes !== null) subjects.push({ name: `${form.name}: size`, figures: { MB: spreadOf([form.bytes / 1e6]) } });
    if (hasFloor) ratios.push({ subject: version, reference: FLOOR, figure: 'ms', ratio: ratioOf(times.get(version)!, times.get(FLOOR)!) });
    const promised = PROMISED_MS[form.name];
    if (promised === undefined) continue;
    for (const subject of names)
      ratios.push({
        subject,
        reference: `${promised} ms`,
        figure: 'ms',
        ratio: spreadOf(times.get(subject)!.map((ms) => ms / promised)),
      });
  }
  return { subjects, ratios, skipped };
}

async function time([program, ...args]: readonly string[]): Promise<{ ms: number; output: string }> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    // `npm run bench` tells where compiled code is kept; what is measured decides it by itself, as for users.
    const env = { ...process.env, NODE_COMPILE_CACHE: undefined };
    const child = spawn(program!, args, { env, stdio: ['ignore', 'pipe', 'inherit'], timeout: RUN_MS_MAX });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve({ ms: performance.now() - start, output });
      else reject(new CheckError(`${args.join(' ')} ended with ${signal ?? `code ${code}`}`));
    });
  });
}

function firstEventMs(report: string): number {
  const { engine } = JSON.parse(report) as { engine: { firstEventMs: number | null } };
  if (engine.firstEventMs === null) throw new CheckError('qt run has sent no market event');
  return engine.firstEventMs;
}
