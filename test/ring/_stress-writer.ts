/** Writes numbered, checksummed records of changing length as fast as the ring takes them. Runs on a worker thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { createPrng } from '../../src/base/index.ts';
import { RING_FULL, RingWriter } from '../../src/ring/index.ts';

const { buffer, base, count, seed, wakeWord } = workerData as {
  buffer: SharedArrayBuffer;
  base: number;
  count: number;
  seed: string;
  wakeWord: number;
};
const writer = new RingWriter(buffer, base);
const words = new Int32Array(buffer);
const prng = createPrng(seed);
let waits = 0;

for (let id = 1; id <= count; id++) {
  const length = 12 + 4 * prng.integer((writer.recordLengthMax - 12) / 4);
  let index = writer.claim(length);
  while (index === RING_FULL) {
    writer.flush();
    waits++;
    const seen = Atomics.load(words, wakeWord);
    writer.setWaiting(true);
    if (!writer.fits(length)) Atomics.wait(words, wakeWord, seen, 1000);
    writer.setWaiting(false);
    index = writer.claim(length);
  }
  let sum = id;
  for (let at = index + 12; at + 4 <= index + length; at += 4) {
    const word = (id * 0x9e37_79b1 + at) | 0;
    words[at >> 2] = word;
    sum = (sum + word) | 0;
  }
  words[(index + 4) >> 2] = id;
  words[(index + 8) >> 2] = sum;
  if (prng.integer(50) === 0) {
    writer.abort(index);
    id--;
    continue;
  }
  writer.commit(index);
  if (id % 16 === 0) writer.flush();
}
writer.flush();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a message port, not a window
parentPort!.postMessage({ waits });
