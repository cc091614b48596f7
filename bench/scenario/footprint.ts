/**
 * What does the engine at its defaults take when nothing happens?
 *
 *   process A   engine, two workers and the spare, idle    resident memory, processor time
 *   process B   three threads that wait for a message      resident memory
 *
 * By turns, each in a process of its own. The difference is the engine: its code on every thread, its rings and tables. Of
 * the package, because that is what programs embed; a checkout strips types and loads hundreds of small modules on each
 * thread. The steps say what each part of the start adds, on the way to the whole.
 */
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { BenchCase, CaseReport, RatioReport, SubjectReport } from '../case.ts';
import type { CaseSettings } from '../config.ts';
import { CheckError } from '../harness/check.ts';
import { buildPackage, type PackageFiles } from '../harness/forms.ts';
import { runIsolated } from '../harness/isolate.ts';
import { ratioOf, spreadOf, type Spread } from '../harness/statistics.ts';

/** What is promised: megabytes beyond the threads, and percent of one processor. */
const PROMISED_MB = 5;
const PROMISED_CPU_PCT = 1;
const PART_MS_MAX = 60_000;
const ENGINE = 'engine with defaults';
const THREADS = 'its threads alone';
const BEYOND = 'engine beyond its threads';
const CHECKOUT = 'in a checkout';
const STEPS = ['modules MB', 'bus MB', 'two workers MB', 'spare MB'];

type Rounds = ReadonlyMap<string, readonly number[]>;
interface Pair {
  readonly engine: Rounds;
  readonly threads: Rounds;
}

export const bench: BenchCase<'footprint'> = {
  name: 'footprint',
  question: 'What does the engine at its defaults take when nothing happens?',
  async run(settings) {
    const files = await buildPackage();
    try {
      const own = await measurePair(settings, files);
      const report = describe(own);
      if (files === null) return report;
      const checkout = beyond(await measurePair(settings, null));
      return {
        ...report,
        subjects: [...report.subjects, { name: `${BEYOND}, ${CHECKOUT}`, figures: { 'resident MB': spreadOf(checkout) } }],
      };
    } finally {
      await files?.remove();
    }
  },
};

function describe(pair: Pair): CaseReport {
  const mb = 'resident MB';
  const [engine, threads] = [pair.engine.get(mb)!, pair.threads.get(mb)!];
  const more = beyond(pair);
  const subjects: SubjectReport[] = [
    { name: ENGINE, figures: spreads(pair.engine) },
    { name: THREADS, figures: spreads(pair.threads) },
    { name: BEYOND, figures: { [mb]: spreadOf(more) } },
  ];
  const cpu = pair.engine.get('idle cpu %')!;
  const promise = (subject: string, reference: string, figure: string, ratios: readonly number[]): RatioReport => ({
    subject,
    reference,
    figure,
    ratio: spreadOf(ratios),
  });
  return {
    subjects,
    ratios: [
      { subject: ENGINE, reference: THREADS, figure: mb, ratio: ratioOf(engine, threads) },
      promise(
        BEYOND,
        `${PROMISED_MB} MB`,
        mb,
        more.map((value) => value / PROMISED_MB),
      ),
      promise(
        ENGINE,
        `${PROMISED_CPU_PCT} % of a processor`,
        'idle cpu %',
        cpu.map((value) => value / PROMISED_CPU_PCT),
      ),
    ],
  };
}

function spreads(rounds: Rounds): Record<string, Spread> {
  return Object.fromEntries(
    ['resident MB', 'idle cpu %', ...STEPS].flatMap((name) => (rounds.has(name) ? [[name, spreadOf(rounds.get(name)!)]] : [])),
  );
}

function beyond({ engine, threads }: Pair): number[] {
  return engine.get('resident MB')!.map((mb, round) => mb - threads.get('resident MB')![round]!);
}

/** @param files those of the package; null for what this process itself runs from */
async function measurePair({ idleMs, rounds }: CaseSettings['footprint'], files: PackageFiles | null): Promise<Pair> {
  const found = { engine: new Map<string, number[]>(), threads: new Map<string, number[]>() };
  for (let round = 0; round < rounds; round++) {
    for (const part of round % 2 === 0 ? (['engine', 'threads'] as const) : (['threads', 'engine'] as const)) {
      const { figures } = (await measure(`footprint-${part}`, idleMs, files)).subjects[0]!;
      for (const [name, { median }] of Object.entries(figures)) {
        const samples = found[part].get(name) ?? [];
        found[part].set(name, [...samples, median]);
      }
    }
  }
  return found;
}

async function measure(name: string, idleMs: number, files: PackageFiles | null): Promise<CaseReport> {
  const timeoutMs = idleMs + PART_MS_MAX;
  const own = new URL('./_footprint-process.ts', import.meta.url);
  const program = files === null ? own : pathToFileURL(join(files.dist, 'bench-scenario-_footprint-process.js'));
  const outcome = await runIsolated({ name, settings: { idleMs }, timeoutMs, program });
  if (outcome.status !== 'done')
    throw new CheckError(`${name} gave nothing: ${outcome.status === 'failed' ? outcome.message : outcome.reason}`);
  return outcome.report;
}
