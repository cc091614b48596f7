import { RecentIds } from './recent-ids.ts';

/**
 * What any component knows of the kill switch: latched or not, and under which names. Two components may publish an
 * activation and race; both then name it alike (`nextKillSwitchId`), and whoever listens latches once and stays latched
 * until that latch, by name, is reset. A late copy of an activation that was reset already changes nothing.
 */
export interface KillLatch {
  /** Names of the current latch, first one first; empty while not latched. */
  readonly names: string[];
  /** Names of latches that were reset. */
  readonly cleared: RecentIds;
  /** Resets seen in this run. */
  resets: number;
}

const CLEARED_MAX = 1_000;

export function createKillLatch(): KillLatch {
  return { names: [], cleared: new RecentIds(CLEARED_MAX), resets: 0 };
}

export function isLatched(latch: KillLatch): boolean {
  return latch.names.length > 0;
}

/** The name of the next latch of a run: equal for every component that has seen the same resets. */
export function nextKillSwitchId(latch: KillLatch, runId: string): string {
  return `ks_${runId}_${latch.resets + 1}`;
}

/** True if this activation closed the latch; false if it was closed already or the activation is an old one. */
export function onActivated(latch: KillLatch, killSwitchId: string): boolean {
  if (latch.cleared.has(killSwitchId) || latch.names.includes(killSwitchId)) return false;
  latch.names.push(killSwitchId);
  return latch.names.length === 1;
}

/** True if this reset opened the latch: it must name it. */
export function onReset(latch: KillLatch, killSwitchId: string): boolean {
  if (!latch.names.includes(killSwitchId)) return false;
  for (const name of latch.names) latch.cleared.add(name);
  latch.names.length = 0;
  latch.resets++;
  return true;
}
