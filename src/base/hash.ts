/**
 * FNV-1a over UTF-16 code units, unsigned 32 bit. Spreads partition keys and fingerprints schemas; not for secrets.
 *
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function hash32(text: string): number {
  let hash = HASH_START;
  for (let i = 0; i < text.length; i++) hash = hashNext(hash, text.charCodeAt(i));
  return hashEnd(hash);
}

/** Where `hash32` begins; with `hashNext` and `hashEnd` for who goes through a text anyway. */
export const HASH_START = 0x811c9dc5;

/** `hash32` after one UTF-16 code unit more. */
export function hashNext(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193);
}

/** `hash32` when all units are in it. */
export function hashEnd(hash: number): number {
  // A final avalanche: FNV's low bits are weak, and it is the low bits that pick a worker.
  let end = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  end ^= end >>> 13;
  return end >>> 0;
}
