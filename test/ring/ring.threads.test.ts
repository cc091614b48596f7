import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { createRing, ringBytes, RingReader } from '../../src/ring/index.ts';

const CAPACITY = 4096;
const COUNT = 60_000;
const WAKE_WORD = 0;
const BASE = 128;

describe('two threads on one ring', () => {
  // The first start makes both positions wrap 32 bits on the way, the second crosses the sign.
  it.each([
    ['2^32', -65_536],
    ['2^31', 0x7fff_0000],
  ])(
    'pass every record once, in order and whole, over %s',
    async (_where, position) => {
      const buffer = new SharedArrayBuffer(BASE + ringBytes(CAPACITY));
      createRing(buffer, BASE, CAPACITY, position);
      const reader = new RingReader(buffer, BASE);
      const words = new Int32Array(buffer);
      const worker = new Worker(new URL('./_stress-writer.ts', import.meta.url), {
        workerData: { buffer, base: BASE, count: COUNT, seed: `ring-stress/${position}`, wakeWord: WAKE_WORD },
      });
      const finished = once(worker, 'message');
      const exited = once(worker, 'exit');

      let seen = 0;
      let faults = 0;
      const deadline = performance.now() + 20_000;
      while (seen < COUNT && performance.now() < deadline) {
        for (let index = reader.next(); index !== 0; index = reader.next()) {
          seen++;
          if (words[(index + 4) >> 2] !== seen || words[(index + 8) >> 2] !== checksum(words, index, reader.length(index), seen)) faults++;
          if (seen % 64 === 0) break;
        }
        reader.release(reader.position);
        if (reader.isWriterWaiting()) {
          Atomics.add(words, WAKE_WORD, 1);
          Atomics.notify(words, WAKE_WORD);
        }
        // Lets the worker's messages and errors in; an immediate is no sleep.
        if (!reader.hasNext()) await new Promise(setImmediate);
      }

      const [{ waits }] = (await finished) as [{ waits: number }];
      await exited;
      reader.next();
      expect({ seen, faults, isDrained: reader.isDrained() }).toEqual({ seen: COUNT, faults: 0, isDrained: true });
      expect(waits, 'the ring was never full, so waiting was not tested').toBeGreaterThan(0);
    },
    30_000,
  );
});

function checksum(words: Int32Array, index: number, length: number, id: number): number {
  let sum = id;
  for (let at = index + 12; at + 4 <= index + length; at += 4) sum = (sum + words[at >> 2]!) | 0;
  return sum;
}
