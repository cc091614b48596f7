import { parentPort, workerData } from 'node:worker_threads';
import type { WorkOptions } from '../handlers/work.ts';
import { workOf } from '../harness/spin.ts';
import { Tally } from '../harness/tally.ts';
import type { Trade } from '../trade.ts';

const { cpuUs, memory } = workerData as WorkOptions;
const tally = new Tally(memory);
const work = workOf(cpuUs);

parentPort!.on('message', (message: { readonly payload: Trade }) => {
  work();
  tally.add(message.payload);
});
parentPort!.postMessage('ready');
