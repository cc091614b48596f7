import { checksumOf, type Trade } from '../trade.ts';
import { checkSame, CheckError } from './check.ts';

const COUNT = 0;
const CHECKSUM = 1;
const EXPECTED = 2;
const FINISHED = 3;
const WORDS = 4;

/** Longer than any round; a receiver that is still short then has lost something. */
const WAIT_MS_MAX = 60_000;

/**
 * What a receiver got: how many trades and a checksum over two of their fields, in shared memory. The receiver adds;
 * the sender says how many it expects, waits for them and checks.
 */
export class Tally {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(memory = new SharedArrayBuffer(WORDS * 4)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** Receiver. Wakes the sender at the last one expected; one more is counted and found by `check`. */
  add(trade: Trade): void {
    this.addValue(checksumOf(trade));
  }

  /** As `add`, for other payloads. */
  addValue(value: number): void {
    const words = this.#words;
    words[CHECKSUM] = words[CHECKSUM]! + value;
    const count = words[COUNT]! + 1;
    words[COUNT] = count;
    if (count !== words[EXPECTED]) return;
    // Atomic: the sender reads the count and the checksum, which are plain, after it has seen this word.
    Atomics.store(words, FINISHED, 1);
    Atomics.notify(words, FINISHED);
  }

  /** As `add`, for receivers on several threads at once. */
  addShared(trade: Trade): void {
    const words = this.#words;
    Atomics.add(words, CHECKSUM, checksumOf(trade));
    if (Atomics.add(words, COUNT, 1) + 1 !== words[EXPECTED]) return;
    Atomics.store(words, FINISHED, 1);
    Atomics.notify(words, FINISHED);
  }

  /** How many have arrived so far. */
  get count(): number {
    return Atomics.load(this.#words, COUNT);
  }

  /** Sender, before the round, while nothing is on its way. */
  expect(events: number): void {
    this.#words[COUNT] = 0;
    this.#words[CHECKSUM] = 0;
    this.#words[EXPECTED] = events;
    Atomics.store(this.#words, FINISHED, 0);
  }

  /**
   * Sender. Resolves when the last one has arrived.
   *
   * @throws CheckError when it does not
   */
  async wait(timeoutMs = WAIT_MS_MAX): Promise<void> {
    const wait = Atomics.waitAsync(this.#words, FINISHED, 0, timeoutMs);
    if (!wait.async) return;
    // A waiter does not keep the event loop alive.
    const keepAlive = setInterval(() => {}, timeoutMs);
    const outcome = await wait.value;
    clearInterval(keepAlive);
    if (outcome === 'timed-out')
      throw new CheckError(`the receiver has ${this.#words[COUNT]} of ${this.#words[EXPECTED]} events after ${timeoutMs} ms`);
  }

  /**
   * Sender, after the round.
   *
   * @throws CheckError when the receiver got too few, too many or others than were sent
   */
  check(events: number, checksum: number): void {
    checkSame('events at the receiver', this.#words[COUNT]!, events);
    checkSame('checksum at the receiver', this.#words[CHECKSUM]!, checksum);
  }
}
