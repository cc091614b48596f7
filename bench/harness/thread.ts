import { once } from 'node:events';
import type { Worker, WorkerOptions } from 'node:worker_threads';
import { resources } from '../../src/base/index.ts';
import { CheckError } from './check.ts';

/**
 * Starts a thread on one of our files and waits until it says that it listens.
 *
 * @throws CheckError when it says something else
 */
export async function startThread(url: URL, workerData: unknown, options: Omit<WorkerOptions, 'workerData'> = {}): Promise<Worker> {
  const worker = resources.startThread(url, { ...options, workerData });
  const [message] = (await once(worker, 'message')) as [unknown];
  if (message !== 'ready') throw new CheckError(`a thread said ${String(message)} instead of ready`);
  return worker;
}
