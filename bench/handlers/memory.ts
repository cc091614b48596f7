/** Worker-thread handler that counts trades as `tally.ts` does, and says now and then how large the heap of its thread is. */
import { getHeapStatistics } from 'node:v8';
import { Tally } from '../harness/tally.ts';
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import type { Trade } from '../trade.ts';

export interface MemoryOptions {
  /** Of the tally. */
  readonly memory: SharedArrayBuffer;
  /** One float64: bytes of this thread's heap that are resident. */
  readonly heap: SharedArrayBuffer;
  /** Events between two looks at it. */
  readonly every: number;
}

class Watch {
  readonly #tally: Tally;
  readonly #heap: Float64Array;
  readonly #every: number;
  #left: number;

  constructor({ every, heap, memory }: MemoryOptions) {
    this.#tally = new Tally(memory);
    this.#heap = new Float64Array(heap);
    this.#every = every;
    this.#left = every;
  }

  add(trade: Trade): void {
    if (--this.#left === 0) {
      this.#left = this.#every;
      // Before the tally, whose last word the sender waits for: it then sees this one too.
      this.#heap[0] = getHeapStatistics().total_physical_size;
    }
    this.#tally.add(trade);
  }
}

export function setup(options: MemoryOptions): Watch {
  return new Watch(options);
}

export function onTrade(event: QtEvent<Trade>, ctx: HandlerContext<Watch>): void {
  ctx.state.add(event.payload);
}
