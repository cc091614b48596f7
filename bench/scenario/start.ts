/**
 * How long until `qt` answers, and until `qt run` has its first event on the bus?
 *
 *   node -e 0       process start and end: the floor
 *   qt --version    the same, and the command line
 *   qt run          until the first market event: configuration, data, threads, handlers
 *
 * By turns, each a process of its own. The first event counts from the start of its process, by its own report.
 */
import { spawn } from 'node:child_process';
import { isSea } from 'node:sea';
import type { BenchCase, RatioReport, SkippedSubject } from '../case.ts';
import { CheckError } from '../harness/check.ts';
import { MissingPeer } from '../harness/optional.ts';
import { qtCommand } from '../harness/program.ts';
import { ratioOf, spreadOf } from '../harness/statistics.ts';

const FLOOR = 'node -e 0';
const VERSION = 'qt --version';
const RUN = 'qt run, first event';
/** What is promised, ms. */
const PROMISED_MS = 250;
const RUN_MS_MAX = 60_000;

export const bench: BenchCase<'start'> = {
  name: 'start',
  question: 'How long until qt answers, and until qt run has its first event on the bus?',
  async run({ rounds, runs }) {
    const qt = qtCommand();
    if (qt === null) throw new MissingPeer('nobody knows how this qt was started');
    const node = nodeCommand();
    const floor: number[] = [];
    const version: number[] = [];
    const first: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const floorMs = node === null ? 0 : (await time([node, '-e', '0'])).ms;
      const versionMs = (await time([...qt, '--version'])).ms;
      // The first round fills the disk cache.
      if (round === 0) continue;
      floor.push(floorMs);
      version.push(versionMs);
    }
    for (let run = 0; run <= runs; run++) {
      const ms = firstEventMs((await time([...qt, 'run', '--quiet', '--json', '--mode', 'backtest'])).output);
      if (run > 0) first.push(ms);
    }
    const ratios: RatioReport[] = [
      { subject: RUN, reference: `${PROMISED_MS} ms`, figure: 'ms', ratio: spreadOf(first.map((ms) => ms / PROMISED_MS)) },
    ];
    const skipped: SkippedSubject[] = [];
    if (node === null) skipped.push({ subject: FLOOR, reason: 'no Node beside the executable' });
    else ratios.push({ subject: VERSION, reference: FLOOR, figure: 'ms', ratio: ratioOf(version, floor) });
    const subjects = [
      ...(node === null ? [] : [{ name: FLOOR, figures: { ms: spreadOf(floor) } }]),
      { name: VERSION, figures: { ms: spreadOf(version) } },
      { name: RUN, figures: { ms: spreadOf(first) } },
    ];
    return { subjects, ratios, skipped };
  },
};

/** The Node that we run on; inside the executable there is none of its own. */
function nodeCommand(): string | null {
  return isSea() ? null : process.execPath;
}

async function time([program, ...args]: readonly string[]): Promise<{ ms: number; output: string }> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: RUN_MS_MAX });
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
