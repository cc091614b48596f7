import type { Worker, WorkerOptions } from 'node:worker_threads';
import { resources as chosen } from './file-resources.ts';

/**
 * How the program reaches what ships with it: its threads, modules and data, all named by `new URL('./x', import.meta.url)`.
 * They lie in files beside the modules; in the single executable, where there are no files, its build puts
 * `asset-resources.ts` in the place of `file-resources.ts`. Nothing else knows the difference.
 */
export interface Resources {
  /** Starts a thread on one of our entries. */
  startThread(entry: URL, options: WorkerOptions): Worker;
  /** Loads a module by absolute URL: one of ours, or one that the user has on disk (`.ts`, `.mjs`, `.cjs`). */
  importModule(url: string): Promise<unknown>;
  /** The bytes of a data file of ours. */
  readData(url: URL): Promise<Uint8Array>;
}

/** Those of this program. */
export const resources: Resources = chosen;
