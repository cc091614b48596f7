import type { ErrorRecord } from '../base/index.ts';
import { FLAG_ACK, FLAGS, KEY_HASH, LANE, SEQ, TYPE_ID } from '../codec/index.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { DurableGroup } from './durable-group.ts';
import type { Scheduler } from './environment.ts';
import type { EventLog, LogReader } from './event-log.ts';
import type { Member } from './member.ts';
import type { RecordedFrame, RecordedFrames } from './recorded-frames.ts';
import { Tail } from './tail.ts';

/** Events kept aside for a group that is about to be live: a second of 20 000 events of 200 bytes. */
const TAIL_BYTES_MAX = 4 * 1024 * 1024;
/** Between two looks at a log that does not show yet what is durable in it. */
const REREAD_MS = 5;

export interface CatchUpParts {
  readonly log: EventLog;
  readonly dispatcher: Dispatcher;
  readonly frames: RecordedFrames;
  readonly scheduler: Scheduler;
  /** Resolves when a host has made room somewhere, or the bus stops. */
  readonly room: () => Promise<void>;
  /** Gives up a delivery that cannot be made. */
  readonly refuse: (member: Member, frame: Buffer, error: ErrorRecord) => void;
  /** The group gets what is committed from here on. */
  readonly goLive: (group: DurableGroup) => void;
}

/**
 * Sends a group what the log holds after its position, then what came meanwhile, then lets it be live: in commit order
 * and without a gap. Reads a batch at a time and waits while the group's rings are full, so memory stays flat however
 * much there is; publishers do not wait for it.
 */
export class CatchUp {
  readonly #parts: CatchUpParts;
  readonly #group: DurableGroup;

  constructor(parts: CatchUpParts, group: DurableGroup) {
    this.#parts = parts;
    this.#group = group;
  }

  /** Resolves when the group is live or closed. */
  async run(): Promise<void> {
    const { dispatcher, log } = this.#parts;
    const group = this.#group;
    while (!group.isClosed) {
      const tail = new Tail((type) => group.matches(type), TAIL_BYTES_MAX);
      dispatcher.addTail(tail);
      try {
        const upTo = dispatcher.seq;
        if (group.sentTo < upTo) {
          await log.whenDurable(upTo);
          await this.#readTo(upTo);
        }
        await this.#sendTail(tail);
        if (group.isClosed || tail.isBroken) continue;
        this.#parts.goLive(group);
        return;
      } finally {
        dispatcher.removeTail(tail);
      }
    }
  }

  async #readTo(upTo: number): Promise<void> {
    const { log, scheduler } = this.#parts;
    const group = this.#group;
    const reader = log.durable!.open({ fromSeq: group.sentTo + 1 });
    try {
      while (!group.isClosed && group.sentTo < upTo) {
        const { count, events } = this.#readBatch(reader, upTo);
        for (const event of events) {
          if (!(await this.#send(event))) return;
          group.sentTo = event.frame.readDoubleLE(SEQ);
        }
        // What is not for this group, or was removed, needs no sending.
        group.sentTo = Math.max(group.sentTo, Math.min(reader.nextSeq - 1, upTo));
        await new Promise<void>((resolve) => {
          if (count > 0) scheduler.later(resolve);
          else scheduler.after(REREAD_MS, resolve, 'background');
        });
      }
    } finally {
      reader.close();
    }
  }

  #readBatch(reader: LogReader, upTo: number): { count: number; events: RecordedFrame[] } {
    const { frames } = this.#parts;
    const events: RecordedFrame[] = [];
    const count = reader.readBatch((views, index, length, seq) => {
      if (seq > upTo || !this.#group.matches(reader.decoder.type(views, index))) return;
      events.push(frames.restore(views, index, length, reader));
    });
    return { count, events };
  }

  async #sendTail(tail: Tail): Promise<void> {
    const group = this.#group;
    for (let events = tail.take(); events.length > 0; events = tail.take()) {
      for (const { frame, seq, type } of events) {
        if (!(await this.#send({ type, frame, error: null }))) return;
        group.sentTo = seq;
      }
      // What it gave up comes after these, and is read from the log.
      if (tail.isBroken) return;
    }
  }

  /** @returns false if the group was closed before all its members had it */
  async #send({ error, frame, type }: RecordedFrame): Promise<boolean> {
    const { dispatcher, refuse } = this.#parts;
    for (const member of this.#group.membersFor(type, frame.readUInt32LE(KEY_HASH))) {
      if (error !== null) {
        member.dispatched++;
        refuse(member, frame, error);
        continue;
      }
      const { failover, lane } = member.subscription;
      const outlet = member.host.outlets[lane >= 0 ? lane : frame.readUInt8(LANE)]!;
      while (!outlet.accepts(frame.length)) {
        dispatcher.flush();
        await this.#parts.room();
        if (this.#group.isClosed) return false;
      }
      const flags = frame.readUInt8(FLAGS);
      frame.writeUInt8(failover ? flags | FLAG_ACK : flags & ~FLAG_ACK, FLAGS);
      member.dispatched++;
      dispatcher.announceType(frame.readUInt16LE(TYPE_ID));
      dispatcher.send(member, frame);
    }
    return true;
  }
}
