/**
 * How many events per second does the whole trading system take, on one thread and on worker threads?
 *
 *   qt run: recorded bars --> regime --> strategy --> advisory --> risk --> sizing --> execution --> position --> exit
 *
 * The same recorded market each time, so the decisions must be the same too: their hash is the check.
 */
import { spawn } from 'node:child_process';
import type { BenchCase, SubjectReport } from '../case.ts';
import { checkSame, CheckError } from '../harness/check.ts';
import { MissingPeer } from '../harness/optional.ts';
import { qtCommand } from '../harness/program.ts';
import { ratioOf, spreadOf } from '../harness/statistics.ts';

const SUBJECTS = new Map<string, readonly string[]>([
  ['backtest, one thread', ['--mode', 'backtest']],
  ['paper, two workers in lockstep', ['--mode', 'paper', '--workers', '2']],
]);
const RUN_MS_MAX = 120_000;

interface DayReport {
  readonly decisionHash: string;
  readonly engine: { readonly eventsPerSecond: number; readonly lost: number; readonly pending: number };
}

export const bench: BenchCase<'trading-day'> = {
  name: 'trading-day',
  question: 'How many events per second does the whole trading system take, on one thread and on worker threads?',
  async run({ rounds }) {
    const qt = qtCommand();
    if (qt === null) throw new MissingPeer('nobody knows how this qt was started');
    const perSecond = new Map([...SUBJECTS.keys()].map((name) => [name, [] as number[]]));
    const hashes = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      for (const [name, args] of round % 2 === 0 ? SUBJECTS : [...SUBJECTS].reverse()) {
        const { decisionHash, engine } = await runDay([...qt, 'run', '--quiet', '--json', ...args]);
        checkSame('events lost or without an outcome', engine.lost + engine.pending, 0);
        hashes.add(decisionHash);
        perSecond.get(name)!.push(engine.eventsPerSecond);
      }
    }
    checkSame('different decisions', hashes.size, 1);
    const [first, second] = [...perSecond];
    const subjects: SubjectReport[] = [...perSecond].map(([name, samples]) => ({ name, figures: { 'events/s': spreadOf(samples) } }));
    return {
      subjects,
      ratios: [{ subject: second![0], reference: first![0], figure: 'events/s', ratio: ratioOf(second![1], first![1]) }],
    };
  },
};

function runDay([program, ...args]: readonly string[]): Promise<DayReport> {
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: RUN_MS_MAX });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(output) as DayReport);
      else reject(new CheckError(`${args.join(' ')} ended with ${signal ?? `code ${code}`}`));
    });
  });
}
