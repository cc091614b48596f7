/**
 * FNV-1a over UTF-16 code units, unsigned 32 bit. Spreads partition keys and fingerprints schemas; not for secrets.
 *
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  // A final avalanche: FNV's low bits are weak, and it is the low bits that pick a worker.
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return hash >>> 0;
}
