/** Worker threads that are sent messages: what one would write without an engine. */
import type { Worker } from 'node:worker_threads';
import { startThread } from '../harness/thread.ts';
import type { PeerKind } from './peer.ts';

/** What the worker does with what it is sent; see `_post-message-worker.ts`. */
export type PeerRole =
  | { readonly role: 'tally' | 'batches' | 'latency' | 'arrivals'; readonly memory: SharedArrayBuffer }
  | { readonly role: 'broadcast'; readonly memory: SharedArrayBuffer; readonly channel: string }
  | { readonly role: 'echo' };

const BATCH = 64;
const CHANNEL = 'qt-bench';

/** Starts the worker and waits until it listens. */
export function startPostMessagePeer(role: PeerRole): Promise<Worker> {
  return startThread(new URL('./_post-message-worker.ts', import.meta.url), role);
}

export const postMessage: PeerKind = {
  name: 'worker.postMessage',
  note: 'no delivery guarantee, no bound on what waits',
  share: 1,
  async open({ memory }, { mask, plain }) {
    const worker = await startPostMessagePeer({ role: 'tally', memory });
    return {
      send: (events) => {
        for (let i = 0; i < events; i++) worker.postMessage(plain[i & mask]);
      },
      stop: () => worker.terminate(),
    };
  },
};

export const postMessageBatches: PeerKind = {
  name: `worker.postMessage, ${BATCH} at a time`,
  note: 'no delivery guarantee; an event waits for its batch',
  share: 1,
  async open({ memory }, { mask, plain }) {
    const worker = await startPostMessagePeer({ role: 'batches', memory });
    return {
      send: (events) => {
        for (let i = 0; i < events; i += BATCH) {
          // The batch divides the circle of inputs, so a slice never runs over its end.
          const from = i & mask;
          worker.postMessage(plain.slice(from, from + Math.min(BATCH, events - i)));
        }
      },
      stop: () => worker.terminate(),
    };
  },
};

export const broadcastChannel: PeerKind = {
  name: 'BroadcastChannel',
  note: 'no delivery guarantee, every listener gets everything',
  share: 0.5,
  async open({ memory }, { mask, plain }) {
    const worker = await startPostMessagePeer({ role: 'broadcast', memory, channel: CHANNEL });
    const channel = new BroadcastChannel(CHANNEL);
    return {
      send: (events) => {
        for (let i = 0; i < events; i++) channel.postMessage(plain[i & mask]);
      },
      stop: () => {
        channel.close();
        return worker.terminate();
      },
    };
  },
};
