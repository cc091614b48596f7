/**
 * The words that the bus's thread and the writer share, in front of the ring. Each has one writer; words of different
 * threads lie on different pairs of cache lines.
 *
 *   byte    0  COMMAND       main    0, or CLOSE
 *           4  MESSAGES      main    messages sent so far on the port
 *         128  WAKE          main    changes before every wake-up; the writer parks on it
 *         256  WAITERS       main    1 while somebody waits for durability: then batches do not wait for company
 *         384  SLEEPING      writer  0 awake, 1 parked, 2 gathering a batch
 *         512  PINGED        both    1 from the writer's message until main has looked (exchange on both sides)
 *         640  i64 WRITTEN   writer  newest seq in the file
 *         648  i64 FSYNCED   writer  newest seq on the disk for good
 *         768  the ring
 */
export const CLOSE = 1;

export const AWAKE = 0;
export const PARKED = 1;
export const GATHERING = 2;

/** Word indexes (int32). */
export const COMMAND = 0;
export const MESSAGES = 1;
export const WAKE = 32;
export const WAITERS = 64;
export const SLEEPING = 96;
export const PINGED = 128;

/** Indexes of the 64-bit words, which are BigInts because only those have atomic loads and stores. */
const WRITTEN = 80;
const FSYNCED = 81;

export const RING_BASE = 768;

/** The control words, viewed from either side. */
export class Control {
  readonly words: Int32Array;
  readonly #seqs: BigInt64Array;

  constructor(buffer: ArrayBufferLike) {
    this.words = new Int32Array(buffer, 0, RING_BASE / 4);
    this.#seqs = new BigInt64Array(buffer, 0, RING_BASE / 8);
  }

  get writtenSeq(): number {
    return Number(Atomics.load(this.#seqs, WRITTEN));
  }

  get fsyncedSeq(): number {
    return Number(Atomics.load(this.#seqs, FSYNCED));
  }

  storeWritten(seq: number): void {
    Atomics.store(this.#seqs, WRITTEN, BigInt(seq));
  }

  storeFsynced(seq: number): void {
    Atomics.store(this.#seqs, FSYNCED, BigInt(seq));
  }

  /** Wakes the writer if it is parked, or, when something is urgent, also if it waits for a batch to fill. */
  wake(isUrgent: boolean): void {
    const sleeping = Atomics.load(this.words, SLEEPING);
    if (sleeping === AWAKE || (sleeping === GATHERING && !isUrgent)) return;
    Atomics.add(this.words, WAKE, 1);
    Atomics.notify(this.words, WAKE);
  }
}
