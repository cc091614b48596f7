/**
 * The frame: one event as bytes, in a ring, in a journal or on a wire. Little-endian, starts at a multiple of 8.
 *
 * ```
 *   0  i32 LENGTH            whole frame in bytes; the same word as the ring's length word
 *   4  u16 TYPE_ID           number in the type table; of no meaning to others when FLAG_DYNAMIC is set
 *   6  u8  LANE              0 CRITICAL .. 3 LOW
 *   7  u8  FLAGS
 *   8  u32 ROUTE             engine
 *  12  u32 TARGETS           engine
 *  16  f64 SEQ               engine
 *  24  f64 CAUSE_SEQ         engine
 *  32  f64 TIMESTAMP         engine: us since 1970, when it happened
 *  40  f64 TS_INIT           engine: us since 1970, when it was accepted
 *  48  f64 CORRELATION_SEQ   engine
 *  56  u32 KEY_HASH          hash32 of the key; of the type when there is no key
 *  60  u16 ATTEMPT           engine
 *  62  u16 EMIT_INDEX        engine
 *  64  u16 KEY_LENGTH
 *  66  u16 META_LENGTH
 *  68  u16 SOURCE            engine
 *  70  u16 VERSION           schema version of the payload
 *  72  key, UTF-8 | meta, msgpack map | payload, msgpack, to the end
 * ```
 *
 * Offsets are bytes from the start of the frame. Read them through `FrameViews`: `views.u32[(index + ROUTE) >> 2]`.
 */
export const LENGTH = 0;
export const TYPE_ID = 4;
export const LANE = 6;
export const FLAGS = 7;
export const ROUTE = 8;
export const TARGETS = 12;
export const SEQ = 16;
export const CAUSE_SEQ = 24;
export const TIMESTAMP = 32;
export const TS_INIT = 40;
export const CORRELATION_SEQ = 48;
export const KEY_HASH = 56;
export const ATTEMPT = 60;
export const EMIT_INDEX = 62;
export const KEY_LENGTH = 64;
export const META_LENGTH = 66;
export const SOURCE = 68;
export const VERSION = 70;
/** Where the key starts. */
export const HEADER_BYTES = 72;

/** How deep a payload may nest: no event of ours goes above 5, and each level costs stack on both sides. Also ends every cycle. */
export const DEPTH_MAX = 64;

/** The payload is a map; without it, an array in schema field order with unknown fields in one trailing map. */
export const FLAG_MAP = 1;
/** There are meta bytes. */
export const FLAG_META = 2;
/** The event has no key; KEY_HASH is the hash of its type. Tells no key from the empty key. */
export const FLAG_NO_KEY = 4;
/** Set by the engine: not a first delivery. */
export const FLAG_RETRY = 8;
/** Set by the engine: the frame releases what was held back behind a retry. */
export const FLAG_RELEASE = 16;
/** Set by the engine: the reader reports the success, too. */
export const FLAG_ACK = 64;
/** The type is in no catalogue; its name is in `meta.t`. */
export const FLAG_DYNAMIC = 32;

/** What was set explicitly on an event, under short names. Absent parts have defaults that the engine knows. */
export interface Meta {
  /** Type, when it is in no catalogue. */
  t?: string;
  /** Source. */
  s?: string;
  /** Correlation id. */
  c?: string;
  /** Causation id. */
  k?: string;
  /** Failed deliveries so far, as JSON; see `FailureRecord` in the engine. */
  f?: string;
}

/** Every view that a frame needs, over one whole buffer. Make it once per buffer: a fresh view costs 20 ns. */
export class FrameViews {
  readonly bytes: Buffer;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  /** For copying: it moves any bits, where a float64 may quieten a NaN. */
  readonly i64: BigInt64Array;
  /** For msgpack, which is big-endian. */
  readonly data: DataView;

  constructor(buffer: ArrayBuffer | SharedArrayBuffer) {
    const { byteLength } = buffer;
    this.bytes = Buffer.from(buffer);
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer, 0, byteLength >> 1);
    this.i32 = new Int32Array(buffer, 0, byteLength >> 2);
    this.u32 = new Uint32Array(buffer, 0, byteLength >> 2);
    this.f64 = new Float64Array(buffer, 0, byteLength >> 3);
    this.i64 = new BigInt64Array(buffer, 0, byteLength >> 3);
    this.data = new DataView(buffer);
  }
}

/** From here on the call into V8 (25 ns) is less than what it saves. */
const WORDS_MAX = 64;

/** Copies a frame without its LENGTH word, which belongs to whoever keeps the frame. */
export function copyFrameBody(source: FrameViews, index: number, target: FrameViews, at: number, length: number): void {
  target.u32[(at + 4) >> 2] = source.u32[(index + 4) >> 2]!;
  // Whole words: frames lie at multiples of 8, so behind one there is only padding. A frame in a buffer of its own may have none.
  const words = (length + 7) >> 3;
  if (words > WORDS_MAX || (index >> 3) + words > source.i64.length) {
    source.bytes.copy(target.bytes, at + 8, index + 8, index + length);
    return;
  }
  const from = source.i64;
  const to = target.i64;
  const first = index >> 3;
  const start = at >> 3;
  for (let word = 1; word < words; word++) to[start + word] = from[first + word]!;
}
