/**
 * Commits events on the main thread: gives them their seq, shows them to history and sink, and copies their frame to
 * the lane ring of every member that must have them. One frame per host, lane and page, whatever the number of groups
 * behind it; which of a page's consumers are meant is a bit each in TARGETS.
 */
import { QtError, systemClock, type Clock } from '../base/index.ts';
import {
  ATTEMPT,
  CAUSE_SEQ,
  CORRELATION_SEQ,
  FLAG_ACK,
  FLAG_DYNAMIC,
  FLAG_RELEASE,
  FLAG_RETRY,
  FLAGS,
  HEADER_BYTES,
  KEY_HASH,
  LANE,
  LENGTH,
  ROUTE,
  SEQ,
  TARGETS,
  TIMESTAMP,
  TS_INIT,
  TYPE_ID,
  type FrameDecoder,
  type FrameViews,
  type TypeEntry,
  type TypeTable,
} from '../codec/index.ts';
import { PRIORITIES } from '../event/index.ts';
import type { Delivery } from './delivery.ts';
import { QT_BUS_FULL } from './errors.ts';
import type { EventLog } from './event-log.ts';
import type { History } from './history.ts';
import type { Host } from './host.ts';
import type { Member } from './member.ts';
import type { FullPolicy } from './options.ts';
import type { Outlet } from './outlet.ts';
import { copyFrame } from './replies.ts';
import type { Page, Router } from './router.ts';
import type { Sink, SinkEvent } from './sink.ts';
import type { Tail } from './tail.ts';

/** `commit` found a queue full. */
export const FULL = -1;

/** In lockstep all events use one lane, because commit order is the only order. */
const LOCKSTEP_LANE = 2;
const LANES = PRIORITIES.length;
const STAMPS_PER_READING = 32;

export interface DispatcherParts {
  readonly table: TypeTable;
  readonly decoder: FrameDecoder;
  readonly router: Router;
  readonly hosts: readonly Host[];
  readonly history: History;
  readonly sink: Sink | null;
  readonly log: EventLog | null;
  readonly clock: Clock;
  readonly lockstep: boolean;
  readonly overflowBytesMax: number;
  /** Told of catalogued types from this number on, before a frame carries one. */
  readonly onTypes: (firstId: number) => void;
}

