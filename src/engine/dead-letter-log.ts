import { hasCode, toErrorRecord, type Logger } from '../base/index.ts';
import { QT_CODEC_TOO_LARGE, type DeliveredEvent } from '../codec/index.ts';
import {
  DeadLetterAdded,
  DeadLetterRedriveRequested,
  DeadLetterRemoved,
  type EventDraft,
  type FailureRecord,
  type QtEvent,
} from '../event/index.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { EventLog, LogReader } from './event-log.ts';

type AddedPayload = Parameters<typeof DeadLetterAdded.create>[0];
type RemovedPayload = Parameters<typeof DeadLetterRemoved.create>[0];
type Letter = Pick<DeadLetter, 'id' | 'type' | 'group' | 'reason' | 'error' | 'attempts' | 'deadAtUs'>;

/** Not the name of a group: those have no such sign. */
const POSITION = '$dead-letters';
/** Batches read before the event loop gets its turn. */
const BATCHES_PER_TURN = 64;

/** A dead letter that an earlier process left. */
export interface RecordedLetter {
  readonly letter: Letter;
  readonly failures: readonly FailureRecord[];
  /** Seq of what was given up; the log may still have it. */
  readonly eventSeq: number;
  /** The event, null if it was too large to be carried here as well. */
  readonly event: QtEvent | null;
  /** Somebody asked for it to be sent again while no bus was running. */
  readonly isRedriveRequested: boolean;
}

export interface DeadLetterLogParts {
  readonly log: EventLog;
  readonly logger: Logger;
  /** Commits an event of the engine; returns its seq. */
  readonly publish: (draft: EventDraft<object>) => number;
}

/**
 * Keeps the dead letters in the log, as events, so that they outlive the process and anybody can follow them. What comes
 * in is committed a moment later, because it may come in the middle of another commit.
 */
export class DeadLetterLog {
  readonly #parts: DeadLetterLogParts;
  #queue: EventDraft<object>[] = [];
  /** Seq of the event that tells of each letter that is still one, ascending. */
  readonly #open = new Map<string, number>();

  constructor(parts: DeadLetterLogParts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** A letter about these events themselves is not told, or a subscriber that always fails would make more for ever. */
  added(letter: Letter, eventSeq: number, eventId: string, failures: readonly FailureRecord[], event: DeliveredEvent | null): void {
    if (isOwn(letter.type)) return;
    const { attempts, deadAtUs, error, group, id, reason, type } = letter;
    const payload = {
      letter_id: id,
      event_id: eventId,
      event_seq: eventSeq,
      type,
      group,
      reason,
      attempts,
      code: error.code,
      message: error.message.toWellFormed(),
      dead_at: deadAtUs,
      failures: failures.map((failure) => ({ ...failure })),
      event: event === null ? {} : { ...event.toJSON() },
    };
    this.#queue.push(DeadLetterAdded.create(payload, { timestamp: deadAtUs }));
  }

  removed(id: string, cause: 'REDRIVEN' | 'PURGED' | 'FORGOTTEN'): void {
    this.#queue.push(DeadLetterRemoved.create({ letter_id: id, cause }));
  }

  /** Commits what has come in. */
  flush(): void {
    if (this.#queue.length === 0) return;
    const queue = this.#queue;
    this.#queue = [];
    for (const draft of queue) this.#commit(draft);
  }

  /** Where the next process begins to look for letters; `upTo` is what it need not look at if there is none. */
  keepPosition(upTo: number): void {
    const oldest = this.#open.values().next().value ?? upTo + 1;
    this.#parts.log.durable!.positions.set(POSITION, oldest - 1);
  }

  /** Reads the letters that earlier processes left, oldest first. */
  async restore(): Promise<RecordedLetter[]> {
    const { log } = this.#parts;
    const { open, positions } = log.durable!;
    const letters = new Map<string, RecordedLetter>();
    const fromSeq = positions.get(POSITION) + 1;
    if (fromSeq > log.lastSeq) return [];
    const reader = open({ fromSeq });
    try {
      for (let batches = 1; this.#readBatch(reader, letters) > 0; batches++) {
        if (batches % BATCHES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      reader.close();
    }
    return [...letters.values()];
  }

  #readBatch(reader: LogReader, letters: Map<string, RecordedLetter>): number {
    return reader.readBatch((views, index, _length, seq) => {
      const { decoder } = reader;
      const type = decoder.type(views, index);
      if (!isOwn(type)) return;
      const payload = decoder.payload(views, index);
      const { letter_id: id } = payload as RemovedPayload;
      if (type === DeadLetterAdded.type) {
        letters.set(id, toLetter(payload as AddedPayload));
        this.#opened(id, seq);
      } else if (type === DeadLetterRemoved.type) {
        letters.delete(id);
        this.#open.delete(id);
      } else {
        const letter = letters.get(id);
        if (letter !== undefined) letters.set(id, { ...letter, isRedriveRequested: true });
      }
    });
  }

  /** Also told anew: then the newer event counts, and stands where it belongs. */
  #opened(id: string, seq: number): void {
    this.#open.delete(id);
    this.#open.set(id, seq);
  }

  #commit(draft: EventDraft<object>): void {
    const { logger, publish } = this.#parts;
    const { letter_id: id } = draft.payload as { letter_id: string };
    try {
      const seq = publishFitting(draft, publish);
      if (draft.type === DeadLetterAdded.type) this.#opened(id, seq);
      else this.#open.delete(id);
    } catch (error) {
      // The letter itself is in memory; it must not take the bus down that it is not in the log.
      logger.error({ letter: id, error: toErrorRecord(error).message }, 'a dead letter could not be logged');
    }
  }
}

/** Without the event where it does not fit with it: the log has it under its own seq. */
function publishFitting(draft: EventDraft<object>, publish: (draft: EventDraft<object>) => number): number {
  try {
    return publish(draft);
  } catch (error) {
    if (!hasCode(error, QT_CODEC_TOO_LARGE) || draft.type !== DeadLetterAdded.type) throw error;
    const payload = draft.payload as AddedPayload;
    return publish(DeadLetterAdded.create({ ...payload, event: {} }, { timestamp: payload.dead_at }));
  }
}

function isOwn(type: string): boolean {
  return type === DeadLetterAdded.type || type === DeadLetterRemoved.type || type === DeadLetterRedriveRequested.type;
}

function toLetter(payload: AddedPayload): RecordedLetter {
  const { attempts, code, dead_at: deadAtUs, event, failures, group, letter_id: id, message, reason, type } = payload;
  return {
    letter: { id, type, group, reason: reason as DeadLetter['reason'], error: { name: 'Error', code, message }, attempts, deadAtUs },
    failures: failures as unknown as FailureRecord[],
    eventSeq: payload.event_seq,
    event: Object.keys(event).length === 0 ? null : (event as unknown as QtEvent),
    isRedriveRequested: false,
  };
}
