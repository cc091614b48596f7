/** A worker that is sent one message per event: what one would write without an engine. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CheckError } from '../harness/check.ts';

/** What the worker does with an event; see `_post-message-worker.ts`. */
export type PeerRole = { readonly role: 'tally' | 'latency'; readonly memory: SharedArrayBuffer } | { readonly role: 'echo' };

/** Starts the worker and waits until it listens. */
export async function startPostMessagePeer(role: PeerRole): Promise<Worker> {
  const worker = new Worker(new URL('./_post-message-worker.ts', import.meta.url), { workerData: role });
  const [message] = (await once(worker, 'message')) as [unknown];
  if (message !== 'ready') throw new CheckError(`the peer said ${String(message)} instead of ready`);
  return worker;
}
