import { copyFrameBody, FrameViews, LENGTH } from '../codec/index.ts';
import { copyFrame } from './replies.ts';

const ARENA_BYTES_MIN = 256 * 1024;
const ARENA_BYTES_MAX = 16 * 1024 * 1024;

/**
 * The frames of the latest events, as bytes in one circular arena: keeping a thousand events costs a copy each and
 * nothing for the garbage collector. Very large events may leave room for fewer than `length`.
 */
export class History {
  readonly #length: number;
  #arena: FrameViews;
  #at = 0;
  /** Where each kept frame starts, oldest first from `#first`. */
  readonly #offsets: Float64Array;
  readonly #sizes: Float64Array;
  #first = 0;
  #count = 0;

  constructor(length: number) {
    this.#length = length;
    this.#arena = new FrameViews(new ArrayBuffer(length === 0 ? 0 : ARENA_BYTES_MIN));
    this.#offsets = new Float64Array(Math.max(1, length));
    this.#sizes = new Float64Array(Math.max(1, length));
  }

  add(source: FrameViews, index: number, length: number): void {
    if (this.#length === 0) return;
    if (this.#count === this.#length) this.#dropFirst();
    const space = (length + 7) & ~7;
    const { length: capacity } = this.#arena.bytes;
    if (space > capacity) return;
    if (this.#at + space > capacity) this.#at = 0;
    while (this.#count > 0 && this.#overlapsFirst(space)) {
      if (this.#arena.bytes.length < ARENA_BYTES_MAX) {
        this.#grow();
        continue;
      }
      this.#dropFirst();
    }
    copyFrameBody(source, index, this.#arena, this.#at, length);
    const next = this.#first + this.#count;
    const slot = next < this.#length ? next : next - this.#length;
    this.#offsets[slot] = this.#at;
    this.#sizes[slot] = length;
    this.#count++;
    this.#at += space;
  }

  /** Copies of the kept frames, newest first, until `visit` returns false. */
  visit(visit: (frame: Buffer) => boolean): void {
    for (let i = this.#count - 1; i >= 0; i--) {
      const slot = (this.#first + i) % this.#length;
      const frame = copyFrame(this.#arena.bytes, this.#offsets[slot]!, this.#sizes[slot]!);
      frame.writeInt32LE(frame.length, LENGTH);
      if (!visit(frame)) return;
    }
  }

  #overlapsFirst(space: number): boolean {
    const start = this.#offsets[this.#first]!;
    const end = start + this.#sizes[this.#first]!;
    return start < this.#at + space && end > this.#at;
  }

  #dropFirst(): void {
    this.#first = this.#first + 1 === this.#length ? 0 : this.#first + 1;
    this.#count--;
  }

  /** Twice the arena, with the kept frames laid out from its start. */
  #grow(): void {
    const larger = new FrameViews(new ArrayBuffer(this.#arena.bytes.length * 2));
    let at = 0;
    for (let i = 0; i < this.#count; i++) {
      const slot = (this.#first + i) % this.#length;
      const size = this.#sizes[slot]!;
      this.#arena.bytes.copy(larger.bytes, at, this.#offsets[slot]!, this.#offsets[slot]! + size);
      this.#offsets[slot] = at;
      at += (size + 7) & ~7;
    }
    this.#arena = larger;
    this.#at = at;
  }
}
