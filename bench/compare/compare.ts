import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseName, Mode } from '../config.ts';
import { writeJson, type RunReport } from '../report/json.ts';
import { bootstrapInterval, mayBeEqual, type Interval } from './bootstrap.ts';
import { openWorktree, type Worktree } from './worktree.ts';

export interface CompareOptions {
  readonly revision: string;
  readonly names: readonly CaseName[];
  readonly mode: Mode;
  /** How often each side runs each case. */
  readonly pairs: number;
  readonly json: string | undefined;
  print(text: string): void;
  progress(text: string): void;
}

/** One figure of one subject: this tree against the other commit, one ratio per pair of runs. */
export interface Comparison {
  readonly case: string;
  readonly subject: string;
  readonly figure: string;
  readonly ratios: readonly number[];
  readonly interval: Interval;
}

/** Figures that are compared: the others follow from these. */
const FIGURES = /^(events\/s|cpu ns\/event|p50 us|p99 us|p99\.9 us|MB|ms)$/;

/**
 * Runs each case by turns in this tree and at another commit, each time in fresh processes, and prints how many times
 * the figures of that commit this tree has.
 *
 * @returns 1 when a case fails on either side
 */
export async function compareWith(options: CompareOptions): Promise<0 | 1> {
  const { json, mode, names, pairs, print, progress, revision } = options;
  const worktree = openWorktree(revision);
  const interrupt = new AbortController();
  const onSignal = (): void => {
    interrupt.abort();
    worktree.remove();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  const found: Comparison[] = [];
  let hasFailed = false;
  try {
    print(`this tree against ${revision} (${worktree.commit}), ${pairs} pairs of runs, median ratio and its 95 % confidence interval`);
    for (const name of names) {
      progress(`comparing ${name} ...`);
      const runs = await runPairs(worktree, name, mode, pairs, interrupt.signal);
      if (typeof runs === 'string') {
        hasFailed = true;
        print(`\n${name}\n  FAILED: ${runs}`);
        continue;
      }
      const rows = compareRuns(name, runs);
      found.push(...rows);
      print(`\n${comparisonLines(name, rows)}`);
    }
  } finally {
    worktree.remove();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
  }
  if (json !== undefined) writeJson(json, { revision, commit: worktree.commit, mode, pairs, comparisons: found });
  return hasFailed ? 1 : 0;
}

/** Medians by subject and figure. */
type Medians = ReadonlyMap<string, number>;
/** This tree and the other commit. */
export type RunPair = readonly [own: Medians, other: Medians];

async function runPairs(worktree: Worktree, name: CaseName, mode: Mode, pairs: number, signal: AbortSignal): Promise<RunPair[] | string> {
  const runs: RunPair[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    // Each side is first every other time: the second one finds a warmer machine.
    const roots = [worktree.ownRoot, worktree.root];
    const order = pair % 2 === 0 ? roots : roots.toReversed();
    const results = new Map<string, Medians>();
    for (const root of order) {
      const medians = await runSide(root, join(worktree.root, '..', 'result.json'), name, mode, signal);
      if (typeof medians === 'string') return `${root === worktree.root ? 'at that commit' : 'in this tree'}: ${medians}`;
      results.set(root, medians);
    }
    runs.push([results.get(worktree.ownRoot)!, results.get(worktree.root)!]);
  }
  return runs;
}

/** Medians, or why there are none. */
async function runSide(root: string, file: string, name: CaseName, mode: Mode, signal: AbortSignal): Promise<Medians | string> {
  const args = [join(root, 'bench/run.ts'), name, '--json', file, ...(mode === 'full' ? [] : [`--${mode}`])];
  // A run that writes nothing must not be taken for the one before it.
  rmSync(file, { force: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'ignore'], signal });
    child.on('error', reject);
    child.on('close', resolve);
  });
  const outcome = readOutcome(file, name);
  if (outcome === undefined) return `the run ended with code ${code} and no result`;
  if (outcome.status !== 'done') return outcome.status === 'failed' ? outcome.message : `skipped, ${outcome.reason}`;
  const figures = outcome.report.subjects.flatMap((subject) =>
    Object.entries(subject.figures).map(([figure, { median }]) => [`${subject.name}\n${figure}`, median] as const),
  );
  return new Map(figures.filter(([key]) => FIGURES.test(key.split('\n')[1]!)));
}

function readOutcome(file: string, name: CaseName): RunReport['cases'][number] | undefined {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as RunReport;
    return report.cases.find((each) => each.name === name);
  } catch {
    return undefined;
  }
}

/** One comparison per figure that both sides have in every pair. */
export function compareRuns(name: string, runs: readonly RunPair[]): Comparison[] {
  return [...runs[0]![0].keys()].flatMap((key) => {
    const ratios = runs.map(([own, other]) => own.get(key)! / other.get(key)!);
    if (!ratios.every((ratio) => Number.isFinite(ratio))) return [];
    const [subject, figure] = key.split('\n') as [string, string];
    return [{ case: name, subject, figure, ratios, interval: bootstrapInterval(ratios) }];
  });
}

function comparisonLines(name: string, rows: readonly Comparison[]): string {
  const width = Math.max(0, ...rows.map(({ subject }) => subject.length));
  const lines = rows.map(({ subject, figure, interval }) => {
    const { high, low, median } = interval;
    const verdict = mayBeEqual(interval) ? '  no difference shown' : '';
    return `  ${subject.padEnd(width)}  ${figure.padEnd(12)}  ${median.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})${verdict}`;
  });
  return [name, ...lines].join('\n');
}
