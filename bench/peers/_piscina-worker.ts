import { workerData } from 'node:worker_threads';
import { Tally } from '../harness/tally.ts';
import type { Trade } from '../trade.ts';

const tally = new Tally((workerData as { memory: SharedArrayBuffer }).memory);

export function onTrade(event: { readonly payload: Trade }): void {
  tally.add(event.payload);
}
