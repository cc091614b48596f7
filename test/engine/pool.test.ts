import { beforeEach, expect, test, vi } from 'vitest';
import { silentLogger } from '../../src/base/index.ts';
import { WorkerPool } from '../../src/engine/pool.ts';
import type { WorkerTask } from '../../src/engine/worker-task.ts';

const { FakePiscina } = vi.hoisted(() => {
  /** A piscina whose threads the test takes away, as a real one loses those that die while they boot. */
  class FakePiscina {
    static readonly made: FakePiscina[] = [];
    threads: { threadId: number }[];
    readonly runs: PromiseWithResolvers<void>[] = [];

    constructor(options: { minThreads: number }) {
      this.threads = Array.from({ length: options.minThreads }, (_, i) => ({ threadId: 10 * FakePiscina.made.length + i }));
      FakePiscina.made.push(this);
    }

    on(): void {}

    run(): Promise<void> {
      const run = Promise.withResolvers<void>();
      this.runs.push(run);
      return run.promise;
    }

    async destroy(): Promise<void> {
      for (const run of this.runs) run.resolve();
    }
  }
  return { FakePiscina };
});

vi.mock('piscina', () => ({ Piscina: FakePiscina }));

const task = { port: null } as unknown as WorkerTask;

beforeEach(() => {
  FakePiscina.made.length = 0;
});

test('a pool that has stopped refilling keeps its loops, and a new one takes what comes', async () => {
  const pool = new WorkerPool({ workers: 2, heapMb: null, logger: silentLogger });
  const [first] = FakePiscina.made;
  const loops = [pool.run(task), pool.run(task)];

  // One of the two dies, and so does the spare, and none is started for them.
  first!.threads = first!.threads.slice(0, 1);
  first!.runs[0]!.reject(new Error('died'));
  await expect(loops[0]).rejects.toThrow('died');
  loops.push(pool.run(task));

  expect(FakePiscina.made).toHaveLength(2);
  expect(FakePiscina.made[1]!.runs).toHaveLength(1);
  expect(first!.runs).toHaveLength(2);
  expect(pool.thread(10)).toBe(FakePiscina.made[1]!.threads[0]);
  await pool.destroy();
  await Promise.all(loops.slice(1));
});

test('a pool that refills goes on', async () => {
  const pool = new WorkerPool({ workers: 1, heapMb: null, logger: silentLogger });
  const loop = pool.run(task);
  FakePiscina.made[0]!.runs[0]!.reject(new Error('died'));
  await expect(loop).rejects.toThrow('died');

  const next = pool.run(task);

  expect(FakePiscina.made).toHaveLength(1);
  await pool.destroy();
  await next;
});
