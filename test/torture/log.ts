import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/**
 * The witness: a file that every thread appends small fixed records to. One write call each, so that no death of a
 * thread or of the process can take back or tear what it had written, and the order in the file is the order in time.
 *
 *    0 u8 kind | 1 u8 group | 2 u16 attempt | 4 u32 id | 8 u32 worker | 12 u32 a | 16 u32 b | 20 u32 c | 24 f64 ms
 */
const RECORD_BYTES = 32;
const CHUNK_RECORDS = 16_384;

export const KINDS = ['accepted', 'derived', 'started', 'ended', 'alive', 'dying', 'dead', 'redriven', 'late', 'injected'] as const;
export type Kind = (typeof KINDS)[number];
export const OUTCOMES = ['ok', 'failed', 'rejected', 'timeout'] as const;

export interface LogRecord {
  readonly kind: Kind;
  /** Place in `GROUPS`. */
  readonly group: number;
  readonly attempt: number;
  readonly id: number;
  readonly worker: number;
  /** Key of an accepted event, place in `OUTCOMES` of an ended one, place in `FAULTS` of a dying or injected one. */
  readonly a: number;
  /** Lane, or events derived. */
  readonly b: number;
  /** Cause and index of a derived event, or the flags of another: see `plan.ts`. */
  readonly c: number;
  /** Monotonic time of the machine. */
  readonly ms: number;
}

export class LogWriter {
  readonly #file: number;
  readonly #worker: number;
  readonly #bytes = Buffer.alloc(RECORD_BYTES);

  constructor(path: string, worker: number) {
    this.#file = openSync(path, 'a');
    this.#worker = worker;
  }

  write(kind: Kind, id: number, group = 0, attempt = 0, a = 0, b = 0, c = 0): void {
    const bytes = this.#bytes;
    bytes.writeUInt8(KINDS.indexOf(kind), 0);
    bytes.writeUInt8(group, 1);
    bytes.writeUInt16LE(attempt, 2);
    bytes.writeUInt32LE(id, 4);
    bytes.writeUInt32LE(this.#worker, 8);
    bytes.writeUInt32LE(a, 12);
    bytes.writeUInt32LE(b, 16);
    bytes.writeUInt32LE(c, 20);
    bytes.writeDoubleLE(Number(process.hrtime.bigint()) / 1e6, 24);
    writeSync(this.#file, bytes);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Reads what was appended since the last look. */
export class LogReader {
  readonly #file: number;
  readonly #bytes = Buffer.alloc(CHUNK_RECORDS * RECORD_BYTES);
  #position = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  read(visit: (record: LogRecord) => void): void {
    for (;;) {
      const length = readSync(this.#file, this.#bytes, 0, this.#bytes.length, this.#position);
      const whole = length - (length % RECORD_BYTES);
      for (let at = 0; at < whole; at += RECORD_BYTES) visit(this.#decode(at));
      this.#position += whole;
      if (whole === 0) return;
    }
  }

  /** The file was emptied. */
  rewind(): void {
    this.#position = 0;
  }

  get position(): number {
    return this.#position;
  }

  close(): void {
    closeSync(this.#file);
  }

  #decode(at: number): LogRecord {
    const bytes = this.#bytes;
    return {
      kind: KINDS[bytes.readUInt8(at)]!,
      group: bytes.readUInt8(at + 1),
      attempt: bytes.readUInt16LE(at + 2),
      id: bytes.readUInt32LE(at + 4),
      worker: bytes.readUInt32LE(at + 8),
      a: bytes.readUInt32LE(at + 12),
      b: bytes.readUInt32LE(at + 16),
      c: bytes.readUInt32LE(at + 20),
      ms: bytes.readDoubleLE(at + 24),
    };
  }
}
