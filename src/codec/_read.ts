/**
 * Reads msgpack scalars straight from the frame, for the generated reader of a type. It knows only what a whole, flat
 * payload consists of. For anything else it gives up without judging, and msgpackr decodes the payload from its start.
 *
 * The place to read is state of this module and not an argument of each call.
 */
import type { FrameViews } from './frame.ts';

/** Up to here a string is made from its bytes in JavaScript (20 ns for 10); longer ones pay the call into V8 (95 ns). */
const SHORT_TEXT_MAX = 40;

let u8: Uint8Array = new Uint8Array(0);
let bytes: Buffer = Buffer.alloc(0);
let data: DataView = new DataView(new ArrayBuffer(0));
let at = 0;
let limit = 0;

/** Opens the array from `start` to `end`. False if it does not have exactly `length` items. */
export function startRead(views: FrameViews, start: number, end: number, length: number): boolean {
  u8 = views.u8;
  bytes = views.bytes;
  data = views.data;
  limit = end;
  if (end - start < 3) return false;
  const tag = u8[start]!;
  if (tag === 0xdc) {
    at = start + 3;
    return ((u8[start + 1]! << 8) | u8[start + 2]!) === length;
  }
  at = start + 1;
  return tag === (0x90 | length) && length < 16;
}

/** True if all that was read was there and nothing is left over. */
export function isReadWhole(): boolean {
  return at === limit;
}

export function readScalar(): unknown {
  const tag = u8[at]!;
  if (tag < 0x80) {
    at++;
    return tag;
  }
  if (tag >= 0xa0 && tag < 0xc0) {
    at++;
    return readText(tag - 0xa0);
  }
  if (tag === 0xcb && at + 9 <= limit) {
    at += 9;
    return data.getFloat64(at - 8);
  }
  return readRare(tag);
}

function readRare(tag: number): unknown {
  at++;
  if (tag >= 0xe0) return tag - 0x100;
  if (tag === 0xc0) return null;
  if (tag === 0xc2) return false;
  if (tag === 0xc3) return true;
  // The widest of the rest takes 4 bytes, and nothing here may look at the next record or past the buffer.
  if (at + 1 > limit) return giveUp();
  if (tag === 0xcc) return u8[at++];
  if (tag === 0xd0) return data.getInt8(at++);
  if (tag === 0xd9) return readText(u8[at++]!);
  if (at + 2 > limit) return giveUp();
  at += 2;
  if (tag === 0xcd) return data.getUint16(at - 2);
  if (tag === 0xd1) return data.getInt16(at - 2);
  if (tag === 0xd4 && u8[at - 2] === 0) return undefined;
  if (at + 2 > limit) return giveUp();
  at += 2;
  if (tag === 0xce) return data.getUint32(at - 4);
  if (tag === 0xd2) return data.getInt32(at - 4);
  return giveUp();
}

function readText(length: number): unknown {
  const from = at;
  if (from + length > limit) return giveUp();
  at = from + length;
  return textAt(u8, bytes, from, length);
}

/** The string whose UTF-8 bytes these are. */
export function textAt(source: Uint8Array, sourceBytes: Buffer, from: number, length: number): string {
  if (length <= SHORT_TEXT_MAX) {
    const text = shortText[length]!(source, from);
    if (text !== null) return text;
  }
  return sourceBytes.toString('utf8', from, from + length);
}

/** No value ends beyond the limit, so `isReadWhole` will say no. */
function giveUp(): undefined {
  at = limit + 1;
}

type ShortText = (source: Uint8Array, from: number) => string | null;

/** One function per length: `fromCharCode` with its arguments spelled out is four times faster than any loop. Null: not ASCII. */
const shortText: readonly ShortText[] = Array.from({ length: SHORT_TEXT_MAX + 1 }, (_, length) => {
  const names = Array.from({ length }, (_unused, i) => `c${i}`);
  const load = names.map((name, i) => `const ${name} = source[from + ${i}];`).join(' ');
  const isAscii = length === 0 ? 'true' : `(${names.join(' | ')}) < 128`;
  // oxlint-disable-next-line typescript/no-implied-eval -- the source is made from a number
  return new Function('source', 'from', `${load} return ${isAscii} ? String.fromCharCode(${names.join(', ')}) : null;`) as ShortText;
});
