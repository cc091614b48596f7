import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { PoolThread, ThreadPool, ThreadPoolOptions } from './environment.ts';
import type { WorkerTask } from './worker-task.ts';

/** One idle thread, loaded and parked: starting a thread and its modules takes longer than replacing one may. */
const SPARE_THREADS = 1;

/**
 * The threads, as long-lived tasks of a piscina pool: one drain loop each. Nothing else of the engine knows piscina.
 */
export class WorkerPool implements ThreadPool {
  readonly #pool: Piscina<WorkerTask, void>;

  constructor(options: ThreadPoolOptions) {
    const { workers, heapMb, logger } = options;
    const threads = workers + SPARE_THREADS;
    this.#pool = new Piscina<WorkerTask, void>({
      filename: fileURLToPath(new URL('./worker.ts', import.meta.url)),
      name: 'run',
      minThreads: threads,
      maxThreads: threads,
      maxQueue: 2 * threads,
      concurrentTasksPerWorker: 1,
      idleTimeout: 0,
      recordTiming: false,
      // Its idle wait would freeze the thread between tasks; our loop parks by itself.
      atomics: 'disabled',
      ...(heapMb === null ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    });
    // A thread that dies without a task makes the pool emit 'error', which would end the process if nobody listened.
    this.#pool.on('error', (error) => logger.warn({ err: error }, 'a worker thread failed outside its task'));
  }

  async warm(): Promise<void> {
    await (this.#pool as Piscina).run(null, { name: 'warm' });
  }

  run(task: WorkerTask): Promise<void> {
    // piscina takes the type of `postMessage`'s second parameter, of which TypeScript sees the last overload only.
    return this.#pool.run(task, { transferList: [task.port] as never });
  }

  thread(threadId: number): PoolThread | undefined {
    return this.#pool.threads.find((worker) => worker.threadId === threadId);
  }

  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }
}
