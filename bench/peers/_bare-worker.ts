import { parentPort, workerData } from 'node:worker_threads';
import { FrameDecoder, FrameViews, SEQ, TypeTable } from '../../src/codec/index.ts';
import { RingReader } from '../../src/ring/index.ts';
import { Tally } from '../harness/tally.ts';
import type { Trade } from '../trade.ts';
import { RING_BASE, SLEEPING_WORD, STOP_WORD, WAKE_WORD, type BareWorkerData } from './bare-link.ts';

const BATCH = 64;
/** As the engine's worker: about 20 us before it parks. */
const SPINS = 200;
const PARK_MS_MAX = 100;

const { buffer, types, memory } = workerData as BareWorkerData;
const tally = new Tally(memory);
const reader = new RingReader(buffer, RING_BASE);
const views = new FrameViews(buffer);
const words = new Int32Array(buffer);
const decoder = new FrameDecoder(TypeTable.fromRecords(types));

/** What the receiver is handed: an object with the payload, as every other subject's receiver is. */
function handle(event: { readonly type: string; readonly seq: number; readonly payload: Trade }): void {
  tally.add(event.payload);
}

function step(): boolean {
  let taken = 0;
  for (let index = 0; taken < BATCH && (index = reader.next()) !== 0; taken++) {
    handle({
      type: decoder.type(views, index),
      seq: views.f64[(index + SEQ) >> 3]!,
      payload: decoder.payload(views, index) as Trade,
    });
  }
  if (taken > 0) reader.release(reader.position);
  return taken > 0;
}

function spin(): boolean {
  for (let i = 0; i < SPINS; i++) {
    if (reader.hasNext()) return true;
    Atomics.pause();
  }
  return false;
}

function park(): void {
  const wake = Atomics.load(words, WAKE_WORD);
  Atomics.store(words, SLEEPING_WORD, 1);
  // Once more after the word was raised: the writer stores its tail first and then looks at the word.
  if (!reader.hasNext() && Atomics.load(words, STOP_WORD) === 0) Atomics.wait(words, WAKE_WORD, wake, PARK_MS_MAX);
  Atomics.store(words, SLEEPING_WORD, 0);
}

parentPort!.postMessage('ready');
while (Atomics.load(words, STOP_WORD) === 0) if (!step() && !spin()) park();
