import { checkNumber, silentLogger, type Logger } from '../base/index.ts';
import type { ThreadPool } from './environment.ts';
import { defaultBusOptions } from './options.ts';
import { WorkerPool } from './pool.ts';

export interface BootOptions {
  /** Worker threads, 1..64, default 2; the bus that takes them must ask for as many. */
  readonly workers?: number;
  /** Heap limit of each in MiB; default that of Node. */
  readonly workerHeapMb?: number;
  /** A pino logger or anything of its shape; default silent. */
  readonly logger?: Logger;
}

/** Longer than any program prepares; by then the bus that they were for was given up. */
const UNTAKEN_MS_MAX = 10_000;

/** Threads that boot already, for one bus. Nobody has to take them: they do not keep the process alive, and end after ten seconds. */
export class BootedThreads {
  readonly workers: number;
  #pool: ThreadPool | null;
  readonly #timer: NodeJS.Timeout;

  constructor(workers: number, pool: ThreadPool) {
    this.workers = workers;
    this.#pool = pool;
    this.#timer = setTimeout(() => void this.close(), UNTAKEN_MS_MAX).unref();
  }

  /** For the bus: its pool from now on, or null if these are taken or have ended. */
  take(): ThreadPool | null {
    clearTimeout(this.#timer);
    const pool = this.#pool;
    this.#pool = null;
    return pool;
  }

  /** Ends them, unless a bus has taken them. */
  async close(): Promise<void> {
    await this.take()?.destroy();
  }
}

/**
 * Lets the worker threads of a bus boot while the program still prepares, which takes them as long as the rest of a start.
 * A bus that cannot be started any more leaves them to `close`; the code of handlers they load when the bus starts.
 *
 * @throws QtError QT_OPTION_INVALID
 * @example
 * const threads = bootThreads({ workers: 2 });
 * const prices = await readPrices();
 * const bus = createEventBus({ workers: 2, threads });
 */
export function bootThreads({ logger = silentLogger, workerHeapMb, workers = defaultBusOptions.workers }: BootOptions = {}): BootedThreads {
  checkNumber('workers', workers, { min: 1, max: 64, integer: true });
  if (workerHeapMb !== undefined) checkNumber('workerHeapMb', workerHeapMb, { min: 8, max: 65_536 });
  return new BootedThreads(workers, new WorkerPool({ workers, heapMb: workerHeapMb ?? null, logger }));
}
