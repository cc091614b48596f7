import { QtError } from '../base/index.ts';
import { QT_RING_CLAIM_MISUSED, QT_RING_DAMAGED, QT_RING_LENGTH_INVALID } from './errors.ts';
import { alignedLength, LENGTH_WORD_BYTES, PADDING_BIT, RING_FULL, RING_TOO_LARGE } from './layout.ts';
import { attachRing, type RingBuffer } from './ring.ts';

/**
 * The one writing side of a ring. Belongs to one thread, which owns the tail, the waiting word and all length words;
 * it only ever loads the head.
 *
 * The order of stores is the whole protocol: the bytes and length words of a batch are plain stores, then `flush`
 * stores the tail atomically. The reader loads the tail first, so it sees complete records or none, and it never needs
 * to find a length word zeroed: what a length word says matters only before the tail. A writer that dies between
 * claim and flush therefore leaves no trace; its successor starts at the published tail.
 *
 * Allocates nothing after construction. Never blocks.
 */
export class RingWriter {
  readonly capacity: number;
  /** Longest record in bytes, with its length word: an eighth of the capacity, so that padding at the wrap stays small. */
  readonly recordLengthMax: number;
  readonly #words: Int32Array;
  readonly #dataIndex: number;
  readonly #mask: number;
  readonly #tailWord: number;
  readonly #headWord: number;
  readonly #waitingWord: number;
  /** Private tail: ahead of the shared one by what was committed and not yet flushed. */
  #tail: number;
  /** The reader's head when last looked at. Only refreshed when the ring looks full, which spares a cache miss per claim. */
  #headSeen: number;
  /** The open claim, 0 for none. */
  #claimIndex: number;
  #claimLength: number;

  /** @throws QtError QT_RING_MISSING, QT_RING_VERSION_MISMATCH, QT_RING_CAPACITY_INVALID, QT_RING_OUT_OF_BOUNDS, QT_RING_DAMAGED */
  constructor(buffer: RingBuffer, base: number) {
    const ring = attachRing(buffer, base);
    this.capacity = ring.capacity;
    this.recordLengthMax = ring.capacity >> 3;
    this.#words = ring.words;
    this.#dataIndex = ring.dataIndex;
    this.#mask = ring.capacity - 1;
    this.#tailWord = ring.tailWord;
    this.#headWord = ring.headWord;
    this.#waitingWord = ring.waitingWord;
    this.#tail = Atomics.load(ring.words, ring.tailWord);
    this.#headSeen = this.#tail;
    this.#claimIndex = 0;
    this.#claimLength = 0;
    this.#refreshHead();
  }

