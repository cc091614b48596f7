import { QtError, type ErrorRecord } from '../base/index.ts';
import type { QtEvent } from '../event/index.ts';
import { QT_DEAD_LETTER_UNKNOWN } from './errors.ts';
import type { Member } from './member.ts';

/** Why an event was given up. */
export type DeadLetterReason = 'RETRIES_EXHAUSTED' | 'REJECTED' | 'POISON' | 'OVERFLOW';

export interface DeadLetter {
  /** `<event id>/<group>`, with `/<n>` appended when the same event came here again. */
  readonly id: string;
  readonly event: QtEvent | null;
  readonly type: string;
  readonly group: string;
  readonly reason: DeadLetterReason;
  readonly error: ErrorRecord;
  /** Deliveries that were tried. */
  readonly attempts: number;
  /** Microseconds since 1970 UTC. */
  readonly deadAtUs: number;
  /** The frame as it was delivered. */
  readonly bytes: Uint8Array;
}

export interface DeadLetterQuery {
  readonly id?: string;
  readonly type?: string;
  readonly group?: string;
  readonly reason?: DeadLetterReason;
  /** Default: all. */
  readonly limit?: number;
}

export interface DeadLetterEntry {
  readonly member: Member;
  readonly frame: Buffer;
  readonly letter: Omit<DeadLetter, 'event' | 'bytes'>;
}

/** The public face: query, send again, forget. */
export interface DeadLetterQueue {
  /** Oldest first. */
  list(query?: DeadLetterQuery): DeadLetter[];
  /** How many are kept. */
  readonly length: number;
  /** Dead letters forgotten because the store was full. */
  readonly forgotten: number;
  /**
   * Sends the matching ones to their group again, from attempt 1. Each goes once, however often it is asked for.
   *
   * @returns how many were sent
   * @throws QtError QT_DEAD_LETTER_UNKNOWN when an id was given and is not there
   */
  redrive(query: DeadLetterQuery): Promise<number>;
  /** Forgets the matching ones; they stay counted as dead-lettered. */
  purge(query?: DeadLetterQuery): number;
}

/** Keeps the events that were given up, up to a bound. */
export class DeadLetterStore implements DeadLetterQueue {
  forgotten = 0;
  readonly #lengthMax: number;
  readonly #entries = new Map<string, DeadLetterEntry>();
  readonly #decode: (frame: Buffer) => QtEvent | null;
  readonly #resend: (entry: DeadLetterEntry) => void;

  constructor(lengthMax: number, decode: (frame: Buffer) => QtEvent | null, resend: (entry: DeadLetterEntry) => void) {
    this.#lengthMax = lengthMax;
    this.#decode = decode;
    this.#resend = resend;
  }

  get length(): number {
    return this.#entries.size;
  }

  add(entry: DeadLetterEntry): void {
    const base = entry.letter.id;
    let id = base;
    for (let n = 2; this.#entries.has(id); n++) id = `${base}/${n}`;
    this.#entries.set(id, { ...entry, letter: { ...entry.letter, id } });
    if (this.#entries.size <= this.#lengthMax) return;
    const oldest = this.#entries.keys().next().value;
    if (oldest !== undefined) this.#entries.delete(oldest);
    this.forgotten++;
  }

  list(query: DeadLetterQuery = {}): DeadLetter[] {
    return this.#select(query).map(({ letter, frame }) => ({ ...letter, event: this.#decode(frame), bytes: new Uint8Array(frame) }));
  }

  redrive(query: DeadLetterQuery): Promise<number> {
    const entries = this.#select(query);
    if (query.id !== undefined && entries.length === 0) {
      return Promise.reject(new QtError(QT_DEAD_LETTER_UNKNOWN, `Cannot redrive dead letter ${query.id}: there is none of this id`));
    }
    for (const entry of entries) {
      // Taken out first, so that a second request cannot send it as well.
      this.#entries.delete(entry.letter.id);
      this.#resend(entry);
    }
    return Promise.resolve(entries.length);
  }

  purge(query: DeadLetterQuery = {}): number {
    const entries = this.#select(query);
    for (const { letter } of entries) this.#entries.delete(letter.id);
    return entries.length;
  }

  #select(query: DeadLetterQuery): DeadLetterEntry[] {
    const { id, type, group, reason, limit = Infinity } = query;
    const selected: DeadLetterEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (selected.length >= limit) break;
      const { letter } = entry;
      if (id !== undefined && letter.id !== id) continue;
      if (type !== undefined && letter.type !== type) continue;
      if (group !== undefined && letter.group !== group) continue;
      if (reason !== undefined && letter.reason !== reason) continue;
      selected.push(entry);
    }
    return selected;
  }
}
