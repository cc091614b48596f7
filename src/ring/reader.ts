import { QtError } from '../base/index.ts';
import { QT_RING_DAMAGED, QT_RING_RELEASE_MISUSED } from './errors.ts';
import { alignedLength, LENGTH_WORD_BYTES, PADDING_BIT, RECORD_ALIGN } from './layout.ts';
import { attachRing, type RingBuffer } from './ring.ts';

/**
 * The one reading side of a ring. Belongs to one thread, which owns the head; it only ever loads the tail and the
 * length words, and never writes into the data area.
 *
 * Reading and releasing are two steps: `next` walks over records, which stay valid and are redelivered after a crash,
 * until `release` moves the head past them. Any number of records may be read and unreleased.
 *
 * A length word is loaded plainly, because the atomic load of the tail that admits it comes first. Released words need
 * no zeroing for the same reason: nothing behind the tail is ever looked at.
 *
 * Allocates nothing after construction. Never blocks, never spins: damage is an error, each time it is met.
 */
export class RingReader {
  readonly capacity: number;
  /** Epoch of the ring when this reader attached. */
  readonly epoch: number;
  readonly #words: Int32Array;
  readonly #dataIndex: number;
  readonly #mask: number;
  readonly #recordLengthMax: number;
  readonly #epochWord: number;
  readonly #tailWord: number;
  readonly #headWord: number;
  readonly #waitingWord: number;
  /** The writer's tail when last looked at. Only refreshed when the ring looks empty. */
  #tailSeen: number;
  /** Where the next record or padding starts. */
  #position: number;
  /** Right after the record last returned; behind `#position` by the padding skipped since. */
  #recordEnd: number;
  #head: number;

  /** @throws QtError QT_RING_MISSING, QT_RING_VERSION_MISMATCH, QT_RING_CAPACITY_INVALID, QT_RING_OUT_OF_BOUNDS */
  constructor(buffer: RingBuffer, base: number) {
    const ring = attachRing(buffer, base);
    this.capacity = ring.capacity;
    this.epoch = Atomics.load(ring.words, ring.epochWord);
    this.#words = ring.words;
    this.#dataIndex = ring.dataIndex;
    this.#mask = ring.capacity - 1;
    this.#recordLengthMax = ring.capacity >> 3;
    this.#epochWord = ring.epochWord;
    this.#tailWord = ring.tailWord;
    this.#headWord = ring.headWord;
    this.#waitingWord = ring.waitingWord;
    this.#head = Atomics.load(ring.words, ring.headWord);
    this.#position = this.#head;
    this.#recordEnd = this.#head;
    this.#tailSeen = this.#head;
  }