  /**
   * Reserves space for one record and returns its index from the start of the whole buffer (a multiple of 8, never
   * 0). Write bytes 4 to `length` and then commit or abort; bytes 0 to 3 are the length word and may be overwritten.
   *
   * @param length bytes with the length word, >= 4
   * @returns the index, or RING_FULL (-1), or RING_TOO_LARGE (-2)
   * @throws QtError QT_RING_LENGTH_INVALID, QT_RING_CLAIM_MISUSED when a claim is open, QT_RING_DAMAGED
   */
  claim(length: number): number {
    if (length > this.recordLengthMax) return RING_TOO_LARGE;
    if (!(length >= LENGTH_WORD_BYTES) || (length | 0) !== length) throw invalidLength(length);
    if (this.#claimIndex !== 0) throw misusedClaim('claim', 'the last claim is still open');

    const needed = alignedLength(length);
    const offset = this.#tail & this.#mask;
    const toEnd = this.capacity - offset;
    const padding = needed > toEnd ? toEnd : 0;
    if (!this.#hasSpace(padding + needed)) return RING_FULL;

    const words = this.#words;
    let index = this.#dataIndex + offset;
    if (padding !== 0) {
      words[index >> 2] = PADDING_BIT | padding;
      this.#tail = (this.#tail + padding) | 0;
      index = this.#dataIndex;
    }
    words[index >> 2] = -length;
    this.#claimIndex = index;
    this.#claimLength = length;
    return index;
  }

  /**
   * Finishes the open claim. The reader sees the record after the next `flush`.
   *
   * @throws QtError QT_RING_CLAIM_MISUSED
   */
  commit(index: number): void {
    if (index !== this.#claimIndex || index === 0) throw misusedClaim('commit', `index ${index} is not the open claim`);
    this.#words[index >> 2] = this.#claimLength;
    this.#tail = (this.#tail + alignedLength(this.#claimLength)) | 0;
    this.#claimIndex = 0;
  }

  /**
   * Gives the open claim up: it becomes padding, which the reader skips.
   *
   * @throws QtError QT_RING_CLAIM_MISUSED
   */
  abort(index: number): void {
    if (index !== this.#claimIndex || index === 0) throw misusedClaim('abort', `index ${index} is not the open claim`);
    const length = alignedLength(this.#claimLength);
    this.#words[index >> 2] = PADDING_BIT | length;
    this.#tail = (this.#tail + length) | 0;
    this.#claimIndex = 0;
  }

  /** Publishes all commits since the last flush with one store. Call it once per batch; an open claim stays open. */
  flush(): void {
    // Sequentially consistent, so that "store the tail, then load the reader's sleeping word" in the caller cannot be
    // reordered into a lost wake-up.
    Atomics.store(this.#words, this.#tailWord, this.#tail);
  }

  /** True if a record of this length would be accepted now. Looks at the reader's head if it has to. */
  fits(length: number): boolean {
    if (length > this.recordLengthMax) return false;
    const needed = alignedLength(length);
    const toEnd = this.capacity - (this.#tail & this.#mask);
    return this.#hasSpace(needed > toEnd ? toEnd + needed : needed);
  }

  /** Bytes written and not yet released by the reader, padding and unflushed commits included. */
  usedBytes(): number {
    this.#refreshHead();
    return (this.#tail - this.#headSeen) | 0;
  }

  /** Visits every committed record that the reader has not released, oldest first, by index. Changes nothing. */
  visitUnreleased(visit: (index: number) => void): void {
    this.#refreshHead();
    const words = this.#words;
    for (let position = this.#headSeen; position !== this.#tail;) {
      const index = this.#dataIndex + (position & this.#mask);
      const word = words[index >> 2]!;
      if (word < PADDING_BIT) visit(index);
      position = (position + (word < PADDING_BIT ? alignedLength(word) : word - PADDING_BIT)) | 0;
    }
  }

  /**
   * Asks the reader to tell when it releases space, or withdraws that. After raising it, check `fits` once more before
   * waiting: the reader may have released the last byte just before.
   */
  setWaiting(isWaiting: boolean): void {
    Atomics.store(this.#words, this.#waitingWord, isWaiting ? 1 : 0);
  }

  isWriterWaiting(): boolean {
    return Atomics.load(this.#words, this.#waitingWord) === 1;
  }

  #hasSpace(bytes: number): boolean {
    if (bytes <= this.capacity - ((this.#tail - this.#headSeen) | 0)) return true;
    this.#refreshHead();
    return bytes <= this.capacity - ((this.#tail - this.#headSeen) | 0);
  }

  #refreshHead(): void {
    const head = Atomics.load(this.#words, this.#headWord);
    const used = (this.#tail - head) | 0;
    if (used < 0 || used > this.capacity || (head & 7) !== 0) {
      throw new QtError(QT_RING_DAMAGED, `Cannot use the ring: head ${head} and tail ${this.#tail} cannot both be true`, {
        details: { head, tail: this.#tail, capacity: this.capacity },
      });
    }
    this.#headSeen = head;
  }
}

function invalidLength(length: number): QtError {
  return new QtError(QT_RING_LENGTH_INVALID, `Cannot claim ${length} bytes: expected an integer of at least ${LENGTH_WORD_BYTES}`, {
    details: { length },
  });
}

function misusedClaim(action: string, reason: string): QtError {
  return new QtError(QT_RING_CLAIM_MISUSED, `Cannot ${action}: ${reason}`);
}
