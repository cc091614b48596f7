import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { Resources } from './resources.ts';

/** What ships with the program, in files: a checkout or the installed package. */
export const resources: Resources = {
  startThread: (entry, options) => new Worker(entry, options),
  importModule: (url) => import(url),
  readData: (url) => readFile(url),
};
