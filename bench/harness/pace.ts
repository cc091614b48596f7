import { nowUs } from './shared-clock.ts';
import { turn } from './turn.ts';

/** Between the decision to start and the first arrival. */
const LEAD_US = 2000;

/**
 * Sends each event at its time, whatever became of the ones before: a sender that waits for a slow receiver would not
 * measure the wait (coordinated omission). What is late is sent at once and stays late, because its latency counts
 * from when it should have been sent.
 *
 * Between arrivals the event loop turns without a break: timers have a resolution of a millisecond.
 *
 * @param dueUs intended send times in us after the start, ascending
 * @param onStart told the start on the shared clock, before the first event
 */
export async function sendPaced(
  dueUs: ArrayLike<number>,
  onStart: (startUs: number) => void,
  send: (index: number) => void,
): Promise<void> {
  const startUs = nowUs() + LEAD_US;
  onStart(startUs);
  let next = 0;
  while (next < dueUs.length) {
    const now = nowUs() - startUs;
    while (next < dueUs.length && dueUs[next]! <= now) send(next++);
    await turn();
  }
}
