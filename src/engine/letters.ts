import { QtError, toErrorRecord, type Logger } from '../base/index.ts';
import { FLAG_ACK, FLAGS, FrameViews, KEY_HASH, replaceMeta, SEQ, type DeliveredEvent, type FrameDecoder } from '../codec/index.ts';
import type { EventDraft, FailureRecord } from '../event/index.ts';
import { DeadLetterLog, type RecordedLetter } from './dead-letter-log.ts';
import { DeadLetterStore, type DeadLetterEntry } from './dead-letters.ts';
import type { Scheduler } from './environment.ts';
import { QT_DEAD_LETTER_UNKNOWN } from './errors.ts';
import type { EventLog } from './event-log.ts';
import { parseFailures } from './failures.ts';
import type { Member } from './member.ts';
import type { RecordedFrames } from './recorded-frames.ts';
import type { Router } from './router.ts';
import { nameOf } from './suspects.ts';

export interface LettersParts {
  /** Where letters outlive the process; null for a bus without such a log. */
  readonly log: EventLog | null;
  readonly lengthMax: number;
  readonly frameBytesMax: number;
  readonly runId: string;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly decoder: FrameDecoder;
  readonly recorded: RecordedFrames;
  readonly router: Router;
  readonly decode: (frame: Buffer) => DeliveredEvent | null;
  /** Commits an event of the engine; returns its seq. */
  readonly publish: (draft: EventDraft<object>) => number;
  /** Sends a frame to a member as for the first time. */
  readonly resend: (member: Member, frame: Buffer) => void;
  /** Something was logged. */
  readonly onChange: () => void;
}

/** The dead letters of a bus: kept in memory, told to the log, brought back from it, and sent again. */
export class Letters {
  readonly store: DeadLetterStore;
  readonly #parts: LettersParts;
  readonly #log: DeadLetterLog | null;
  /** Letters that were sent again and have no outcome yet, by `consumer:seq`. */
  readonly #redriven = new Map<string, string>();
  /** Somebody asked for these while no bus was running. */
  readonly #requested = new Set<string>();

  constructor(parts: LettersParts) {
    const { lengthMax, log, logger, publish, scheduler } = parts;
    this.#parts = parts;
    this.#log = log === null ? null : new DeadLetterLog({ log, logger, publish });
    this.store = new DeadLetterStore(lengthMax, scheduler, {
      decode: parts.decode,
      failures: failuresIn(parts.decoder),
      target: (entry) => this.#targetOf(entry),
      resend: (entry, member) => this.#redrive(entry, member),
      removed: (id, cause) => {
        this.#log?.removed(id, cause);
        this.#flushSoon();
      },
    });
  }

  /** True if the log has been told everything. */
  get isLogged(): boolean {
    return this.#log === null || this.#log.isEmpty;
  }

  /** A letter was kept under this id. */
  added({ frame, letter, member }: DeadLetterEntry, id: string): void {
    if (this.#log === null) return;
    const { decode, decoder, runId } = this.#parts;
    const seq = frame.readDoubleLE(SEQ);
    this.#redriven.delete(nameOf(member!, seq));
    const event = decode(frame);
    this.#log.added({ ...letter, id }, seq, event?.id ?? `${runId}-${seq}`, failuresIn(decoder)(frame), event);
    this.#flushSoon();
  }

  /** A delivery was handled: if it was a letter's, it is one no longer. */
  done(member: Member, seq: number): void {
    if (this.#redriven.size === 0) return;
    const name = nameOf(member, seq);
    const id = this.#redriven.get(name);
    if (id === undefined) return;
    this.#redriven.delete(name);
    this.#log!.removed(id, 'REDRIVEN');
    this.#flushSoon();
  }

  /** Tells the log what it has not been told. */
  flush(): void {
    if (this.isLogged) return;
    this.#log!.flush();
    this.#parts.onChange();
  }

  /** What a look at the positions begins with: requests whose group has come, the log, and where to begin after a crash. */
  look(upTo: number): void {
    this.#redriveRequested();
    this.flush();
    this.#log?.keepPosition(upTo);
  }

  /** Takes the letters of earlier processes in. */
  async restore(): Promise<void> {
    for (const recorded of (await this.#log?.restore()) ?? []) {
      const id = this.store.add({ member: null, frame: this.#frameOf(recorded), letter: recorded.letter });
      if (recorded.isRedriveRequested) this.#requested.add(id);
    }
  }

  #flushSoon(): void {
    if (!this.isLogged) this.#parts.scheduler.soon(() => this.flush());
  }

  /** The frame of a letter of an earlier process; empty if it cannot be had, and then the letter can only be looked at. */
  #frameOf({ event, eventSeq, failures, letter }: RecordedLetter): Buffer {
    const { decoder, frameBytesMax, logger, recorded } = this.#parts;
    try {
      const frame = event === null ? this.#readFrame(eventSeq) : recorded.encode(event);
      const text = JSON.stringify(failures);
      return replaceMeta(frame, decoder, frameBytesMax, (meta) => ({ ...meta, f: text })) ?? frame;
    } catch (error) {
      logger.warn({ letter: letter.id, error: toErrorRecord(error).message }, 'the event of a dead letter cannot be restored');
      return Buffer.alloc(0);
    }
  }

  #readFrame(seq: number): Buffer {
    const reader = this.#parts.log!.durable!.open({ fromSeq: seq });
    try {
      let frame: Buffer | null = null;
      reader.readBatch((views, index, length, at) => {
        if (at === seq) frame = this.#parts.recorded.restore(views, index, length, reader).frame;
      });
      if (frame !== null) return frame;
      throw new QtError(QT_DEAD_LETTER_UNKNOWN, `Cannot read the event ${seq} of a dead letter: the log has it no more`);
    } finally {
      reader.close();
    }
  }

  /** Who gets a letter if it is sent again. */
  #targetOf({ frame, letter, member }: DeadLetterEntry): Member | null {
    if (member !== null) return member.subscription.closed ? null : member;
    if (frame.length === 0) return null;
    const members = this.#parts.router.subscriptions
      .filter((subscription) => subscription.group === letter.group && subscription.matches(letter.type))
      .flatMap((subscription) => subscription.members);
    return members[frame.readUInt32LE(KEY_HASH) % members.length] ?? null;
  }

  #redrive({ frame, letter, member: own }: DeadLetterEntry, member: Member): void {
    // A letter of an earlier process is in none of the books of this one.
    if (own === null) member.dispatched++;
    else member.deadLettered--;
    if (this.#log !== null) {
      // It stays a letter in the log until it has been handled.
      this.#redriven.set(nameOf(member, frame.readDoubleLE(SEQ)), letter.id);
      frame.writeUInt8(frame.readUInt8(FLAGS) | FLAG_ACK, FLAGS);
    }
    this.#parts.resend(member, frame);
  }

  #redriveRequested(): void {
    for (const id of this.#requested) {
      void this.store.redrive({ id }).then(
        (sent) => sent > 0 && this.#requested.delete(id),
        // It was purged or redriven in the meantime.
        () => this.#requested.delete(id),
      );
    }
  }
}

function failuresIn(decoder: FrameDecoder): (frame: Buffer) => readonly FailureRecord[] {
  return (frame) => (frame.length === 0 ? [] : parseFailures(decoder.meta(new FrameViews(frame.buffer as ArrayBuffer), 0)?.f));
}
