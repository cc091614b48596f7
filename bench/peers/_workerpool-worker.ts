import { workerData } from 'node:worker_threads';
import type Workerpool from 'workerpool';
import { importOptional } from '../harness/optional.ts';
import { Tally } from '../harness/tally.ts';
import type { Trade } from '../trade.ts';

const tally = new Tally((workerData as { memory: SharedArrayBuffer }).memory);
async function listen(): Promise<void> {
  const { default: workerpool } = await importOptional<{ default: typeof Workerpool }>('workerpool');
  workerpool.worker({ onTrade: (event: { readonly payload: Trade }) => tally.add(event.payload) });
}

void listen();
