import { parentPort, workerData } from 'node:worker_threads';
import { nowUs } from './shared-clock.ts';
import { READY_WORD, WAKE_WORD, WOKEN_US } from './wake.ts';

const { memory } = workerData as { memory: SharedArrayBuffer };
const words = new Int32Array(memory);
const times = new Float64Array(memory);

parentPort!.postMessage('ready');
for (let seen = 0; ; seen++) {
  Atomics.store(words, READY_WORD, 1);
  Atomics.wait(words, WAKE_WORD, seen);
  times[WOKEN_US] = nowUs();
}
