import { nowUs } from './shared-clock.ts';
import { startThread } from './thread.ts';
import { turn } from './turn.ts';

/** Words of the shared memory. */
export const WAKE_WORD = 0;
export const READY_WORD = 1;
/** Doubles behind them: when the waker woke, and when the sleeper was awake. */
export const SENT_US = 1;
export const WOKEN_US = 2;
const BYTES = 3 * 8;
/** Until the sleeper sleeps again. */
const PAUSE_MS = 1;

/**
 * How long a thread that is parked on a word needs to wake: what no message between threads can be faster than.
 *
 * @returns microseconds, ascending
 */
export async function timeWakes(count: number): Promise<Float64Array> {
  const memory = new SharedArrayBuffer(BYTES);
  const words = new Int32Array(memory);
  const times = new Float64Array(memory);
  const worker = await startThread(new URL('./_wake-worker.ts', import.meta.url), { memory });
  const latencies = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    while (Atomics.load(words, READY_WORD) === 0 || performance.now() - start < PAUSE_MS) await turn();
    Atomics.store(words, READY_WORD, 0);
    times[SENT_US] = nowUs();
    Atomics.add(words, WAKE_WORD, 1);
    Atomics.notify(words, WAKE_WORD);
    while (Atomics.load(words, READY_WORD) === 0) await turn();
    latencies[i] = times[WOKEN_US]! - times[SENT_US]!;
  }
  await worker.terminate();
  return latencies.toSorted();
}
