/** Thread pools, one task per event: what a pool costs when it is taken for a bus. */
import { Piscina } from 'piscina';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import type { Tinypool } from 'tinypool';
import type Workerpool from 'workerpool';
import { importOptional, MissingPeer } from '../harness/optional.ts';
import type { Inputs } from '../trade.ts';
import type { PeerKind } from './peer.ts';

const SHARE = 1 / 20;

export const piscina: PeerKind = {
  name: 'piscina.run',
  note: 'a promise per event, no retry',
  share: SHARE,
  async open({ memory }, inputs) {
    const pool = new Piscina(oneThread(memory));
    return { send: sendThrough((event) => pool.run(event), inputs), stop: () => pool.destroy() };
  },
};

export const tinypool: PeerKind = {
  name: 'tinypool.run',
  note: 'a promise per event, no retry',
  share: SHARE,
  async open({ memory }, inputs) {
    const { Tinypool: Pool } = await importPool<{ Tinypool: typeof Tinypool }>('tinypool');
    const pool = new Pool(oneThread(memory));
    return { send: sendThrough((event) => pool.run(event), inputs), stop: () => pool.destroy() };
  },
};

export const workerpool: PeerKind = {
  name: 'workerpool.exec',
  note: 'a promise per event, no retry',
  share: SHARE,
  async open({ memory }, inputs) {
    const module = await importPool<{ default: typeof Workerpool }>('workerpool');
    const file = fileURLToPath(new URL('./_workerpool-worker.ts', import.meta.url));
    const pool = module.default.pool(file, {
      minWorkers: 1,
      maxWorkers: 1,
      workerType: 'thread',
      workerThreadOpts: { workerData: { memory } },
    });
    return {
      send: sendThrough((event) => pool.exec('onTrade', [event]), inputs),
      stop: async () => {
        await pool.terminate(true);
      },
    };
  },
};

/** What piscina and its descendant both take. */
function oneThread(memory: SharedArrayBuffer) {
  const filename = new URL('./_pool-worker.ts', import.meta.url).href;
  return { filename, name: 'onTrade', minThreads: 1, maxThreads: 1, workerData: { memory } };
}

/** All events of a round at once, each a task with a promise. */
function sendThrough(run: (event: unknown) => PromiseLike<unknown>, { mask, plain }: Inputs): (events: number) => Promise<void> {
  return async (events) => {
    await Promise.all(Array.from({ length: events }, (_, i) => run(plain[i & mask])));
  };
}

/** A pool of another's loads our handler by its file, and there is none inside the executable. */
async function importPool<T>(name: string): Promise<T> {
  if (isSea()) throw new MissingPeer(`${name} cannot load a handler from inside the executable`);
  return importOptional<T>(name);
}
