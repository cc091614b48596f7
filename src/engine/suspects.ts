import type { Member } from './member.ts';

/** A delivery that was under way when its thread died. */
export interface Suspect {
  readonly member: Member;
  readonly frame: Buffer;
  readonly seq: number;
  readonly attempt: number;
}

interface LineUp {
  readonly waiting: Suspect[];
  /** The one that runs alone now, as `consumer:seq`. */
  current: string | null;
}

/**
 * When a thread dies and several asynchronous runs were under way, nobody can say which of them did it, and blaming all
 * would bury the innocent with the poison. So they are sent again one at a time, per host, without a mark: who kills the
 * thread again while it is the one that runs alone is the one to blame.
 */
export class Suspects {
  readonly #lineUps = new Map<number, LineUp>();
  readonly #send: (suspect: Suspect) => void;

  constructor(send: (suspect: Suspect) => void) {
    this.#send = send;
  }

  get length(): number {
    let length = 0;
    for (const { waiting } of this.#lineUps.values()) length += waiting.length;
    return length;
  }

  /** True if this delivery was the one that ran alone. */
  isCurrent(host: number, name: string): boolean {
    return this.#lineUps.get(host)?.current === name;
  }

  add(host: number, suspect: Suspect): void {
    const lineUp = this.#lineUps.get(host);
    if (lineUp === undefined) this.#lineUps.set(host, { waiting: [suspect], current: null });
    else lineUp.waiting.push(suspect);
  }

  /** This delivery runs alone until it has an outcome. */
  isolate(host: number, name: string): void {
    const lineUp = this.#lineUps.get(host);
    if (lineUp !== undefined) lineUp.current = name;
  }

  /** A delivery has an outcome: if it was the one that ran alone, the next one may. */
  clear(host: number, name: string): void {
    const lineUp = this.#lineUps.get(host);
    if (lineUp?.current !== name) return;
    lineUp.current = null;
    this.next(host);
  }

  /** Sends the next one, if none runs alone. */
  next(host: number): void {
    const lineUp = this.#lineUps.get(host);
    if (lineUp === undefined || lineUp.current !== null) return;
    const suspect = lineUp.waiting.shift();
    if (suspect === undefined) {
      this.#lineUps.delete(host);
      return;
    }
    lineUp.current = nameOf(suspect.member, suspect.seq);
    this.#send(suspect);
  }

  visit(visit: (suspect: Suspect) => void): void {
    for (const { waiting } of this.#lineUps.values()) for (const suspect of waiting) visit(suspect);
  }

  /** Takes out what fits; returns how many. */
  remove(fits: (suspect: Suspect) => boolean): number {
    let removed = 0;
    for (const { waiting } of this.#lineUps.values()) {
      for (let i = waiting.length - 1; i >= 0; i--) {
        if (!fits(waiting[i]!)) continue;
        waiting.splice(i, 1);
        removed++;
      }
    }
    return removed;
  }
}

export function nameOf(member: Member, seq: number): string {
  return `${member.id}:${seq}`;
}
