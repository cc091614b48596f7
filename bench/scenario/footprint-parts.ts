/** The two processes that the case `footprint` compares. */
import { once } from 'node:events';
import { isSea } from 'node:sea';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { CaseReport } from '../case.ts';
import { collectGarbage } from '../harness/collector.ts';
import { spreadOf } from '../harness/statistics.ts';

export interface FootprintSettings {
  readonly idleMs: number;
}

/** Two workers and the spare: what the engine starts by default. */
const THREADS = 3;
/** Room for new objects that the engine gives each of them, see `engine/pool.ts`. */
const YOUNG_MB = 12;
/** Compiling and collecting after the start is no part of idling; the spare thread starts in this time, too. */
const SETTLE_MS = 900;
/** The spare thread starts a quarter of a second after the others. */
const BEFORE_SPARE_MS = 100;

const engine = {
  question: 'What does a process with the engine at its defaults take?',
  async run({ idleMs }: FootprintSettings): Promise<CaseReport> {
    const steps = new Steps();
    const { createEventBus, moduleHandler } = await import('../../src/index.ts');
    steps.end('modules MB');
    const bus = createEventBus({});
    bus.subscribe('bench.idle', moduleHandler(new URL('../handlers/idle.ts', import.meta.url), 'onTrade'), { group: 'idle' });
    steps.end('bus MB');
    await bus.start();
    await sleep(BEFORE_SPARE_MS);
    steps.end('two workers MB');
    await sleep(SETTLE_MS);
    steps.end('spare MB');
    const report = await measureIdle(idleMs, steps);
    await bus.stop();
    return report;
  },
};

const threads = {
  question: 'What does a process with as many threads take?',
  async run({ idleMs }: FootprintSettings): Promise<CaseReport> {
    const steps = new Steps();
    const workers = [];
    for (let i = 0; i < THREADS; i++) {
      workers.push(await startIdle());
      if (i === THREADS - 2) steps.end('two workers MB');
    }
    await sleep(SETTLE_MS);
    steps.end('spare MB');
    const report = await measureIdle(idleMs, steps);
    await Promise.all(workers.map((worker) => worker.terminate()));
    return report;
  },
};

/** By the name of their process. */
export const PARTS = { 'footprint-engine': engine, 'footprint-threads': threads };

async function startIdle(): Promise<Worker> {
  const url = new URL('./_idle-worker.ts', import.meta.url);
  const options = { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } };
  // In the executable everything is loaded anyway, and only the engine's resources reach its modules.
  if (isSea()) return (await import('../harness/thread.ts')).startThread(url, {}, options);
  const worker = new Worker(url, options);
  await once(worker, 'message');
  return worker;
}

/** What each step adds to the resident memory. */
class Steps {
  readonly figures: Record<string, number> = {};
  #before = residentMb();

  end(name: string): void {
    const now = residentMb();
    this.figures[name] = now - this.#before;
    this.#before = now;
  }
}

async function measureIdle(idleMs: number, steps: Steps): Promise<CaseReport> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await sleep(idleMs);
  const { system, user } = process.cpuUsage(cpu);
  const cpuPct = (system + user) / 10 / (performance.now() - start);
  const all = { ...steps.figures, 'resident MB': residentMb(), 'idle cpu %': cpuPct };
  const figures = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, spreadOf([value])]));
  return { subjects: [{ name: 'process', figures }], ratios: [] };
}

function residentMb(): number {
  collectGarbage();
  return process.memoryUsage.rss() / 2 ** 20;
}
