/** Changes what a journal says and makes its checksums fit again: somebody who knows the format, not a bad disk. */
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { segmentsOf } from './support.ts';

const SEGMENT_HEADER = 128;

/** Gives the bytes of one frame to `change`, in place. */
export function rewriteFrame(directory: string, seq: number, change: (frame: Buffer) => void): void {
  for (const path of segmentsOf(directory)) {
    const bytes = readFileSync(path);
    for (let at = SEGMENT_HEADER; at < bytes.length; at += bytes.readUInt32LE(at + 8)) {
      const frame = frameIn(bytes, at, seq);
      if (frame === null) continue;
      change(frame);
      bytes.writeUInt32LE(crc32(bytes.subarray(at + 8, at + bytes.readUInt32LE(at + 8))), at + 4);
      writeFileSync(path, bytes);
      return;
    }
  }
  throw new Error(`There is no event ${seq} in ${directory}`);
}

/** Puts a text of the same length in the place of another, in one frame. */
export function rewriteText(directory: string, seq: number, before: string, after: string): void {
  rewriteFrame(directory, seq, (frame) => {
    // Payloads come last, and a text may also be the key.
    const at = frame.lastIndexOf(before);
    if (at < 0 || before.length !== after.length) throw new Error(`Event ${seq} has no ${before} to put ${after} there`);
    frame.write(after, at);
  });
}

function frameIn(bytes: Buffer, batch: number, seq: number): Buffer | null {
  if (bytes.readUInt8(batch + 12) !== 1) return null;
  let at = batch + bytes.readUInt32LE(batch + 8) - align8(bytes.readUInt32LE(batch + 20));
  for (let i = bytes.readUInt32LE(batch + 16); i > 0; i--) {
    const length = bytes.readInt32LE(at);
    if (bytes.readDoubleLE(at + 16) === seq) return bytes.subarray(at, at + length);
    at += align8(length);
  }
  return null;
}

function align8(bytes: number): number {
  return (bytes + 7) & -8;
}
