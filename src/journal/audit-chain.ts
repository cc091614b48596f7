/**
 * The audit chain: which frames are in it, and its hashes.
 *
 * ```
 *  h0 = SHA-256("quantum-trader/audit/v1")
 *  hi = SHA-256( h(i-1), 32 B | SHA-256 of the type's definition, 32 B | frame i )
 * ```
 *
 * A frame begins with its length, so nothing can be moved between the three parts. All of it counts: seq, cause, times,
 * key, source, payload; but its type number, which says nothing without a dictionary. The definition stands for it: the
 * name, and the fields in their order, without which nobody knows what the payload says. So frames may be numbered anew
 * and moved between files, and the hashes stay.
 *
 * A chained frame has the first word of its hash in ROUTE, a word that only the engine uses and that is 0 in every other
 * frame of a journal. It tells which frames are in the chain, whatever is configured today, and where it breaks.
 */
import crypto, { createHash } from 'node:crypto';
import { FLAG_DYNAMIC, FLAGS, FrameDecoder, type FrameViews, ROUTE, TYPE_ID, TypeTable, type TypeRecord } from '../codec/index.ts';
import { matches } from '../event/index.ts';

/** How far a chain has come. */
export interface ChainState {
  readonly records: number;
  /** 64 hexadecimal digits. */
  readonly head: string;
}

/** The chain of a journal that has none yet. The hash is the one that audit files start with, too. */
export const CHAIN_START: ChainState = { records: 0, head: sha256('quantum-trader/audit/v1') };

const HEAD_BYTES = 32;
const FRAME = 2 * HEAD_BYTES;

/** Links frames to a chain. */
export class AuditChain {
  #records: number;
  /** What is hashed; the head of the chain lies at its start. */
  #input = Buffer.alloc(FRAME + 4096);
  #state: ChainState | null;

  constructor(state: ChainState) {
    this.#records = state.records;
    this.#input.write(state.head, 'hex');
    this.#state = state;
  }

  get state(): ChainState {
    return (this.#state ??= { records: this.#records, head: this.#input.toString('hex', 0, HEAD_BYTES) });
  }

  /**
   * Adds the frame at `index`.
   *
   * @param definition digest of its type's definition
   * @returns the word that marks the frame, never 0
   */
  append(views: FrameViews, index: number, length: number, definition: Buffer): number {
    if (FRAME + length > this.#input.length) this.#grow(FRAME + length);
    const input = this.#input;
    definition.copy(input, HEAD_BYTES);
    views.bytes.copy(input, FRAME, index, index + length);
    input.writeUInt16LE(0, FRAME + TYPE_ID);
    input.writeUInt32LE(0, FRAME + ROUTE);
    input.write(sha256(input.subarray(0, FRAME + length)), 'hex');
    this.#records++;
    this.#state = null;
    return input.readUInt32LE(0) || 1;
  }

  #grow(bytes: number): void {
    const larger = Buffer.alloc(2 ** Math.ceil(Math.log2(bytes)));
    this.#input.copy(larger, 0, 0, HEAD_BYTES);
    this.#input = larger;
  }
}

/** Digests of the definitions of those types that patterns name, by type number; made when they are needed. */
export class ChainedTypes {
  readonly #patterns: readonly string[];
  readonly #byId: (TypeRecord | undefined)[] = [];
  readonly #digests = new WeakMap<TypeRecord, Buffer>();
  readonly #dynamic = new Map<string, Buffer | null>();
  readonly #decoder = new FrameDecoder(new TypeTable());

  /** @param patterns checked ones, as for a subscription */
  constructor(patterns: readonly string[]) {
    this.#patterns = patterns;
  }

  /** Takes entries over, also in the place of others with their numbers. */
  learn(records: readonly TypeRecord[]): void {
    for (const record of records) this.#byId[record.id] = this.#isNamed(record.type) ? record : undefined;
  }

  clear(): void {
    this.#byId.length = 0;
  }

  /** The digest for a frame that belongs into the chain, null for any other. */
  digest(views: FrameViews, index: number): Buffer | null {
    if (this.#patterns.length === 0) return null;
    if ((views.u8[index + FLAGS]! & FLAG_DYNAMIC) !== 0) return this.#dynamicDigest(views, index);
    const record = this.#byId[views.u16[(index + TYPE_ID) >> 1]!];
    if (record === undefined) return null;
    let digest = this.#digests.get(record);
    if (digest === undefined) {
      digest = digestOf(record);
      this.#digests.set(record, digest);
    }
    return digest;
  }

  #dynamicDigest(views: FrameViews, index: number): Buffer | null {
    const type = dynamicType(this.#decoder, views, index);
    let digest = this.#dynamic.get(type);
    if (digest === undefined) {
      digest = this.#isNamed(type) ? bytesOf(sha256(JSON.stringify([type]))) : null;
      // Names of such types may be made up without end.
      if (this.#dynamic.size >= DYNAMIC_TYPES_MAX) this.#dynamic.clear();
      this.#dynamic.set(type, digest);
    }
    return digest;
  }

  #isNamed(type: string): boolean {
    return this.#patterns.some((pattern) => matches(pattern, type));
  }
}

const DYNAMIC_TYPES_MAX = 10_000;

/** True if a frame of a journal is in the audit chain. */
export function isChained(views: FrameViews, index: number): boolean {
  return views.u32[(index + ROUTE) >> 2] !== 0;
}

/** Name of the type of a frame that carries it; empty if it cannot be read. */
export function dynamicType(decoder: FrameDecoder, views: FrameViews, index: number): string {
  try {
    return decoder.type(views, index);
  } catch {
    return '';
  }
}

function digestOf({ type, version, fields, schema }: TypeRecord): Buffer {
  return bytesOf(sha256(JSON.stringify([type, version, fields, schema])));
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

/** In one call where Node has it, from 20.12 on: a hash object costs as much as the hash. */
function sha256(data: string | Buffer): string {
  const hash = (crypto as { hash?: typeof crypto.hash }).hash;
  return hash === undefined ? createHash('sha256').update(data).digest('hex') : hash('sha256', data, 'hex');
}
