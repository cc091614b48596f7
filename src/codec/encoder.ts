import { checkNumber, HASH_START, hashEnd, hashNext, isPlainObject, QtError } from '../base/index.ts';
import { EventDraft, laneOf, type EventInput } from '../event/index.ts';
import { ARENA_SLACK_BYTES } from './_msgpack.ts';
import { plainField, plainPayload, plainString, refusePayload, startWalk, tooLarge } from './_plain.ts';
import { startWrite, writeArrayHead, writeComposite } from './_write.ts';
import { QT_CODEC_TYPE_UNKNOWN, QT_CODEC_UNSUPPORTED_VALUE } from './errors.ts';
import {
  FLAG_DYNAMIC,
  FLAG_MAP,
  FLAG_META,
  FLAG_NO_KEY,
  FrameViews,
  HEADER_BYTES,
  KEY_HASH,
  KEY_LENGTH,
  LENGTH,
  SOURCE,
  TYPE_ID,
  type Meta,
} from './frame.ts';
import type { TypeEntry, TypeTable } from './type-table.ts';

export interface FrameEncoderOptions {
  /** Longest frame in bytes, with its header; 128 to 2^28. At most `recordLengthMax` of the rings it goes to. */
  readonly frameBytesMax: number;
}

const KEY_BYTES_MAX = 65_535;
const META_BYTES_MAX = 65_535;

/**
 * Writes events as frames into a scratch of its own, from where they are copied into rings. One per thread.
 *
 * Encodes exactly or refuses: a payload that bytes would change (functions, class instances, cycles, lone surrogates)
 * is a coded error that names the field, and the encoder stays usable. Top-level fields of a catalogued payload travel
 * in schema order; `undefined` there equals absent. Everything else, nested values included, keeps its order and shape.
 * Only enumerable own fields count, and a typed array is its items.
 */
export class FrameEncoder {
  /** The scratch. A frame starts at index 0 and stays until the next `encode`. */
  readonly views: FrameViews;
  readonly #table: TypeTable;
  readonly #frameBytesMax: number;
  /** Of the key written last. */
  #keyHash = 0;

  /** @throws QtError QT_OPTION_INVALID */
  constructor(table: TypeTable, options: FrameEncoderOptions) {
    this.#table = table;
    this.#frameBytesMax = checkNumber('frameBytesMax', options.frameBytesMax, { min: 128, max: 2 ** 28, integer: true });
    this.views = new FrameViews(new ArrayBuffer((options.frameBytesMax + ARENA_SLACK_BYTES + 7) & -8));
  }

  /**
   * Writes one whole frame at index 0 of the scratch. Header words that the engine fills are zero.
   *
   * @param entry of this table; says which type the input is
   * @param key partition key, null for none
   * @returns length of the frame in bytes
   * @throws QtError QT_CODEC_UNSUPPORTED_VALUE, QT_CODEC_TOO_LARGE, QT_CODEC_TYPE_UNKNOWN
   */
  encode(entry: TypeEntry, input: EventInput, key: string | null): number {
    try {
      return this.#encode(entry, input, key);
    } catch (error) {
      if (error instanceof QtError) throw error;
      // A getter or a proxy threw: the payload's doing, not ours.
      throw new QtError(QT_CODEC_UNSUPPORTED_VALUE, `Cannot encode ${entry.type}: reading its payload failed`, { cause: error });
    }
  }

  #encode(entry: TypeEntry, input: EventInput, key: string | null): number {
    const max = this.#frameBytesMax;
    const { u32, f64 } = this.views;
    if (this.#table.byId(entry.id) !== entry) {
      throw new QtError(QT_CODEC_TYPE_UNKNOWN, `Cannot encode ${entry.type}: its entry is of another type table`, {
        details: { type: entry.type },
      });
    }
    const lane = input.priority === undefined ? entry.lane : laneOf(input.priority);
    if (lane < 0)
      throw new QtError(QT_CODEC_UNSUPPORTED_VALUE, `Cannot encode ${entry.type}: priority is not one of ours`, {
        details: { field: 'priority' },
      });

