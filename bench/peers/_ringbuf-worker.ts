import { parentPort, workerData } from 'node:worker_threads';
import { FrameDecoder, FrameViews, TypeTable } from '../../src/codec/index.ts';
import { importOptional } from '../harness/optional.ts';
import { Tally } from '../harness/tally.ts';
import type { Trade } from '../trade.ts';
import type { RingbufModule, RingbufWorkerData } from './ringbuf-link.ts';

const SPINS = 200;
const POLL_MS = 1;
const FRAME_BYTES_MAX = 4096;
const LENGTH_BYTES = 4;

const { control, memory, storage, types } = workerData as RingbufWorkerData;
const tally = new Tally(memory);
const decoder = new FrameDecoder(TypeTable.fromRecords(types));
const views = new FrameViews(new ArrayBuffer(FRAME_BYTES_MAX));
const stop = new Int32Array(control);

function handle(event: { readonly type: string; readonly payload: Trade }): void {
  tally.add(event.payload);
}

async function drain(): Promise<void> {
  const { RingBuffer } = await importOptional<RingbufModule>('ringbuf.js');
  const ring = new RingBuffer(storage, Uint8Array);
  parentPort!.postMessage('ready');
  for (let idle = 0; Atomics.load(stop, 0) === 0;) {
    if (ring.availableRead() >= LENGTH_BYTES) {
      ring.pop(views.bytes, LENGTH_BYTES);
      ring.pop(views.bytes, views.bytes.readInt32LE(0) - LENGTH_BYTES, LENGTH_BYTES);
      handle({ type: decoder.type(views, 0), payload: decoder.payload(views, 0) as Trade });
      idle = 0;
    } else if (idle++ < SPINS) Atomics.pause();
    else Atomics.wait(stop, 0, 0, POLL_MS);
  }
}

void drain();
