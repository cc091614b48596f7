import { ATTEMPT, copyFrameBody, FLAG_ACK, FLAG_RELEASE, FLAG_RETRY, FLAGS, FrameViews, ROUTE, TARGETS } from '../codec/index.ts';
import { createRing, RingWriter } from '../ring/index.ts';
import { RING_BASE } from './control.ts';

/** Bits of FLAGS that say how the engine delivers, not what happened. */
const DELIVERY_FLAGS = FLAG_RETRY | FLAG_RELEASE | FLAG_ACK;

/**
 * The bus's end of the ring to the writer. What finds the ring full waits outside it, in order, and goes first; who may
 * be refused asks `accepts` before.
 */
export class Inlet {
  /** Longest record. */
  readonly lengthMax: number;
  overflowBytes = 0;
  /** The mark of the audit chain stays in ROUTE. */
  readonly #keepsMarks: boolean;
  readonly #ring: RingWriter;
  readonly #views: FrameViews;
  #overflow: Buffer[] = [];
  #head = 0;

  constructor(buffer: SharedArrayBuffer, ringBytes: number, keepsMarks: boolean) {
    this.#keepsMarks = keepsMarks;
    createRing(buffer, RING_BASE, ringBytes);
    this.#ring = new RingWriter(buffer, RING_BASE);
    this.#views = new FrameViews(buffer);
    this.lengthMax = this.#ring.recordLengthMax;
  }

  /** Nothing waits outside the ring. */
  get isClear(): boolean {
    return this.#head === this.#overflow.length;
  }

  /** Somebody, the overflow or a caller of `accepts`, waits for the writer to make room. */
  get isWaiting(): boolean {
    return this.#ring.isWriterWaiting();
  }

  /** True if a record of this length would go into the ring now. If not, the writer will tell when there is room. */
  accepts(length: number): boolean {
    if (this.isClear && this.#ring.fits(length)) return true;
    this.#ring.setWaiting(true);
    // The writer may have released between the look and the word; without this second look nobody would tell us.
    return this.isClear && this.#ring.fits(length);
  }

  /** Takes a copy of a frame, without what depends on its delivery. False if it waits outside the ring. */
  putFrame(source: FrameViews, index: number, length: number): boolean {
    const at = this.isClear ? this.#ring.claim(length) : -1;
    if (at < 0) {
      this.#keep(normalised(source.bytes, index, length, this.#keepsMarks));
      return false;
    }
    const { u8, u16, u32 } = this.#views;
    // Word 0 belongs to the ring, and is the same as LENGTH after the commit.
    copyFrameBody(source, index, this.#views, at, length);
    u8[at + FLAGS]! &= ~DELIVERY_FLAGS;
    if (!this.#keepsMarks) u32[(at + ROUTE) >> 2] = 0;
    u32[(at + TARGETS) >> 2] = 0;
    u16[(at + ATTEMPT) >> 1] = 0;
    this.#ring.commit(at);
    return true;
  }

  /** Takes a record as it is, whose buffer belongs to the inlet from here on. False if it waits outside the ring. */
  putRecord(record: Buffer): boolean {
    if (this.isClear && this.#write(record)) return true;
    this.#keep(record);
    return false;
  }

  /** Makes everything in the ring visible to the writer. */
  flush(): void {
    this.#ring.flush();
  }

  /** Moves what waits into the ring, as far as there is room; asks to be told of more if some is left. */
  drain(): void {
    this.#ring.setWaiting(false);
    for (let record = this.#overflow[this.#head]; record !== undefined; record = this.#overflow[this.#head]) {
      if (!this.#write(record)) {
        this.#ring.setWaiting(true);
        if (!this.#ring.fits(record.length)) break;
        continue;
      }
      this.overflowBytes -= record.length;
      this.#head++;
    }
    if (this.isClear || this.#head > 1024) {
      this.#overflow = this.#overflow.slice(this.#head);
      this.#head = 0;
    }
    this.#ring.flush();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#overflow = [];
    this.#head = 0;
    this.overflowBytes = 0;
  }

  #write(record: Buffer): boolean {
    const at = this.#ring.claim(record.length);
    if (at < 0) return false;
    record.copy(this.#views.bytes, at + 4, 4);
    this.#ring.commit(at);
    return true;
  }

  #keep(record: Buffer): void {
    this.#overflow.push(record);
    this.overflowBytes += record.length;
    this.#ring.setWaiting(true);
    // The writer must see what is in the ring to make room in it.
    this.#ring.flush();
    // It may have made room before the word was raised; then it tells nobody.
    if (this.#ring.fits(this.#overflow[this.#head]!.length)) this.drain();
  }
}

function normalised(bytes: Buffer, offset: number, length: number, keepsMarks: boolean): Buffer {
  const copy = Buffer.allocUnsafeSlow(length);
  bytes.copy(copy, 0, offset, offset + length);
  copy[FLAGS]! &= ~DELIVERY_FLAGS;
  if (!keepsMarks) copy.writeUInt32LE(0, ROUTE);
  copy.writeUInt32LE(0, TARGETS);
  copy.writeUInt16LE(0, ATTEMPT);
  return copy;
}
