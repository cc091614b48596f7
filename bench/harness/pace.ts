import { nowUs } from './shared-clock.ts';
import { turn } from './turn.ts';

/** Between the decision to start and the first arrival. */
const LEAD_US = 2000;
/**
 * Between two turns of the event loop. A turn leaves some garbage, and turning without a break had it collected six hundred
 * times a second, by threads that took the processor from the receiver.
 */
const TURN_EVERY_US = 20;

/**
 * Sends each event at its time, whatever became of the ones before: a sender that waits for a slow receiver would not
 * measure the wait (coordinated omission). What is late is sent at once and stays late, because its latency counts
 * from when it should have been sent.
 *
 * Between arrivals it looks at the clock and turns the event loop now and then: timers have a resolution of a millisecond.
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
    let now = nowUs() - startUs;
    const turnUs = Math.min(dueUs[next]!, now + TURN_EVERY_US);
    while (now < turnUs) now = nowUs() - startUs;
    while (next < dueUs.length && dueUs[next]! <= now) send(next++);
    await turn();
  }
}