  /**
   * Moves to the next published record and returns its index from the start of the whole buffer, or 0 for none.
   * Skips padding.
   *
   * @throws QtError QT_RING_DAMAGED, on every call until the ring is dropped
   */
  next(): number {
    if (!this.hasNext()) return 0;
    const position = this.#position;
    const index = this.#dataIndex + (position & this.#mask);
    const length = this.#words[index >> 2]!;
    const space = alignedLength(length);
    if (length < LENGTH_WORD_BYTES || length > this.#recordLengthMax || space > this.#bytesAhead(position))
      throw this.#damage(index, length);
    this.#position = (position + space) | 0;
    this.#recordEnd = this.#position;
    return index;
  }

  /** Bytes of a record that `next` returned, with its length word. */
  length(index: number): number {
    return this.#words[index >> 2]!;
  }

  /** Position right after the record last returned: what to give to `release` when it is finished. */
  get position(): number {
    return this.#recordEnd;
  }

  /**
   * Lets the writer overwrite everything before this position. One atomic store, so call it once per batch, in a
   * `finally`: a reader that stops releasing stops its writer. Does nothing if that much is released already.
   *
   * @param position a value that `position` had
   * @throws QtError QT_RING_RELEASE_MISUSED for what was not read yet
   */
  release(position: number): void {
    if (((this.#position - position) | 0) < 0) {
      throw new QtError(QT_RING_RELEASE_MISUSED, `Cannot release up to ${position}: read up to ${this.#position}`, {
        details: { position, head: this.#head, read: this.#position },
      });
    }
    if (((position - this.#head) | 0) <= 0) return;
    // Padding behind the last record belongs to no one; going past it lets a drained ring be seen as drained.
    if (position === this.#recordEnd) {
      this.#recordEnd = this.#position;
      this.#storeHead(this.#position);
    } else {
      this.#storeHead(position);
    }
  }

  /**
   * A glance, at an eighth of what `hasNext` costs: false if nothing had come a moment ago. Enough between two records, where
   * somebody looks again; not before sleeping, because nothing orders it after what this thread has stored.
   */
  mayHaveNext(): boolean {
    return this.#position !== this.#tailSeen || this.#words[this.#tailWord] !== this.#tailSeen;
  }

  /** True if `next` would return a record. */
  hasNext(): boolean {
    for (;;) {
      const position = this.#position;
      if (position === this.#tailSeen && !this.#refreshTail()) return false;
      const index = this.#dataIndex + (position & this.#mask);
      const word = this.#words[index >> 2]!;
      if (word < PADDING_BIT) return true;
      const padding = word - PADDING_BIT;
      // Padding must move the position: at least one step, or this loop would never end.
      if (padding < RECORD_ALIGN || padding % RECORD_ALIGN !== 0 || padding > this.#bytesAhead(position)) throw this.#damage(index, word);
      this.#position = (position + padding) | 0;
      if (this.#head === this.#recordEnd) {
        this.#recordEnd = this.#position;
        this.#storeHead(this.#position);
      }
    }
  }

  /** True if everything that was published has been released. */
  isDrained(): boolean {
    return Atomics.load(this.#words, this.#tailWord) === Atomics.load(this.#words, this.#headWord);
  }

  /** Forgets what was read and not released, so that it is read again. */
  rewind(): void {
    this.#position = this.#head;
    this.#recordEnd = this.#head;
    this.#tailSeen = this.#head;
  }

  /** Bytes published and not yet released, padding included. */
  lagBytes(): number {
    return (Atomics.load(this.#words, this.#tailWord) - Atomics.load(this.#words, this.#headWord)) | 0;
  }

  /** True if the writer asked to be told when space is released. Look after `release`. */
  isWriterWaiting(): boolean {
    return Atomics.load(this.#words, this.#waitingWord) === 1;
  }

  /** True if the ring was given to another reader; then stop, and release nothing more. */
  isStale(): boolean {
    return Atomics.load(this.#words, this.#epochWord) !== this.epoch;
  }

  /** Bytes that a record at this position may take: up to the tail and up to the end of the data area. */
  #bytesAhead(position: number): number {
    const published = (this.#tailSeen - position) | 0;
    const toEnd = this.capacity - (position & this.#mask);
    return published < toEnd ? published : toEnd;
  }

  #refreshTail(): boolean {
    const tail = Atomics.load(this.#words, this.#tailWord);
    // Read to the end, and nothing came: by far the most frequent answer in the lanes that are looked at for every record.
    if (tail === this.#tailSeen && tail === this.#position) return false;
    const ahead = (tail - this.#position) | 0;
    const used = (tail - this.#head) | 0;
    if (ahead < 0 || used > this.capacity || used < 0 || tail % RECORD_ALIGN !== 0) {
      throw new QtError(QT_RING_DAMAGED, `Cannot read the ring: tail ${tail} cannot follow head ${this.#head}`, {
        details: { tail, head: this.#head, read: this.#position, capacity: this.capacity },
      });
    }
    this.#tailSeen = tail;
    return ahead !== 0;
  }

  #storeHead(head: number): void {
    this.#head = head;
    // Sequentially consistent, so that "store the head, then look at the waiting word" cannot miss a writer that does
    // "raise the waiting word, then look at the head".
    Atomics.store(this.#words, this.#headWord, head);
  }

  #damage(index: number, word: number): QtError {
    return new QtError(QT_RING_DAMAGED, `Cannot read the ring: the length word at byte ${index} is ${word}`, {
      details: { index, word, read: this.#position, tail: this.#tailSeen },
    });
  }
}
