import { parentPort, workerData } from 'node:worker_threads';
import { checksumOfBlob, type Blob } from '../blob.ts';
import { Tally } from '../harness/tally.ts';

const tally = new Tally((workerData as { memory: SharedArrayBuffer }).memory);

parentPort!.on('message', (message: { readonly payload: Blob }) => tally.addValue(checksumOfBlob(message.payload)));
parentPort!.postMessage('ready');
