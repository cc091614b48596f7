import { copyFrame } from './replies.ts';

/** A committed event that a group has not been sent yet. */
export interface TailEvent {
  readonly type: string;
  readonly frame: Buffer;
  readonly seq: number;
}

/**
 * The newest events for a group that is still reading the log: it ends where the reading began, so the group can go from
 * one to the other without a gap. Bounded: when too much comes it gives up, and the group reads on.
 */
export class Tail {
  isBroken = false;
  #bytes = 0;
  #events: TailEvent[] = [];
  readonly #matches: (type: string) => boolean;
  readonly #bytesMax: number;

  constructor(matches: (type: string) => boolean, bytesMax: number) {
    this.#matches = matches;
    this.#bytesMax = bytesMax;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  add(type: string, bytes: Buffer, index: number, length: number, seq: number): void {
    if (this.isBroken || !this.#matches(type)) return;
    if (this.#bytes + length > this.#bytesMax) {
      this.isBroken = true;
      return;
    }
    this.#bytes += length;
    this.#events.push({ type, frame: copyFrame(bytes, index, length), seq });
  }

  /** Takes everything out. */
  take(): TailEvent[] {
    const events = this.#events;
    this.#events = [];
    this.#bytes = 0;
    return events;
  }
}