export class Dispatcher {
  published = 0;
  delivery!: Delivery;
  readonly #parts: DispatcherParts;
  // Of the parts, what every event needs.
  readonly #router: Router;
  readonly #log: EventLog | null;
  readonly #isLockstep: boolean;
  /** By slot: host times lanes plus lane. */
  readonly #outlets: readonly Outlet[];
  #seq = 0;
  /** In an array of its own, where a number that is no small integer needs no object. */
  readonly #nowUs = new Float64Array(1);
  #stampsLeft = 0;
  /** Highest number of a catalogued type that the hosts know. */
  #announced = 0;
  /** Slots (host, lane) that the page at hand reaches, and the consumers' bits there. */
  readonly #masks: Int32Array;
  readonly #slots: Int32Array;
  #slotCount = 0;
  /** Outlets that were written to since the last flush; the array keeps its length, and with it its memory. */
  readonly #dirty: Outlet[] = [];
  #dirtyCount = 0;
  readonly #tails: Tail[] = [];
  readonly #sinkEvent: FrameSinkEvent;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#seq = parts.log?.lastSeq ?? 0;
    this.#router = parts.router;
    this.#log = parts.log;
    this.#isLockstep = parts.lockstep;
    this.#outlets = parts.hosts.flatMap((host) => host.outlets);
    const slots = parts.hosts.length * LANES;
    this.#masks = new Int32Array(slots);
    this.#slots = new Int32Array(slots);
    this.#sinkEvent = new FrameSinkEvent(parts.decoder);
  }

  get seq(): number {
    return this.#seq;
  }

  /**
   * Commits an event from outside. Nothing happens if it returns FULL.
   *
   * @returns its seq, or FULL when the policy is to wait or to refuse
   */
  commit(views: FrameViews, index: number, length: number, policy: FullPolicy): number {
    const entry = this.#entryOf(views, index);
    if (this.#log !== null && !this.#log.accepts(length)) return FULL;
    const { pages } = this.#router.routeOf(entry);
    const isRefusing = policy === 'wait' || policy === 'reject';
    if (isRefusing && pages.length === 1 && pages[0]!.legs.length === 1) return this.#commitToGroup(pages[0]!, entry, views, index, length);
    if (isRefusing) {
      for (let i = 0; i < pages.length; i++) {
        this.#select(pages[i]!, views, index);
        if (!this.#accept(length)) return FULL;
      }
    }
    this.#stamp(entry, views, index, length);
    for (let i = 0; i < pages.length; i++) {
      const page = pages[i]!;
      // With one page the selection above still stands.
      if (pages.length > 1 || policy === 'dropNewest' || policy === 'dropOldest') this.#select(page, views, index);
      this.#write(page, views, index, length, policy);
    }
    return this.#seq;
  }

  /** As `commit`, for a type that one group listens to: most of them. The general way selects and writes in two loops. */
  #commitToGroup(page: Page, entry: TypeEntry, views: FrameViews, index: number, length: number): number {
    const { members, bits, lane: ownLane } = page.legs[0]!;
    const chosen = members.length === 1 ? 0 : views.u32[(index + KEY_HASH) >> 2]! % members.length;
    const member = members[chosen]!;
    const lane = this.#laneOf(ownLane, views.u8[index + LANE]!);
    const outlet = this.#outlets[member.host.index * LANES + lane]!;
    if (!outlet.accepts(length)) return FULL;
    this.#stamp(entry, views, index, length);
    setAcknowledgement(page, views, index);
    member.dispatched++;
    this.#push(outlet, views, index, length, page.id, 1 << bits[chosen]!);
    return this.#seq;
  }

  /**
   * Commits an event that the bus has taken on already: one that a handler derived, or one of a lockstep window. What
   * finds a ring full waits outside it.
   */
  commitOwn(views: FrameViews, index: number, length: number): number {
    const entry = this.#entryOf(views, index);
    this.#stamp(entry, views, index, length);
    for (const page of this.#router.routeOf(entry).pages) {
      this.#select(page, views, index);
      this.#write(page, views, index, length, null);
    }
    return this.#seq;
  }

  /** A group that catches up reads the log; what is committed from here on it may get from its tail instead. */
  addTail(tail: Tail): void {
    this.#tails.push(tail);
  }

  removeTail(tail: Tail): void {
    this.#tails.splice(this.#tails.indexOf(tail), 1);
  }

  /** A frame of this type goes out without having been committed here: the hosts must know the type before. */
  announceType(id: number): void {
    if (id > this.#announced && !(this.#parts.table.byId(id)?.isDynamic ?? true)) this.#announce(id);
  }

  /** Sends a frame to one member only; its books already know it. */
  send(member: Member, frame: Buffer): void {
    const lane = this.#laneOf(member.subscription.lane, frame.readUInt8(LANE));
    const outlet = member.host.outlets[lane]!;
    // Retries and releases differ from the delivery that they follow; a redrive starts anew.
    if ((frame.readUInt8(FLAGS) & (FLAG_RETRY | FLAG_RELEASE)) === 0) member.host.resent(member.id, frame.readDoubleLE(SEQ));
    outlet.pushFrame(frame, this.#parts.router.pageOf(member).id, 1);
    this.#markDirty(outlet);
    this.flush();
  }

  /** Tells a host that a key is free: a record without a route in the lane that is looked at first. */
  unblock(member: Member, keyHash: number, handedBack: number): boolean {
    const frame = Buffer.allocUnsafeSlow(HEADER_BYTES).fill(0);
    frame.writeInt32LE(HEADER_BYTES, LENGTH);
    frame.writeUInt32LE(keyHash, KEY_HASH);
    frame.writeDoubleLE(handedBack, SEQ);
    const outlet = member.host.outlets[0]!;
    if (!outlet.accepts(HEADER_BYTES) || !outlet.write(frame, 0, HEADER_BYTES, 0, member.id)) return false;
    this.#markDirty(outlet);
    this.flush();
    return true;
  }

  /** Makes everything written visible and wakes the hosts that got something. */
  flush(): void {
    this.#stampsLeft = 0;
    this.#parts.log?.flush();
    const count = this.#dirtyCount;
    this.#dirtyCount = 0;
    for (let i = 0; i < count; i++) {
      const outlet = this.#dirty[i]!;
      if (outlet.flush()) this.#parts.hosts[outlet.host]!.wake();
    }
  }

  /** Moves what waited outside full rings into them. */
  drainOverflow(host: Host): void {
    for (const outlet of host.outlets) {
      if (outlet.overflowLength === 0) continue;
      outlet.drainOverflow();
      this.#markDirty(outlet);
    }
    this.flush();
  }

  #entryOf(views: FrameViews, index: number): TypeEntry {
    const { table, decoder } = this.#parts;
    if ((views.u8[index + FLAGS]! & FLAG_DYNAMIC) === 0) {
      const entry = table.byId(views.u16[(index + TYPE_ID) >> 1]!)!;
      if (entry.id > this.#announced) this.#announce(entry.id);
      return entry;
    }
    // A worker numbers unknown types on its own: only the name counts.
    const entry = table.addDynamic(decoder.type(views, index));
    views.u16[(index + TYPE_ID) >> 1] = entry.id;
    return entry;
  }

  /** A type that was defined after the workers started: they must know it before its first frame. */
  #announce(id: number): void {
    this.#parts.onTypes(this.#announced + 1);
    this.#announced = id;
  }

  #stamp(entry: TypeEntry, views: FrameViews, index: number, length: number): void {
    const { history, sink, log } = this.#parts;
    const { f64, u16 } = views;
    const seq = ++this.#seq;
    f64[(index + SEQ) >> 3] = seq;
    if (this.#stampsLeft-- <= 0) this.#readClock();
    const now = this.#nowUs[0]!;
    f64[(index + TS_INIT) >> 3] = now;
    if (f64[(index + TIMESTAMP) >> 3] === 0) f64[(index + TIMESTAMP) >> 3] = now;
    if (f64[(index + CAUSE_SEQ) >> 3] === 0) f64[(index + CORRELATION_SEQ) >> 3] = seq;
    u16[(index + ATTEMPT) >> 1] = 1;
    this.published++;
    history.add(views, index, length);
    if (log !== null) {
      log.append(views, index, length, seq);
      for (let i = 0; i < this.#tails.length; i++) this.#tails[i]!.add(entry.type, views.bytes, index, length, seq);
    }
    if (sink !== null) sink.write(views.bytes, index, length, this.#sinkEvent.at(entry.type, seq, views, index));
  }

  /**
   * Reading the system's clock costs a tenth of a publish, so events of one batch share a reading: at most 32, and never
   * longer than until the next flush. A clock that the host brought may be moved by hand, and is asked each time.
   */
  #readClock(): void {
    this.#nowUs[0] = this.#parts.clock.nowUs();
    this.#stampsLeft = this.#parts.clock === systemClock ? STAMPS_PER_READING - 1 : 0;
  }

  /** Finds the members of a page that must have this event. */
  #select(page: Page, views: FrameViews, index: number): void {
    const masks = this.#masks;
    for (let i = 0; i < this.#slotCount; i++) masks[this.#slots[i]!] = 0;
    let count = 0;
    const keyHash = views.u32[(index + KEY_HASH) >> 2]!;
    const eventLane = views.u8[index + LANE]!;
    const { legs } = page;
    for (let i = 0; i < legs.length; i++) {
      const { members, bits, lane: ownLane } = legs[i]!;
      const chosen = members.length === 1 ? 0 : keyHash % members.length;
      const lane = this.#laneOf(ownLane, eventLane);
      const slot = members[chosen]!.host.index * LANES + lane;
      if (masks[slot] === 0) this.#slots[count++] = slot;
      masks[slot]! |= 1 << bits[chosen]!;
    }
    this.#slotCount = count;
  }

  /** @param own of the subscription, -1 where it leaves that to the event */
  #laneOf(own: number, eventLane: number): number {
    if (this.#isLockstep) return LOCKSTEP_LANE;
    return own >= 0 ? own : eventLane;
  }

  #accept(length: number): boolean {
    for (let i = 0; i < this.#slotCount; i++) {
      if (!this.#outlets[this.#slots[i]!]!.accepts(length)) return false;
    }
    return true;
  }

  #write(page: Page, views: FrameViews, index: number, length: number, policy: FullPolicy | null): void {
    setAcknowledgement(page, views, index);
    for (let i = 0; i < this.#slotCount; i++) {
      const slot = this.#slots[i]!;
      const outlet = this.#outlets[slot]!;
      const targets = this.#masks[slot]!;
      account(page, targets);
      if (policy === 'dropNewest' && !outlet.accepts(length)) {
        countDropped(page, targets);
        continue;
      }
      if (policy === null && outlet.overflowBytes + length > this.#parts.overflowBytesMax) {
        this.#overflow(page, targets, views, index, length);
        continue;
      }
      this.#push(outlet, views, index, length, page.id, targets);
      if (policy === 'dropOldest') this.#shrink(outlet);
    }
  }

  #push(outlet: Outlet, views: FrameViews, index: number, length: number, route: number, targets: number): void {
    // Whoever is dirty is in the list already.
    if (!outlet.isDirty) this.#markDirty(outlet);
    outlet.push(views, index, length, route, targets);
  }

  #markDirty(outlet: Outlet): void {
    this.#dirty[this.#dirtyCount++] = outlet;
  }

  #overflow(page: Page, targets: number, views: FrameViews, index: number, length: number): void {
    for (let rest = targets; rest !== 0; rest &= rest - 1) {
      this.delivery.overflowed(page.members[31 - Math.clz32(rest & -rest)]!, copyFrame(views.bytes, index, length));
    }
  }

  #shrink(outlet: Outlet): void {
    while (outlet.overflowBytes > this.#parts.overflowBytesMax) {
      const frame = outlet.dropOldest();
      if (frame === undefined) return;
      const page = this.#parts.router.page(frame.readUInt32LE(ROUTE))!;
      countDropped(page, frame.readInt32LE(TARGETS));
      // What waits behind a retry or release goes on: its outcome will not come.
      if ((frame.readUInt8(FLAGS) & (FLAG_RETRY | FLAG_RELEASE)) !== 0) this.delivery.done(page.members[0]!, frame.readDoubleLE(SEQ));
    }
  }
}

