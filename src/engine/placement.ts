import { hash32 } from '../base/index.ts';
import { isModuleHandler, type Subscription } from './subscription.ts';

/**
 * On which threads the members of a subscription live: 0 is the main thread, workers count from 1.
 *
 * As many members as threads: member i on thread i for every group, so that a key's owners share a thread. Fewer: from a
 * thread on that the group's name picks, to spread single owners.
 */
export function placeMembers({ concurrency, failover, group, handler }: Subscription, workers: number): number[] {
  if (!isModuleHandler(handler) || workers === 0) return [0];
  const picked = hash32(group) % workers;
  if (failover) return [picked + 1, ((picked + 1) % workers) + 1];
  const first = concurrency >= workers ? 0 : picked;
  return Array.from({ length: concurrency }, (_, i) => ((first + i) % workers) + 1);
}
