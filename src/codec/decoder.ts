import { QtError } from '../base/index.ts';
import { freezeDecoded, unpackFrom } from './_msgpack.ts';
import { textAt } from './_text-cache.ts';
import { QT_CODEC_DAMAGED, QT_CODEC_SCHEMA_MISMATCH, QT_CODEC_TYPE_UNKNOWN } from './errors.ts';
import {
  FLAG_DYNAMIC,
  FLAG_MAP,
  FLAG_META,
  FLAG_NO_KEY,
  FLAGS,
  type FrameViews,
  HEADER_BYTES,
  KEY_LENGTH,
  LENGTH,
  type Meta,
  META_LENGTH,
  TYPE_ID,
  VERSION,
} from './frame.ts';
import type { TypeEntry, TypeTable } from './type-table.ts';

/**
 * Reads frames. What it returns is frozen and private: nothing points into the buffer, which may be overwritten as
 * soon as the call returns. One per thread.
 *
 * Damaged bytes are a coded error, never a hang and never more memory than a small multiple of the frame. It checks
 * that a frame is well formed, not that a payload fits its schema: bytes from outside need that check as well.
 */
export class FrameDecoder {
  readonly #table: TypeTable;

  constructor(table: TypeTable) {
    this.#table = table;
  }

  /**
   * The payload of the frame at `index`.
   *
   * @throws QtError QT_CODEC_DAMAGED, QT_CODEC_TYPE_UNKNOWN, QT_CODEC_SCHEMA_MISMATCH
   */
  payload(views: FrameViews, index: number): object {
    const end = frameEnd(views, index);
    const start = metaStart(views, index) + views.u16[(index + META_LENGTH) >> 1]!;
    if (start >= end) throw damaged('there is no payload');
    const isMap = (views.u8[index + FLAGS]! & FLAG_MAP) !== 0;
    const entry = isMap ? null : this.#entry(views, index);
    if (entry !== null && entry.isFlat) {
      const payload = entry.read(views, start, end);
      if (payload !== null) return payload;
    }
    const value = unpackFrom(views.bytes, start, end);
    if (entry !== null) return fromPositional(entry, value);
    if (!isRecord(value)) throw damaged('the payload is not a map');
    freezeDecoded(value, 0);
    return value;
  }

  /**
   * The entry of a frame whose payload is an array and which has no meta: nearly all of them. Null for the others. Checks
   * the header, so that `flatPayload` need not.
   *
   * @throws QtError QT_CODEC_DAMAGED, QT_CODEC_TYPE_UNKNOWN, QT_CODEC_SCHEMA_MISMATCH
   */
  plainEntry(views: FrameViews, index: number): TypeEntry | null {
    if ((views.u8[index + FLAGS]! & (FLAG_MAP | FLAG_META | FLAG_DYNAMIC)) !== 0) return null;
    frameEnd(views, index);
    return this.#entry(views, index);
  }

  /** The payload of a frame that `plainEntry` has looked at, if it is made of scalars; else null. */
  flatPayload(views: FrameViews, index: number, entry: TypeEntry): object | null {
    if (!entry.isFlat) return null;
    const start = metaStart(views, index) + views.u16[(index + META_LENGTH) >> 1]!;
    return entry.read(views, start, index + views.i32[(index + LENGTH) >> 2]!);
  }

  /** The key of a frame that `plainEntry` has looked at. */
  plainKey(views: FrameViews, index: number): string | null {
    if ((views.u8[index + FLAGS]! & FLAG_NO_KEY) !== 0) return null;
    return textAt(views, index + HEADER_BYTES, views.u16[(index + KEY_LENGTH) >> 1]!);
  }

  /**
   * The partition key, or null for none.
   *
   * @throws QtError QT_CODEC_DAMAGED
   */
  key(views: FrameViews, index: number): string | null {
    frameEnd(views, index);
    return this.plainKey(views, index);
  }

  /**
   * What was set explicitly on the event, or null for nothing.
   *
   * @throws QtError QT_CODEC_DAMAGED
   */
  meta(views: FrameViews, index: number): Meta | null {
    frameEnd(views, index);
    if ((views.u8[index + FLAGS]! & FLAG_META) === 0) return null;
    const start = metaStart(views, index);
    const end = start + views.u16[(index + META_LENGTH) >> 1]!;
    if (start === end) throw damaged('there is no meta');
    const value = unpackFrom(views.bytes, start, end);
    if (!isRecord(value)) throw damaged('the meta is not a map');
    for (const name in value) if (typeof value[name] !== 'string') throw damaged(`meta ${name} is not a string`);
    return Object.freeze(value);
  }

  /**
   * The name of the type.
   *
   * @throws QtError QT_CODEC_DAMAGED, QT_CODEC_TYPE_UNKNOWN
   */
  type(views: FrameViews, index: number): string {
    if ((views.u8[index + FLAGS]! & FLAG_DYNAMIC) !== 0) {
      const type = this.meta(views, index)?.t;
      if (type === undefined) throw damaged('a dynamic type has no name');
      return type;
    }
    const id = views.u16[(index + TYPE_ID) >> 1]!;
    const entry = this.#table.byId(id);
    if (entry === undefined || entry.isDynamic) throw unknownType(id);
    return entry.type;
  }

  #entry(views: FrameViews, index: number): TypeEntry {
    const id = views.u16[(index + TYPE_ID) >> 1]!;
    const entry = this.#table.byId(id);
    if (entry === undefined || entry.isDynamic) throw unknownType(id);
    const version = views.u16[(index + VERSION) >> 1]!;
    if (version !== entry.version) throw wrongVersion(entry, version);
    return entry;
  }
}

function fromPositional(entry: TypeEntry, value: unknown): object {
  const { length } = entry.fields;
  if (!Array.isArray(value)) throw damaged('the payload is not an array');
  if (value.length === length) return entry.build(value);
  const unknown: unknown = value[length];
  if (value.length !== length + 1 || !isRecord(unknown)) throw damaged(`the payload has ${value.length} fields instead of ${length}`);
  freezeDecoded(unknown, 0);
  return Object.freeze({ ...entry.build(value), ...unknown });
}

/** Where the frame ends; its header's lengths are checked against it and against the buffer. */
function frameEnd(views: FrameViews, index: number): number {
  const length = views.i32[(index + LENGTH) >> 2]!;
  const end = index + length;
  if (!(length >= HEADER_BYTES) || end > views.u8.length) throw damaged(`a length of ${length} bytes`);
  if (metaStart(views, index) + views.u16[(index + META_LENGTH) >> 1]! > end) throw damaged('key and meta are longer than the frame');
  return end;
}

function metaStart(views: FrameViews, index: number): number {
  return index + HEADER_BYTES + views.u16[(index + KEY_LENGTH) >> 1]!;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function damaged(reason: string): QtError {
  return new QtError(QT_CODEC_DAMAGED, `Cannot decode a frame: ${reason}`);
}

function unknownType(id: number): QtError {
  return new QtError(QT_CODEC_TYPE_UNKNOWN, `Cannot decode a frame: type number ${id} is not in the table`, { details: { id } });
}

function wrongVersion(entry: TypeEntry, version: number): QtError {
  return new QtError(
    QT_CODEC_SCHEMA_MISMATCH,
    `Cannot decode a frame: ${entry.type} has version ${version}, this table has ${entry.version}`,
    {
      details: { type: entry.type, version, versionExpected: entry.version },
    },
  );
}
