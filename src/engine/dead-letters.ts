import { checkNumber, QtError, type ErrorRecord } from '../base/index.ts';
import type { FailureRecord, QtEvent } from '../event/index.ts';
import { QT_DEAD_LETTER_UNKNOWN } from './errors.ts';
import type { Scheduler } from './environment.ts';
import type { Member } from './member.ts';

/** Why an event was given up. */
export type DeadLetterReason = 'RETRIES_EXHAUSTED' | 'REJECTED' | 'POISON' | 'OVERFLOW' | 'DEGRADED';

export interface DeadLetter {
  /** `<event id>/<group>`, with `/<n>` appended when the same event came here again. */
  readonly id: string;
  readonly event: QtEvent | null;
  readonly type: string;
  readonly group: string;
  readonly reason: DeadLetterReason;
  readonly error: ErrorRecord;
  /** Every failed delivery, also those before a redrive, oldest first. */
  readonly failures: readonly FailureRecord[];
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
  /** Only those that died at this time or later, in microseconds since 1970 UTC. */
  readonly sinceUs?: number;
  /** Only those that died before this time. */
  readonly beforeUs?: number;
  /** Default: all. */
  readonly limit?: number;
}

export interface RedriveOptions {
  /** Events per second, > 0; default as fast as there is room. */
  readonly ratePerSecond?: number;
}

export interface DeadLetterEntry {
  /** Whose delivery it was; null for a letter that an earlier process left. */
  readonly member: Member | null;
  readonly frame: Buffer;
  readonly letter: Omit<DeadLetter, 'event' | 'bytes' | 'failures'>;
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
   * Sends the matching ones to their group again, from attempt 1, with the history of their failures. Each goes once,
   * however often it is asked for. Resolves when all are sent, not when they are handled. Those whose handler has
   * unsubscribed stay where they are.
   *
   * @returns how many were sent
   * @throws QtError QT_DEAD_LETTER_UNKNOWN when an id was given and is not there
   */
  redrive(query: DeadLetterQuery, options?: RedriveOptions): Promise<number>;
  /** Forgets the matching ones; they stay counted as dead-lettered. */
  purge(query?: DeadLetterQuery): number;
}

/** What the store asks its bus. */
export interface DeadLetterStoreParts {
  readonly decode: (frame: Buffer) => QtEvent | null;
  readonly failures: (frame: Buffer) => readonly FailureRecord[];
  /** Who would get it; null if its handler has unsubscribed, or has not subscribed yet. */
  readonly target: (entry: DeadLetterEntry) => Member | null;
  readonly resend: (entry: DeadLetterEntry, member: Member) => void;
  /** A letter is gone without having been sent again. */
  readonly removed: (id: string, cause: 'PURGED' | 'FORGOTTEN') => void;
}

/** Keeps the events that were given up, up to a bound. */
export class DeadLetterStore implements DeadLetterQueue {
  forgotten = 0;
  #isClosed = false;
  readonly #lengthMax: number;
  readonly #scheduler: Scheduler;
  readonly #entries = new Map<string, DeadLetterEntry>();
  readonly #parts: DeadLetterStoreParts;

  constructor(lengthMax: number, scheduler: Scheduler, parts: DeadLetterStoreParts) {
    this.#lengthMax = lengthMax;
    this.#scheduler = scheduler;
    this.#parts = parts;
  }

  get length(): number {
    return this.#entries.size;
  }

  /** Takes a letter in, or back from an earlier process; returns the id it has now. */
  add(entry: DeadLetterEntry): string {
    const base = entry.letter.id;
    let id = base;
    for (let n = 2; this.#entries.has(id); n++) id = `${base}/${n}`;
    this.#entries.set(id, { ...entry, letter: { ...entry.letter, id } });
    if (this.#entries.size > this.#lengthMax) this.#forgetOldest();
    return id;
  }

  list(query: DeadLetterQuery = {}): DeadLetter[] {
    return this.#select(query).map(({ letter, frame }) => ({
      ...letter,
      event: this.#parts.decode(frame),
      failures: this.#parts.failures(frame),
      bytes: new Uint8Array(frame),
    }));
  }

  async redrive(query: DeadLetterQuery, options: RedriveOptions = {}): Promise<number> {
    const { ratePerSecond } = options;
    if (ratePerSecond !== undefined) checkNumber('ratePerSecond', ratePerSecond, { min: 0.001, max: 1e9 });
    const entries = this.#select(query);
    if (query.id !== undefined && entries.length === 0) {
      throw new QtError(QT_DEAD_LETTER_UNKNOWN, `Cannot redrive dead letter ${query.id}: there is none of this id`);
    }
    let sent = 0;
    for (const entry of entries) {
      if (this.#isClosed) break;
      if (ratePerSecond !== undefined && sent > 0) await this.#pause(1000 / ratePerSecond);
      const member = this.#parts.target(entry);
      if (member === null) continue;
      // Taken out right before it is sent, so that a second request at the same time cannot send it as well.
      if (!this.#entries.delete(entry.letter.id)) continue;
      this.#parts.resend(entry, member);
      sent++;
    }
    return sent;
  }

  purge(query: DeadLetterQuery = {}): number {
    const entries = this.#select(query);
    for (const { letter } of entries) {
      this.#entries.delete(letter.id);
      this.#parts.removed(letter.id, 'PURGED');
    }
    return entries.length;
  }

  /** Ends what is being sent again at a rate. */
  close(): void {
    this.#isClosed = true;
  }

  #forgetOldest(): void {
    const oldest = this.#entries.keys().next().value!;
    this.#entries.delete(oldest);
    this.forgotten++;
    this.#parts.removed(oldest, 'FORGOTTEN');
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.after(ms, resolve);
    });
  }

  #select(query: DeadLetterQuery): DeadLetterEntry[] {
    const { id, type, group, reason, sinceUs = -Infinity, beforeUs = Infinity, limit = Infinity } = query;
    const selected: DeadLetterEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (selected.length >= limit) break;
      const { letter } = entry;
      if (id !== undefined && letter.id !== id) continue;
      if (type !== undefined && letter.type !== type) continue;
      if (group !== undefined && letter.group !== group) continue;
      if (reason !== undefined && letter.reason !== reason) continue;
      if (letter.deadAtUs < sinceUs || letter.deadAtUs >= beforeUs) continue;
      selected.push(entry);
    }
    return selected;
  }
}