function setAcknowledgement(page: Page, views: FrameViews, index: number): void {
  if (page.wantsAcknowledgement) views.u8[index + FLAGS]! |= FLAG_ACK;
  else views.u8[index + FLAGS]! &= ~FLAG_ACK;
}

/** Books the deliveries. Those of a key that waits for a retry go the same way: see `Delivery`. */
function account(page: Page, targets: number): void {
  for (let rest = targets; rest !== 0; rest &= rest - 1) page.members[31 - Math.clz32(rest & -rest)]!.dispatched++;
}

function countDropped(page: Page, targets: number): void {
  for (let rest = targets; rest !== 0; rest &= rest - 1) page.members[31 - Math.clz32(rest & -rest)]!.dropped++;
}

/** One object for all events that a sink sees. */
class FrameSinkEvent implements SinkEvent {
  type = '';
  seq = 0;
  timestamp = 0;
  readonly #decoder: FrameDecoder;
  #views: FrameViews | null = null;
  #index = 0;

  constructor(decoder: FrameDecoder) {
    this.#decoder = decoder;
  }

  at(type: string, seq: number, views: FrameViews, index: number): this {
    this.type = type;
    this.seq = seq;
    this.timestamp = views.f64[(index + TIMESTAMP) >> 3]!;
    this.#views = views;
    this.#index = index;
    return this;
  }

  decode(): { key: string | null; payload: object } {
    const views = this.#views!;
    return { key: this.#decoder.key(views, this.#index), payload: this.#decoder.payload(views, this.#index) };
  }
}

export function fullError(type: string): QtError {
  return new QtError(QT_BUS_FULL, `Cannot publish ${type}: a queue of its handlers is full`, { details: { type } });
}
