/** The two processes that the case `footprint` compares. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaseReport } from '../case.ts';
import { spreadOf } from '../harness/statistics.ts';
import { startThread } from '../harness/thread.ts';

export interface FootprintSettings {
  readonly idleMs: number;
}

/** Two workers and the spare: what the engine starts by default. */
const THREADS = 3;
/** Compiling and collecting after the start is no part of idling. */
const SETTLE_MS = 700;

export const engine = {
  question: 'What does a process with the engine at its defaults take?',
  async run({ idleMs }: FootprintSettings): Promise<CaseReport> {
    const { createEventBus, moduleHandler } = await import('../../src/index.ts');
    const bus = createEventBus({});
    bus.subscribe('bench.idle', moduleHandler(new URL('../handlers/idle.ts', import.meta.url), 'onTrade'), { group: 'idle' });
    await bus.start();
    const report = await measureIdle(idleMs);
    await bus.stop();
    return report;
  },
};

export const threads = {
  question: 'What does a process with as many threads take?',
  async run({ idleMs }: FootprintSettings): Promise<CaseReport> {
    const workers = [];
    for (let i = 0; i < THREADS; i++) workers.push(await startThread(new URL('./_idle-worker.ts', import.meta.url), {}));
    const report = await measureIdle(idleMs);
    await Promise.all(workers.map((worker) => worker.terminate()));
    return report;
  },
};

async function measureIdle(idleMs: number): Promise<CaseReport> {
  await sleep(SETTLE_MS);
  (globalThis as { gc?: () => void }).gc?.();
  const start = performance.now();
  const cpu = process.cpuUsage();
  await sleep(idleMs);
  const { system, user } = process.cpuUsage(cpu);
  const cpuPct = (system + user) / 10 / (performance.now() - start);
  const figures = { 'resident MB': spreadOf([process.memoryUsage.rss() / 2 ** 20]), 'idle cpu %': spreadOf([cpuPct]) };
  return { subjects: [{ name: 'process', figures }], ratios: [] };
}
