import { PRIORITIES } from '../event/index.ts';
import { createRing, RING_HEADER_BYTES, ringBytes, type RingBuffer } from '../ring/index.ts';
import { CONTROL_BYTES } from './control.ts';

/**
 * Memory of one host, in one buffer:
 *
 *   control words and counters | ring CRITICAL | HIGH | NORMAL | LOW | reply ring
 */
export interface HostLayout {
  readonly bytes: number;
  readonly laneBases: readonly number[];
  readonly replyBase: number;
}

export function layoutHost(ringCapacity: number, replyCapacity: number): HostLayout {
  const laneBases: number[] = [];
  let at = align(CONTROL_BYTES);
  for (let lane = 0; lane < PRIORITIES.length; lane++) {
    laneBases.push(at);
    at = align(at + ringBytes(ringCapacity));
  }
  return { bytes: align(at + (replyCapacity === 0 ? RING_HEADER_BYTES : ringBytes(replyCapacity))), laneBases, replyBase: at };
}

export function createHostMemory<B extends RingBuffer>(buffer: B, layout: HostLayout, ringCapacity: number, replyCapacity: number): B {
  for (const base of layout.laneBases) createRing(buffer, base, ringCapacity);
  if (replyCapacity > 0) createRing(buffer, layout.replyBase, replyCapacity);
  return buffer;
}

/** Rings start on a cache line pair of their own. */
function align(bytes: number): number {
  return (bytes + 127) & ~127;
}
