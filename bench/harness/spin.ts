/**
 * Work of a known length in processor time: so many bytes through a checksum. Counted in bytes and not on a clock: on a
 * clock, a thread that waits for its processor would seem to work, and more threads than processors to be faster. The
 * checksum is native code; a loop of ours took six times as long in a handler as where it was calibrated.
 */
import { crc32 } from 'node:zlib';

const BLOCK_BYTES = 65_536;
const PROBES = 50;

/**
 * Work that takes so long on a processor of its own, by the fastest of several probes: the others were interrupted.
 *
 * @param us microseconds of processor time; 0 for no work
 */
export function workOf(us: number): () => void {
  if (us === 0) return () => {};
  const block = Buffer.alloc(BLOCK_BYTES, 7);
  let shortestMs = Infinity;
  for (let probe = 0; probe < PROBES; probe++) {
    const start = performance.now();
    crc32(block);
    shortestMs = Math.min(shortestMs, performance.now() - start);
  }
  const bytes = (us * BLOCK_BYTES) / (shortestMs * 1000);
  const repeats = Math.ceil(bytes / BLOCK_BYTES);
  const part = block.subarray(0, Math.max(1, Math.round(bytes / repeats)));
  return () => {
    for (let i = 0; i < repeats; i++) crc32(part);
  };
}
