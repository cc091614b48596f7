/** Handler of the pools; piscina and tinypool call its exports by name. */
import { workerData } from 'node:worker_threads';
import { Tally } from '../harness/tally.ts';
import type { Trade } from '../trade.ts';

// tinypool puts its own port in front of what it is given.
const data = (Array.isArray(workerData) ? workerData[1] : workerData) as { memory: SharedArrayBuffer };
const tally = new Tally(data.memory);

export function onTrade(event: { readonly payload: Trade }): void {
  tally.add(event.payload);
}

/** For several threads at once. */
export function onTradeShared(event: { readonly payload: Trade }): void {
  tally.addShared(event.payload);
}
