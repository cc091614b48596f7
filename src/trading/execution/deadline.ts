/** A moment by which something must have happened, and since when it runs. Logical time, microseconds. */
export interface Deadline {
  readonly setAtUs: number;
  readonly dueAtUs: number;
}

export function deadlineIn(nowUs: number, lifetimeUs: number): Deadline {
  return { setAtUs: nowUs, dueAtUs: nowUs + lifetimeUs };
}

/**
 * True if the deadline has passed. On recorded bars time moves bar by bar, so a lifetime is rounded up to whole bars: it
 * can pass only at the close of a bar that began after it was set.
 *
 * @param barOpenUs open time of the bar that closes now, null when no bar does
 */
export function isDue(deadline: Deadline, nowUs: number, barOpenUs: number | null, recordedBars: boolean): boolean {
  if (nowUs < deadline.dueAtUs) return false;
  return !recordedBars || (barOpenUs !== null && barOpenUs >= deadline.setAtUs);
}
