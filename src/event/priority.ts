/** Lanes in the order they are served. */
export const PRIORITIES = ['CRITICAL', 'HIGH', 'NORMAL', 'LOW'] as const;

export type Priority = (typeof PRIORITIES)[number];

/** 0 for CRITICAL to 3 for LOW: the index of the lane. */
export function laneOf(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}
