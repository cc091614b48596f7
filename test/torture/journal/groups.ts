/**
 * What durable groups have done with the events, written down outside of the bus and of the journal: one record per finished
 * event, one write call each, so that no death takes back or tears what was written.
 *
 *   0 f64 seq
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Audit, keyOfSeq, KEYS, typeOfSeq } from './events.ts';

export const GROUPS = ['worker', 'main'] as const;
export type GroupName = (typeof GROUPS)[number];
const RECORD_BYTES = 8;
const CHUNK_BYTES = 8192 * RECORD_BYTES;

export function recordPath(folder: string, group: GroupName): string {
  return join(folder, `${group}.done`);
}

/** `main` wants audits only. */
function isFor(group: GroupName, seq: number): boolean {
  return group === 'worker' || typeOfSeq(seq) === Audit.type;
}

export class DoneWriter {
  readonly #fd: number;
  readonly #bytes = Buffer.alloc(RECORD_BYTES);

  constructor(path: string) {
    this.#fd = openSync(path, 'a');
  }

  write(seq: number): void {
    this.#bytes.writeDoubleLE(seq);
    writeSync(this.#fd, this.#bytes);
  }
}

/** Follows the record of one group. First runs of a key must come one after the other, without a gap. */
export class GroupWitness {
  readonly group: GroupName;
  firsts = 0;
  /** Finished again, after a restart. */
  repeats = 0;
  /** Finished by a process that was killed before the event was in the journal; the event of that seq came anew. */
  takenBack = 0;
  readonly #fd: number;
  readonly #bytes = Buffer.alloc(CHUNK_BYTES);
  #position = 0;
  /** By key: newest seq that was finished. */
  readonly #done = new Map<string, number>(KEYS.map((key) => [key, 0]));

  constructor(folder: string, group: GroupName) {
    this.group = group;
    this.#fd = openSync(recordPath(folder, group), 'a+');
  }

  /**
   * Reads what was written since the last look, all of it by processes that are gone.
   *
   * @param lastSeq where the journal ends
   * @throws Error that says which event was left out
   */
  read(lastSeq: number): void {
    for (;;) {
      const length = readSync(this.#fd, this.#bytes, 0, CHUNK_BYTES, this.#position);
      const whole = length - (length % RECORD_BYTES);
      for (let at = 0; at < whole; at += RECORD_BYTES) this.#note(this.#bytes.readDoubleLE(at));
      this.#position += whole;
      if (whole === 0) break;
    }
    for (const [key, seq] of this.#done) {
      if (seq <= lastSeq) continue;
      this.takenBack++;
      this.#done.set(key, this.#neighbour(key, lastSeq + 1, -1));
    }
  }

  /** @throws Error that names an event up to this seq that was never finished */
  expectAll(lastSeq: number): void {
    for (const [key, seq] of this.#done) {
      const next = this.#neighbour(key, seq, 1);
      if (next <= lastSeq) throw new Error(`group ${this.group} has never finished seq ${next}`);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #note(seq: number): void {
    const key = keyOfSeq(seq);
    const done = this.#done.get(key)!;
    if (seq <= done) {
      this.repeats++;
      return;
    }
    const next = this.#neighbour(key, done, 1);
    if (seq !== next) throw new Error(`group ${this.group} has finished seq ${seq} of ${key} for the first time before seq ${next}`);
    this.firsts++;
    this.#done.set(key, seq);
  }

  /** The next seq of this key, or the one before; 0 for none. */
  #neighbour(key: string, from: number, step: 1 | -1): number {
    let seq = from + step;
    while (seq > 0 && (keyOfSeq(seq) !== key || !isFor(this.group, seq))) seq += step;
    return Math.max(0, seq);
  }
}
