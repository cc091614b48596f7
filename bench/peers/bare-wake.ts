import type { Worker } from 'node:worker_threads';
import { startThread } from '../harness/thread.ts';

/** A word that changes with every send; the receiver is parked on it. */
export const SENT_WORD = 0;

export interface BareWakeData {
  readonly words: SharedArrayBuffer;
  /** Of the arrival log. */
  readonly memory: SharedArrayBuffer;
}

/** A thread that is parked on a word and woken for each arrival, without any message: what no other subject can be faster than. */
export class BareWake {
  readonly #words: Int32Array;
  readonly #worker: Worker;

  private constructor(words: Int32Array, worker: Worker) {
    this.#words = words;
    this.#worker = worker;
  }

  /** @param memory of the arrival log that the thread writes to */
  static async start(memory: SharedArrayBuffer): Promise<BareWake> {
    const words = new SharedArrayBuffer(4);
    const data: BareWakeData = { words, memory };
    return new BareWake(new Int32Array(words), await startThread(new URL('./_bare-wake-worker.ts', import.meta.url), data));
  }

  send(): void {
    Atomics.add(this.#words, SENT_WORD, 1);
    Atomics.notify(this.#words, SENT_WORD);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
