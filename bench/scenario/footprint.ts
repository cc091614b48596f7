/**
 * What does the engine at its defaults take when nothing happens?
 *
 *   process A   engine, two workers and the spare, idle    resident memory, processor time
 *   process B   three threads that wait for a message      resident memory
 *
 * By turns, each in a process of its own. The difference is the engine: its code on every thread, its rings and tables.
 */
import type { BenchCase, CaseReport } from '../case.ts';
import { CheckError } from '../harness/check.ts';
import { runIsolated } from '../harness/isolate.ts';
import { ratioOf, spreadOf } from '../harness/statistics.ts';

/** What is promised: megabytes beyond the threads, and percent of one processor. */
const PROMISED_MB = 5;
const PROMISED_CPU_PCT = 1;
const PART_MS_MAX = 60_000;
const ENGINE = 'engine with defaults';
const THREADS = 'its threads alone';

export const bench: BenchCase<'footprint'> = {
  name: 'footprint',
  question: 'What does the engine at its defaults take when nothing happens?',
  async run({ idleMs, rounds }) {
    const found = new Map([
      [ENGINE, { mb: [] as number[], cpu: [] as number[] }],
      [THREADS, { mb: [] as number[], cpu: [] as number[] }],
    ]);
    for (let round = 0; round < rounds; round++) {
      for (const name of round % 2 === 0 ? [ENGINE, THREADS] : [THREADS, ENGINE]) {
        const { figures } = (await measure(name === ENGINE ? 'footprint-engine' : 'footprint-threads', idleMs)).subjects[0]!;
        found.get(name)!.mb.push(figures['resident MB']!.median);
        found.get(name)!.cpu.push(figures['idle cpu %']!.median);
      }
    }
    const [engine, threads] = [found.get(ENGINE)!, found.get(THREADS)!];
    const beyond = engine.mb.map((mb, round) => mb - threads.mb[round]!);
    return {
      subjects: [
        ...[...found].map(([name, { cpu, mb }]) => ({ name, figures: { 'resident MB': spreadOf(mb), 'idle cpu %': spreadOf(cpu) } })),
        { name: 'engine beyond its threads', figures: { 'resident MB': spreadOf(beyond) } },
      ],
      ratios: [
        { subject: ENGINE, reference: THREADS, figure: 'resident MB', ratio: ratioOf(engine.mb, threads.mb) },
        {
          subject: 'engine beyond its threads',
          reference: '5 MB',
          figure: 'resident MB',
          ratio: spreadOf(beyond.map((mb) => mb / PROMISED_MB)),
        },
        {
          subject: ENGINE,
          reference: '1 % of a processor',
          figure: 'idle cpu %',
          ratio: spreadOf(engine.cpu.map((pct) => pct / PROMISED_CPU_PCT)),
        },
      ],
    };
  },
};

async function measure(name: string, idleMs: number): Promise<CaseReport> {
  const outcome = await runIsolated({ name, settings: { idleMs }, timeoutMs: idleMs + PART_MS_MAX });
  if (outcome.status !== 'done')
    throw new CheckError(`${name} gave nothing: ${outcome.status === 'failed' ? outcome.message : outcome.reason}`);
  return outcome.report;
}
