import type { Clock } from '../base/index.ts';
import type { Scheduler, Timer } from './environment.ts';

/** What the watch needs to know of a worker thread. */
export interface Watched {
  /** What the thread is at: changes with every handler run and every turn of its loop; -1 while it may take its time. */
  runningSince(): number;
  /** How long that may take, in ms. */
  runningTimeoutMs(): number;
  /** Ends the thread; what it was doing counts as failed. */
  endHung(): void;
}

interface Observation {
  run: number;
  /** Time for which this run has been seen running. */
  seenMs: number;
}

const INTERVAL_MS_MIN = 10;
const INTERVAL_MS_MAX = 1000;

/**
 * Finds handlers that do not come back, synchronous ones and those that block the event loop later. A blocked thread cannot say so itself, so the main thread looks at
 * the words that the worker writes before and after every run.
 *
 * It adds up the time between its looks, and counts no gap as more than two intervals: when the whole process was stopped
 * or the main loop was busy, nothing is concluded from the clock alone.
 */
export class HangWatch {
  readonly #clock: Clock;
  readonly #watched: ReadonlyMap<Watched, Observation>;
  #intervalMs = INTERVAL_MS_MAX;
  #lastMs = 0;
  readonly #scheduler: Scheduler;
  #timer: Timer | null = null;

  constructor(clock: Clock, scheduler: Scheduler, watched: readonly Watched[]) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#watched = new Map(watched.map((one) => [one, { run: -1, seenMs: 0 }]));
  }

  /** @param timeoutMs the shortest time limit of any handler: a tenth of it is how late a hang may be found */
  start(timeoutMs: number): void {
    this.stop();
    this.#intervalMs = Math.min(INTERVAL_MS_MAX, Math.max(INTERVAL_MS_MIN, timeoutMs / 10));
    this.#lastMs = this.#clock.monotonicMs();
    this.#timer = this.#scheduler.every(this.#intervalMs, () => this.look());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** One look at every thread; the timer calls it. */
  look(): void {
    const now = this.#clock.monotonicMs();
    const gap = Math.min(now - this.#lastMs, 2 * this.#intervalMs);
    this.#lastMs = now;
    for (const [one, observation] of this.#watched) {
      const run = one.runningSince();
      if (run < 0 || run !== observation.run) {
        observation.run = run;
        observation.seenMs = 0;
        continue;
      }
      observation.seenMs += gap;
      if (observation.seenMs < one.runningTimeoutMs()) continue;
      observation.run = -1;
      observation.seenMs = 0;
      one.endHung();
    }
  }
}
