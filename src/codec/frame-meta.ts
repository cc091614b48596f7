import { packInto, ARENA_SLACK_BYTES } from './_msgpack.ts';
import type { FrameDecoder } from './decoder.ts';
import { FLAG_META, FLAGS, FrameViews, HEADER_BYTES, KEY_LENGTH, LENGTH, META_LENGTH, type Meta } from './frame.ts';

const META_BYTES_MAX = 65_535;

/**
 * A copy of a frame with another meta; header, key and payload stay as they are. For what happens to an event after its
 * publication, which is rare: it allocates freely.
 *
 * @param frame a frame at the start of a buffer of its own
 * @returns null if the frame would become longer than `lengthMax`
 * @throws QtError QT_CODEC_DAMAGED
 */
export function replaceMeta(frame: Buffer, decoder: FrameDecoder, lengthMax: number, change: (meta: Meta) => Meta): Buffer | null {
  const views = new FrameViews(frame.buffer as ArrayBuffer);
  const meta = change({ ...decoder.meta(views, 0) });
  const arena = Buffer.allocUnsafeSlow(lengthMax + ARENA_SLACK_BYTES);
  const metaStart = HEADER_BYTES + views.u16[KEY_LENGTH >> 1]!;
  const payloadStart = metaStart + views.u16[META_LENGTH >> 1]!;
  const metaEnd = packInto(arena, metaStart, lengthMax, meta);
  if (metaEnd < 0 || metaEnd - metaStart > META_BYTES_MAX || metaEnd + frame.length - payloadStart > lengthMax) return null;
  frame.copy(arena, 0, 0, metaStart);
  frame.copy(arena, metaEnd, payloadStart);
  const copy = Buffer.allocUnsafeSlow(metaEnd + frame.length - payloadStart);
  arena.copy(copy);
  copy.writeInt32LE(copy.length, LENGTH);
  copy.writeUInt16LE(metaEnd - metaStart, META_LENGTH);
  copy.writeUInt8(copy.readUInt8(FLAGS) | FLAG_META, FLAGS);
  return copy;
}
