/**
 * Writes msgpack scalars straight into the frame. Same bytes as msgpackr, at a third of its time, because the generated
 * writer of a type checks and writes each field in one step and never builds an array. Maps, arrays and other composite
 * values go to msgpackr.
 *
 * The place to write is state of this module and not an argument of each call; `startWrite` sets it for one event. A
 * scalar that starts before the limit may end up to 9 bytes behind it, in the arena's slack: whoever finishes the frame
 * compares its end with the limit.
 */
import { packInto } from './_msgpack.ts';
import { plainField, plainString, tooLarge } from './_plain.ts';
import type { FrameViews } from './frame.ts';

let u8: Uint8Array = new Uint8Array(0);
let bytes: Buffer = Buffer.alloc(0);
let data: DataView = new DataView(new ArrayBuffer(0));
let end = 0;

/** @param limit first byte not to write; at least ARENA_SLACK_BYTES before the end of the buffer */
export function startWrite(views: FrameViews, limit: number): void {
  u8 = views.u8;
  bytes = views.bytes;
  data = views.data;
  end = limit;
}

/** A string of `name`; returns where it ends. */
export function writeText(at: number, value: string, name: string): number {
  const { length } = value;
  if (length >= 0x20 || at + length >= end) return writeLongText(at, value, name);
  const target = u8;
  const from = at + 1;
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 0x7f) return writeLongText(at, value, name);
    target[from + i] = unit;
  }
  target[at] = 0xa0 | length;
  return from + length;
}

export function writeNumber(at: number, value: number): number {
  const target = u8;
  if (at > end) throw tooLarge();
  // Not `=== 0`: -0 is no integer here, it needs the sign bit of a float64.
  if (value >>> 0 === value && (value !== 0 || 1 / value > 0)) {
    if (value < 0x80) {
      target[at] = value;
      return at + 1;
    }
    if (value < 0x100) {
      target[at] = 0xcc;
      target[at + 1] = value;
      return at + 2;
    }
    if (value < 0x1_0000) {
      target[at] = 0xcd;
      data.setUint16(at + 1, value);
      return at + 3;
    }
    target[at] = 0xce;
    data.setUint32(at + 1, value);
    return at + 5;
  }
  if (value >> 0 === value && value < 0) return writeNegative(at, value);
  target[at] = 0xcb;
  data.setFloat64(at + 1, value);
  return at + 9;
}

/** Anything that is neither string nor number. */
export function writeOther(at: number, value: unknown, name: string): number {
  if (at > end) throw tooLarge();
  if (value === null) {
    u8[at] = 0xc0;
    return at + 1;
  }
  if (value === true || value === false) {
    u8[at] = value ? 0xc3 : 0xc2;
    return at + 1;
  }
  if (value === undefined) {
    // Extension 0, which msgpackr and others agree to read as undefined.
    u8[at] = 0xd4;
    u8[at + 1] = 0;
    u8[at + 2] = 0;
    return at + 3;
  }
  return writeComposite(at, plainField(name, value));
}

/** The head of an array of `length` items; `arrayHeadBytes` long. */
export function writeArrayHead(at: number, fieldCount: number, length: number): number {
  if (arrayHeadBytes(fieldCount) === 1) {
    u8[at] = 0x90 | length;
    return at + 1;
  }
  u8[at] = 0xdc;
  u8[at + 1] = length >> 8;
  u8[at + 2] = length & 0xff;
  return at + 3;
}

/** With 15 fields already the long form, so that one item more does not move what follows. */
export function arrayHeadBytes(fieldCount: number): number {
  return fieldCount < 15 ? 1 : 3;
}

/** A value that passed `_plain.ts`. */
export function writeComposite(at: number, value: unknown): number {
  const next = packInto(bytes, at, end, value);
  if (next < 0) throw tooLarge();
  return next;
}

function writeNegative(at: number, value: number): number {
  if (value >= -0x20) {
    u8[at] = 0x100 + value;
    return at + 1;
  }
  if (value >= -0x80) {
    u8[at] = 0xd0;
    u8[at + 1] = value + 0x100;
    return at + 2;
  }
  if (value >= -0x8000) {
    u8[at] = 0xd1;
    data.setInt16(at + 1, value);
    return at + 3;
  }
  u8[at] = 0xd2;
  data.setInt32(at + 1, value);
  return at + 5;
}

function writeLongText(at: number, value: string, name: string): number {
  plainString(name, value);
  const length = Buffer.byteLength(value);
  if (at + length > end) throw tooLarge();
  let from = at;
  if (length < 0x20) {
    u8[from++] = 0xa0 | length;
  } else if (length < 0x100) {
    u8[from++] = 0xd9;
    u8[from++] = length;
  } else if (length < 0x1_0000) {
    u8[from++] = 0xda;
    data.setUint16(from, length);
    from += 2;
  } else {
    u8[from++] = 0xdb;
    data.setUint32(from, length);
    from += 4;
  }
  return from + bytes.write(value, from, length, 'utf8');
}
