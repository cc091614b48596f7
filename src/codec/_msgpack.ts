/**
 * The one place that touches msgpackr, and what we change in it. Its pack and unpack state is global to the thread, so
 * nothing else may import it.
 */
// oxlint-disable-next-line import/no-unassigned-import -- its effect is the point
import './_native-free.ts';
import { addExtension, Packr, RESERVE_START_SPACE, REUSE_BUFFER_MODE } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';
import { QtError } from '../base/index.ts';
import { QT_CODEC_DAMAGED } from './errors.ts';
import { DEPTH_MAX } from './frame.ts';

/** What `pack` returns in the mode we use: the buffer it ended up in, with the place. */
interface Packed extends Buffer {
  readonly start: number;
  readonly end: number;
}

class NegativeZero {
  readonly value = -0;
}

/** Stands for -0 on its way into `packInto`: msgpackr itself would write it as the integer 0. */
export const NEGATIVE_ZERO = new NegativeZero();

/** msgpackr ends in another buffer when less than this is left, so arenas are longer than what they may hold. */
export const ARENA_SLACK_BYTES = 4096;

// Each option guards a fidelity or a safety property:
//   useRecords false       no shapes are learned at run time: a shape is the schema or travels with the event
//   moreTypes              typed arrays keep their type; without it they become garbage plus foreign bytes
//   variableMapSize        maps above 65535 keys, and one byte instead of three for small ones
//   copyBuffers            decoded bytes are copies, never views of the ring
//   useToJSON false        a field called toJSON is data
//   structuredClone false  no references between values, hence no cycles in what is decoded
const options = { useRecords: false, moreTypes: true, variableMapSize: true, copyBuffers: true, useToJSON: false, structuredClone: false };
const packr = new Packr(options);
const unpackr = new Unpackr({ ...options });

// A class of its own is the only way to reach the bytes: it writes a plain float64, so any msgpack reader sees -0.
addExtension({
  Class: NegativeZero,
  type: 0x5a,
  pack: (_value: NegativeZero, allocate: (bytes: number) => { target: Buffer; position: number }) => {
    const { target, position } = allocate(9);
    target[position] = 0xcb;
    target[position + 1] = 0x80;
    target.fill(0, position + 2, position + 9);
  },
} as unknown as Parameters<typeof addExtension>[0]);

// What we never write must not be read: bundled strings (they jump backwards), big integers above 64 bits, errors,
// ids and pointers (cycles), sets, regular expressions.
for (const type of [0x42, 0x5a, 0x62, 0x65, 0x69, 0x70, 0x73, 0x78]) {
  addExtension({
    type,
    unpack: () => {
      throw new QtError(QT_CODEC_DAMAGED, `Cannot decode: extension type ${type} is not used in frames`);
    },
  });
}

/** What byte 0xc1 decodes to: a lone object of msgpackr, and no error. */
const NEVER_USED: unknown = unpackr.unpack(Buffer.from([0xc1]));

/**
 * Packs a value at `at` of the arena and returns where it ends, or -1 if it does not fit before `limit`.
 * The value must have passed the checks of `_plain.ts`.
 *
 * @param limit at most the arena's length less ARENA_SLACK_BYTES
 */
export function packInto(arena: Buffer, at: number, limit: number, value: unknown): number {
  packr.useBuffer(arena);
  // pack() starts at a multiple of 8; the rest of the way is "reserved" space.
  const skip = at & 7;
  packr.position = at - skip;
  const packed = packr.pack(value, REUSE_BUFFER_MODE | RESERVE_START_SPACE | skip) as Packed;
  if (packed === arena) return packed.end <= limit ? packed.end : -1;
  // It moved to a larger buffer, because it reckons three bytes for each character of a string. Bring it back.
  const from = packed.start + skip;
  const end = at + packed.end - from;
  if (end > limit) return -1;
  packed.copy(arena, at, from, packed.end);
  return end;
}

const range = { start: 0, end: 0 };

/**
 * Unpacks the bytes from `start` to `end`.
 *
 * @throws QtError QT_CODEC_DAMAGED
 */
export function unpackFrom(bytes: Buffer, start: number, end: number): unknown {
  range.start = start;
  range.end = end;
  try {
    return unpackr.unpack(bytes, range);
  } catch (error) {
    throw new QtError(QT_CODEC_DAMAGED, `Cannot decode ${end - start} bytes: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Freezes what was decoded, all the way down. Typed arrays and dates cannot be frozen, but are private copies.
 *
 * @param depth of this value; 0 for a payload, 1 for its fields
 * @throws QtError QT_CODEC_DAMAGED for what only damaged bytes decode to
 */
export function freezeDecoded(value: object, depth: number): void {
  // Only damaged bytes nest deeper. Said here, because the stack would say it with an error that has no code.
  if (depth > DEPTH_MAX) throw new QtError(QT_CODEC_DAMAGED, `Cannot decode: values nest deeper than ${DEPTH_MAX} levels`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (typeof item === 'object' && item !== null) freezeDecoded(item, depth + 1);
    }
  } else if (ArrayBuffer.isView(value) || value instanceof Date) {
    return;
  } else if (value === NEVER_USED) {
    throw new QtError(QT_CODEC_DAMAGED, 'Cannot decode: byte 0xc1 means nothing in msgpack');
  } else {
    for (const key in value) {
      const item = (value as Record<string, unknown>)[key];
      if (typeof item === 'object' && item !== null) freezeDecoded(item, depth + 1);
    }
  }
  Object.freeze(value);
}
