/**
 * Strings from bytes. Events repeat themselves: symbols, sides, names of strategies. Making such a string anew costs 20
 * to 35 ns and work for the garbage collector; finding the one made before costs 8.
 *
 * One table per thread, of the strings met last. Bounded, and safe against any input: a string is found only by all its
 * bytes.
 */
import type { FrameViews } from './frame.ts';

/** Up to here a string is made from its bytes in JavaScript (20 ns for 10); longer ones pay the call into V8 (95 ns). */
const SHORT_TEXT_MAX = 40;
/** Its bytes are four words, which may overlap. */
const CACHED_LENGTH_MAX = 16;
/** Shorter ones are made as fast as they are found. */
const CACHED_LENGTH_MIN = 4;
/** Power of two. 24 KiB with the words: beside the rings that fits the first-level cache or is not missed. */
const SLOTS = 1024;

const words = new Int32Array(SLOTS * 4);
const lengths = new Uint8Array(SLOTS);
const texts: string[] = Array.from({ length: SLOTS }, () => '');

/** The string whose UTF-8 bytes these are; they lie within the buffer. */
export function textAt(views: FrameViews, from: number, length: number): string {
  if (length < CACHED_LENGTH_MIN || length > CACHED_LENGTH_MAX) return makeText(views, from, length);
  const { data } = views;
  const a = data.getInt32(from);
  const b = data.getInt32(from + length - 4);
  const isLong = length > 8;
  const c = isLong ? data.getInt32(from + 4) : 0;
  const d = isLong ? data.getInt32(from + length - 8) : 0;
  // A multiplication per word, so that names which differ in one digit spread.
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ d, 0x2c1b3c6d) + length;
  hash ^= hash >>> 15;
  const slot = hash & (SLOTS - 1);
  const word = slot << 2;
  if (words[word] === a && words[word + 1] === b && words[word + 2] === c && words[word + 3] === d && lengths[slot] === length)
    return texts[slot]!;
  const text = makeText(views, from, length);
  words[word] = a;
  words[word + 1] = b;
  words[word + 2] = c;
  words[word + 3] = d;
  lengths[slot] = length;
  texts[slot] = text;
  return text;
}

function makeText(views: FrameViews, from: number, length: number): string {
  if (length <= SHORT_TEXT_MAX) {
    const text = (shortText[length] ??= createShortText(length))(views.u8, from);
    if (text !== null) return text;
  }
  return views.bytes.toString('utf8', from, from + length);
}

type ShortText = (source: Uint8Array, from: number) => string | null;

/** By length, each made when a text of its length first comes: all of them take some milliseconds, on each thread. */
const shortText: (ShortText | null)[] = Array.from({ length: SHORT_TEXT_MAX + 1 }, () => null);

/** `fromCharCode` with its arguments spelled out, which is four times faster than any loop. Null: not ASCII. */
function createShortText(length: number): ShortText {
  const names = Array.from({ length }, (_unused, i) => `c${i}`);
  const load = names.map((name, i) => `const ${name} = source[from + ${i}];`).join(' ');
  const isAscii = length === 0 ? 'true' : `(${names.join(' | ')}) < 128`;
  // oxlint-disable-next-line typescript/no-implied-eval -- the source is made from a number
  return new Function('source', 'from', `${load} return ${isAscii} ? String.fromCharCode(${names.join(', ')}) : null;`) as ShortText;
}
