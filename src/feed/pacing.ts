import { setTimeout as sleepMs } from 'node:timers/promises';
import { checkNumber, invalidOption, systemClock, type Clock } from '../base/index.ts';
import type { Feed, FeedBatch } from './feed.ts';

/** How fast a feed is let out. Give `rate` or `speed`, not both. */
export interface PaceOptions {
  /** Events per second, > 0. */
  readonly rate?: number;
  /** Event time against clock time, > 0: 1 is as it happened, 60 an hour a minute. */
  readonly speed?: number;
  /** Stops when this much clock time was meant to have passed, seconds > 0; default at the end of the feed. */
  readonly durationS?: number;
}

export interface PaceCollaborators {
  readonly clock?: Clock;
  /** Waits; rejects when the signal aborts. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

// A timer shorter than this comes late anyway; what is due within it is sent at once, and the schedule stays as it was.
const WAIT_MS_MIN = 1;

/**
 * Lets a feed out on a schedule that never drifts: the batch whose first event is number i was meant to leave at
 * start + i / rate, whenever the ones before it really left. After a stall it catches up at full speed. Each batch
 * carries that time as `intendedUs`, so that a latency measured from it includes the waiting of a stall.
 *
 * @throws QtError QT_OPTION_INVALID
 * @see Tene, How not to measure latency (coordinated omission)
 */
export function paceFeed(feed: Feed, options: PaceOptions, collaborators: PaceCollaborators = {}): Feed {
  const { rate, speed, durationS } = options;
  if ((rate === undefined) === (speed === undefined)) throw invalidOption('rate', rate, 'a number when speed is not given, and only then');
  if (rate !== undefined) checkNumber('rate', rate, { min: 1e-6 });
  if (speed !== undefined) checkNumber('speed', speed, { min: 1e-6 });
  if (durationS !== undefined) checkNumber('durationS', durationS, { min: 1e-6 });
  const clock = collaborators.clock ?? systemClock;
  const sleep = collaborators.sleep ?? ((ms, signal) => sleepMs(ms, undefined, signal === undefined ? {} : { signal }));
  const endUs = durationS === undefined ? Infinity : durationS * 1_000_000;

  async function* batches(signal?: AbortSignal): AsyncGenerator<FeedBatch> {
    let startUs: number | null = null;
    let firstEventUs = 0;
    let sent = 0;
    for await (const batch of feed.batches(signal)) {
      if (startUs === null) {
        startUs = clock.nowUs();
        firstEventUs = batch.tsEventUs;
      }
      const dueUs = rate === undefined ? (batch.tsEventUs - firstEventUs) / (speed as number) : (sent * 1_000_000) / rate;
      if (dueUs >= endUs) return;
      const intendedUs = startUs + Math.round(dueUs);
      for (;;) {
        const waitMs = (intendedUs - clock.nowUs()) / 1000;
        if (waitMs < WAIT_MS_MIN) break;
        await sleep(waitMs, signal).catch((error: unknown) => {
          signal?.throwIfAborted();
          throw error;
        });
      }
      sent += batch.events.length;
      yield { ...batch, intendedUs };
    }
  }
  return { info: feed.info, status: () => feed.status(), batches };
}
