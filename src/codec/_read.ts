/**
 * Reads msgpack scalars straight from the frame, for the generated reader of a type, which reads what its schema leads it
 * to expect by itself and comes here with the rest. It knows only what a whole, flat payload consists of. For anything
 * else it gives up without judging, and msgpackr decodes the payload from its start.
 */
import type { FrameViews } from './frame.ts';
import { textAt } from './_text-cache.ts';

let views: FrameViews;
let at = 0;
let limit = 0;

/**
 * Opens the array from `start` to `end`.
 *
 * @returns where its first item is, or -1 if it does not have exactly `length` items
 */
export function startRead(source: FrameViews, start: number, end: number, length: number): number {
  const { u8 } = source;
  views = source;
  limit = end;
  if (end - start < 3) return -1;
  const tag = u8[start]!;
  if (tag === 0xdc) return ((u8[start + 1]! << 8) | u8[start + 2]!) === length ? start + 3 : -1;
  return tag === (0x90 | length) && length < 16 ? start + 1 : -1;
}

/** Where the item ends that was read last: beyond the array if it could not be. */
export function readEnd(): number {
  return at;
}

/** The scalar at this place. */
export function readScalar(from: number): unknown {
  const { data, u8 } = views;
  at = from;
  const tag = u8[at++]!;
  if (tag < 0x80) return tag;
  if (tag >= 0xa0 && tag < 0xc0) return readText(tag - 0xa0);
  if (tag >= 0xe0) return tag - 0x100;
  if (tag === 0xc0) return null;
  if (tag === 0xc2) return false;
  if (tag === 0xc3) return true;
  // Nothing here may look at the next record or past the buffer.
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
  if (tag !== 0xcb || at + 4 > limit) return giveUp();
  at += 4;
  return data.getFloat64(at - 8);
}

function readText(length: number): unknown {
  const from = at;
  if (from + length > limit) return giveUp();
  at = from + length;
  return textAt(views, from, length);
}

/** No value ends beyond the limit, so the reader will see that something was wrong. */
function giveUp(): undefined {
  at = limit + 1;
}