    startWalk(max);
    const keyLength = key === null ? 0 : this.#writeKey(key);
    const metaStart = HEADER_BYTES + keyLength;
    const hasMeta = entry.isDynamic || input.source !== undefined || input.correlationId !== undefined || input.causationId !== undefined;
    startWrite(this.views, max);
    const payloadStart = hasMeta ? writeComposite(metaStart, metaOf(entry, input)) : metaStart;
    const metaLength = payloadStart - metaStart;
    if (metaLength > META_BYTES_MAX) throw tooLarge();
    const end = entry.isDynamic
      ? writeComposite(payloadStart, plainPayload(input.payload))
      : this.#writePositional(entry, payloadStart, input.payload, input instanceof EventDraft);
    // Scalars may have used the slack behind the limit.
    if (end > max) throw tooLarge();

    let flags = hasMeta ? FLAG_META : 0;
    if (key === null) flags |= FLAG_NO_KEY;
    if (entry.isDynamic) flags |= FLAG_DYNAMIC | FLAG_MAP;
    // Bytes 8 to 55 belong to the engine.
    for (let word = 1; word < KEY_HASH >> 3; word++) f64[word] = 0;
    u32[LENGTH >> 2] = end;
    u32[TYPE_ID >> 2] = entry.id | (lane << 16) | (flags << 24);
    u32[KEY_HASH >> 2] = key === null ? entry.typeHash : this.#keyHash;
    u32[(KEY_HASH >> 2) + 1] = 0;
    u32[KEY_LENGTH >> 2] = keyLength | (metaLength << 16);
    u32[SOURCE >> 2] = entry.version << 16;
    return end;
  }

  /** The payload as an array in field order; fields that the schema does not know follow in one map. */
  #writePositional(entry: TypeEntry, start: number, payload: object, isDraft: boolean): number {
    // A draft's factory has looked at the object itself already.
    if (!isDraft) checkObject(payload);
    const end = entry.write(payload, start, this.views, this.#frameBytesMax);
    if (end > 0) return end;
    const unknown = unknownFields(entry, payload as Record<string, unknown>);
    if (unknown === null) return -end;
    writeArrayHead(start, entry.fields.length, entry.fields.length + 1);
    return writeComposite(-end, unknown);
  }

  /** Writes and hashes in one pass. */
  #writeKey(key: string): number {
    const { u8, bytes } = this.views;
    const { length } = key;
    const max = Math.min(KEY_BYTES_MAX, this.#frameBytesMax - HEADER_BYTES);
    if (length > max) throw tooLarge();
    let all = 0;
    let hash = HASH_START;
    for (let i = 0; i < length; i++) {
      const unit = key.charCodeAt(i);
      all |= unit;
      hash = hashNext(hash, unit);
      u8[HEADER_BYTES + i] = unit;
    }
    this.#keyHash = hashEnd(hash);
    if (all < 0x80) return length;
    plainString('key', key);
    if (Buffer.byteLength(key) > max) throw tooLarge();
    return bytes.write(key, HEADER_BYTES, 'utf8');
  }
}

function checkObject(payload: object): void {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload) || !isPlainObject(payload))
    refusePayload('a payload must be a plain object');
  if (Object.getOwnPropertySymbols(payload).length > 0) refusePayload('an object with symbol keys');
}

function unknownFields(entry: TypeEntry, payload: Record<string, unknown>): object | null {
  const unknown: Record<string, unknown> = {};
  let count = 0;
  for (const name of Object.keys(payload)) {
    if (entry.fieldSet.has(name) || payload[name] === undefined) continue;
    if (name === '__proto__') refusePayload('a key that would become the prototype');
    plainString('key', name);
    unknown[name] = plainField(name, payload[name]);
    count++;
  }
  return count === 0 ? null : unknown;
}

function metaOf(entry: TypeEntry, input: EventInput): Meta {
  const meta: Meta = {};
  if (entry.isDynamic) meta.t = entry.type;
  if (input.source !== undefined) meta.s = plainString('source', input.source);
  if (input.correlationId !== undefined) meta.c = plainString('correlationId', input.correlationId);
  if (input.causationId !== undefined) meta.k = plainString('causationId', input.causationId);
  return meta;
}
