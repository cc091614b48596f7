/**
 * The words that the main thread and one worker share beside their rings. Each word has one writer, said below;
 * words written by different threads lie on different pairs of cache lines.
 *
 *   byte    0  COMMAND        main    0 to run, or CLOSE
 *           4  CONTROL_SEQ    main    control messages sent so far on the port
 *           8  IDLE_PING      main    1: the worker pings when it becomes idle
 *         128  WAKE           main    changes before every wake-up; the worker parks on it
 *         256  SLEEPING       worker  1 while it is parked or about to park
 *         384  PINGED         both    1 from the worker's ping until main has looked (exchange on both sides)
 *         512  REPLY_WAITING  worker  1 while it waits for room in the reply ring
 *         640  CURRENT_*      worker  the record whose handler is running: what main reads after a crash
 *         768  READY, IDLE, EPOCH, THREAD_ID, HANDLED, TURNS     worker
 *        1024  counters       worker  two float64 per consumer slot: acknowledged, filtered
 *       33792  runs           worker  two words per asynchronous run under way: index of its record, bit in it plus one
 */
/** COMMAND is 0 while the worker shall run. */
export const CLOSE = 1;

/** Word indexes (int32). */
export const COMMAND = 0;
export const CONTROL_SEQ = 1;
export const IDLE_PING = 2;
export const WAKE = 32;
export const SLEEPING = 64;
export const PINGED = 96;
export const REPLY_WAITING = 128;
/** Lane of the running record plus one, 0 for none. */
export const CURRENT_LANE = 160;
export const CURRENT_INDEX = 161;
export const CURRENT_BIT = 162;
export const READY = 192;
export const IDLE = 193;
export const EPOCH = 194;
export const THREAD_ID = 195;
/** Handler runs so far, wrapping: a supervisor sees by it whether the worker moves. */
export const HANDLED = 196;
/** Turns of the drain loop, never 0 and wrapping; 0 while the thread does something that may take long: loading, closing. */
export const TURNS = 197;

const COUNTERS_BYTE = 1024;

/** Consumers that one worker can count apart. 2048 slots are 32 KiB; `perGroup` in the stats shows how many are used. */
export const CONSUMER_SLOTS_MAX = 2048;

/** Asynchronous runs that a successor can know of: 64 consumers at their limit. When a thread dies the rest are not counted. */
export const RUNS_MAX = 4096;

const RUNS_BYTE = COUNTERS_BYTE + CONSUMER_SLOTS_MAX * 16;

export const CONTROL_BYTES = RUNS_BYTE + RUNS_MAX * 8;

/** The control words of one host, viewed from either side. */
export class Control {
  readonly words: Int32Array;
  readonly counters: Float64Array;
  readonly runs: Int32Array;

  constructor(buffer: ArrayBufferLike, base: number) {
    this.words = new Int32Array(buffer, base, COUNTERS_BYTE / 4);
    this.counters = new Float64Array(buffer, base + COUNTERS_BYTE, CONSUMER_SLOTS_MAX * 2);
    this.runs = new Int32Array(buffer, base + RUNS_BYTE, RUNS_MAX * 2);
  }

  acknowledged(slot: number): number {
    return this.counters[slot * 2] ?? 0;
  }

  filtered(slot: number): number {
    return this.counters[slot * 2 + 1] ?? 0;
  }

  /** Wakes the worker if it is parked. Called after the tail was stored: see the wait in `worker.ts`. */
  wake(): void {
    if (Atomics.load(this.words, SLEEPING) === 0) return;
    Atomics.add(this.words, WAKE, 1);
    Atomics.notify(this.words, WAKE);
  }
}
