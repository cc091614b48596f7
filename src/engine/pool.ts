import { Piscina } from 'piscina';
import type { PoolThread, ThreadPool, ThreadPoolOptions } from './environment.ts';
import type { WorkerTask } from './worker-task.ts';

/**
 * One idle thread, loaded and parked: starting a thread and its modules takes longer than replacing one may. It is started
 * by `warm`, when everything runs: at the start of the bus, and right after a death, it would take the processor from the
 * threads that somebody waits for.
 */
const SPARE_THREADS = 1;

/**
 * Room for new objects on each thread. What a handler makes of an event dies with it, so more room saves nothing, and V8
 * takes all there is in the end: memory would go on growing in steps for tens of millions of events.
 */
const YOUNG_MB = 12;

interface Berth {
  readonly piscina: Piscina;
  /** Drain loops that run in it. */
  running: number;
}

/**
 * The threads, as long-lived tasks of a piscina pool: one drain loop each. Nothing else of the engine knows piscina.
 *
 * A piscina that loses a thread while that one boots never starts another. Its running loops are not touched by that, so
 * it is kept for them, and a second one is made for what comes.
 */
export class WorkerPool implements ThreadPool {
  readonly #options: ThreadPoolOptions;
  readonly #berths: Berth[] = [];

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
    this.#add(options.workers);
  }

  async warm(urls: readonly string[]): Promise<void> {
    await this.#berths.at(-1)!.piscina.run(urls, { name: 'warm' });
  }

  async run(task: WorkerTask): Promise<void> {
    const berth = this.#free();
    berth.running++;
    try {
      // piscina takes the type of `postMessage`'s second parameter, of which TypeScript sees the last overload only.
      await berth.piscina.run(task, { transferList: [task.port] as never });
    } finally {
      berth.running--;
    }
  }

  thread(threadId: number): PoolThread | undefined {
    for (const { piscina } of this.#berths) {
      const thread = piscina.threads.find((worker) => worker.threadId === threadId);
      if (thread !== undefined) return thread;
    }
    return undefined;
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#berths.map(({ piscina }) => piscina.destroy()));
  }

  /** A pool with a thread for one more loop. piscina replaces a lost thread before it reports the loss, or never. */
  #free(): Berth {
    return this.#berths.find(({ piscina, running }) => piscina.threads.length > running) ?? this.#add(1);
  }

  #add(threads: number): Berth {
    const { heapMb, logger } = this.#options;
    const piscina = new Piscina({
      filename: new URL('./worker.ts', import.meta.url).href,
      name: 'run',
      minThreads: threads,
      maxThreads: threads + SPARE_THREADS,
      maxQueue: 2 * (threads + SPARE_THREADS),
      concurrentTasksPerWorker: 1,
      idleTimeout: Infinity,
      recordTiming: false,
      // Its idle wait would freeze the thread between tasks; our loop parks by itself.
      atomics: 'disabled',
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG_MB,
        ...(heapMb === null ? {} : { maxOldGenerationSizeMb: heapMb }),
      },
    });
    // A thread that dies without a task makes the pool emit 'error', which would end the process if nobody listened.
    piscina.on('error', (error) => logger.warn({ err: error }, 'a worker thread failed outside its task'));
    const berth = { piscina, running: 0 };
    this.#berths.push(berth);
    return berth;
  }
}
