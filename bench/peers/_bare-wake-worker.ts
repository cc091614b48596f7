import { parentPort, workerData } from 'node:worker_threads';
import { ArrivalLog } from '../harness/arrival-log.ts';
import { SENT_WORD, type BareWakeData } from './bare-wake.ts';

const data = workerData as BareWakeData;
const words = new Int32Array(data.words);
const log = new ArrivalLog(data.memory);

parentPort!.postMessage('ready');
for (let seen = 0; ;) {
  Atomics.wait(words, SENT_WORD, seen);
  for (const sent = Atomics.load(words, SENT_WORD); seen !== sent; seen = (seen + 1) | 0) log.addNext();
}
