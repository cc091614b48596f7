import { copyFrameBody, LENGTH, ROUTE, SEQ, TARGETS, type FrameViews } from '../codec/index.ts';
import type { RingWriter } from '../ring/index.ts';
import { copyFrame } from './replies.ts';

/**
 * The writing end of one lane of one host, on the main thread. Events from outside are refused while the ring is full;
 * what the bus itself must deliver (derived events, retries) waits in the overflow, which goes first.
 */
export class Outlet {
  readonly writer: RingWriter;
  readonly host: number;
  overflowBytes = 0;
  readonly #views: FrameViews;
  #overflow: Buffer[] = [];
  #overflowHead = 0;
  /** Something was written since the last flush. */
  isDirty = false;

  constructor(writer: RingWriter, views: FrameViews, host: number) {
    this.writer = writer;
    this.host = host;
    this.#views = views;
  }

  get overflowLength(): number {
    return this.#overflow.length - this.#overflowHead;
  }

  /** True if nothing is unread or unfinished here. */
  get isEmpty(): boolean {
    return this.#overflowHead === this.#overflow.length && this.writer.usedBytes() === 0;
  }

  /** True if an event from outside may be written now. Raises the waiting word when not, so that the reader reports space. */
  accepts(length: number): boolean {
    if (this.#overflowHead === this.#overflow.length && this.writer.fits(length)) return true;
    this.writer.setWaiting(true);
    // The reader may have released between the look and the word; without this second look nobody would tell us.
    return this.#overflowHead === this.#overflow.length && this.writer.fits(length);
  }

  /** Copies a frame into the ring; visible after `flush`. False if there is no room. */
  write(bytes: Buffer, index: number, length: number, route: number, targets: number): boolean {
    const at = this.writer.claim(length);
    if (at < 0) return false;
    // Word 0 belongs to the ring: it is negative until the commit.
    bytes.copy(this.#views.bytes, at + LENGTH + 4, index + LENGTH + 4, index + length);
    this.#finish(at, route, targets);
    return true;
  }

  /** Writes, or keeps a copy for later; for what must not be refused. */
  push(source: FrameViews, index: number, length: number, route: number, targets: number): void {
    if (this.#overflowHead === this.#overflow.length) {
      const at = this.writer.claim(length);
      if (at >= 0) {
        copyFrameBody(source, index, this.#views, at, length);
        this.#finish(at, route, targets);
        return;
      }
    }
    this.#keep(source.bytes, index, length, route, targets);
  }

  /** As `push`, for a frame in a buffer of its own. */
  pushFrame(frame: Buffer, route: number, targets: number): void {
    if (this.#overflowHead === this.#overflow.length && this.write(frame, 0, frame.length, route, targets)) return;
    this.#keep(frame, 0, frame.length, route, targets);
  }

  #keep(bytes: Buffer, index: number, length: number, route: number, targets: number): void {
    const frame = copyFrame(bytes, index, length);
    frame.writeUInt32LE(route, ROUTE);
    frame.writeUInt32LE(targets >>> 0, TARGETS);
    this.#overflow.push(frame);
    this.overflowBytes += length;
    this.writer.setWaiting(true);
  }

  /** Takes the oldest waiting frame out, for the policy that drops it. */
  dropOldest(): Buffer | undefined {
    const frame = this.#overflow[this.#overflowHead];
    if (frame === undefined) return undefined;
    this.#advance(frame.length);
    return frame;
  }

  /** Moves waiting frames into the ring as far as there is room. */
  drainOverflow(): void {
    for (let frame = this.#overflow[this.#overflowHead]; frame !== undefined; frame = this.#overflow[this.#overflowHead]) {
      if (!this.write(frame, 0, frame.length, frame.readUInt32LE(ROUTE), frame.readUInt32LE(TARGETS))) {
        this.writer.setWaiting(true);
        if (!this.writer.fits(frame.length)) return;
        continue;
      }
      this.#advance(frame.length);
    }
  }

  /** Visits everything here that has members without an outcome: the bits in `targets`, of the page `route`. */
  visitOwed(visit: (seq: number, route: number, targets: number) => void): void {
    const { f64, u32 } = this.#views;
    this.writer.visitUnreleased((index) => {
      const route = u32[(index + ROUTE) >> 2]!;
      const targets = u32[(index + TARGETS) >> 2]!;
      // Without a route it says that a key is free, and its other words mean something else.
      if (route !== 0 && targets !== 0) visit(f64[(index + SEQ) >> 3]!, route, targets);
    });
    for (let i = this.#overflowHead; i < this.#overflow.length; i++) {
      const frame = this.#overflow[i]!;
      visit(frame.readDoubleLE(SEQ), frame.readUInt32LE(ROUTE), frame.readUInt32LE(TARGETS));
    }
  }

  /** Takes back every "key is free" that the reader has not met: it will not be the one that blocked the key. */
  takeBackFreed(): void {
    const { u32 } = this.#views;
    this.writer.visitUnreleased((index) => {
      if (u32[(index + ROUTE) >> 2] === 0) u32[(index + TARGETS) >> 2] = 0;
    });
  }

  /** Makes written frames visible; true if there were any, so that the host must be woken. */
  flush(): boolean {
    if (!this.isDirty) return false;
    this.isDirty = false;
    this.writer.flush();
    return true;
  }

  #finish(at: number, route: number, targets: number): void {
    this.#views.u32[(at + ROUTE) >> 2] = route;
    this.#views.u32[(at + TARGETS) >> 2] = targets;
    this.writer.commit(at);
    this.isDirty = true;
  }

  #advance(length: number): void {
    this.overflowBytes -= length;
    this.#overflowHead++;
    if (this.#overflowHead === this.#overflow.length || this.#overflowHead > 1024) {
      this.#overflow = this.#overflow.slice(this.#overflowHead);
      this.#overflowHead = 0;
    }
  }
}
