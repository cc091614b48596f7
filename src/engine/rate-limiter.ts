import type { Clock } from '../base/index.ts';
import type { RateLimit } from '../event/index.ts';
import type { Scheduler, Timer } from './environment.ts';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A token bucket on monotonic time, with a queue for those who wait for a token: first come, first served. */
export class RateLimiter {
  readonly onLimit: RateLimit['onLimit'];
  readonly #perMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #waiting: Waiting[] = [];
  #timer: Timer | null = null;
  #tokens: number;
  #filledMs: number;

  constructor(limit: RateLimit, clock: Clock, scheduler: Scheduler) {
    this.onLimit = limit.onLimit;
    this.#perMs = limit.perSecond / 1000;
    this.#burst = Math.max(1, limit.burst ?? Math.ceil(limit.perSecond));
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#tokens = this.#burst;
    this.#filledMs = clock.monotonicMs();
  }

  /** Takes a token; false if there is none, or if others came first. */
  take(): boolean {
    return this.#waiting.length === 0 && this.#delayMs() === 0;
  }

  /** Resolves with a token taken; rejects with the signal's reason. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal!.reason as Error);
      };
      const settle = (): void => signal?.removeEventListener('abort', leave);
      const entry: Waiting = {
        resolve: () => {
          settle();
          resolve();
        },
        reject: (error) => {
          settle();
          reject(error as Error);
        },
      };
      this.#waiting.push(entry);
      signal?.addEventListener('abort', leave);
      this.#serve();
    });
  }

  /** Turns everybody away who waits. */
  rejectAll(error: unknown): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #serve(): void {
    while (this.#timer === null && this.#waiting.length > 0) {
      const delayMs = this.#delayMs();
      if (delayMs === 0) {
        this.#waiting.shift()!.resolve();
        continue;
      }
      this.#timer = this.#scheduler.after(Math.ceil(delayMs), () => {
        this.#timer = null;
        this.#serve();
      });
    }
  }

  /** Takes a token and returns 0, or returns the ms until there will be one. */
  #delayMs(): number {
    const now = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledMs) * this.#perMs);
    this.#filledMs = now;
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#perMs;
    this.#tokens -= 1;
    return 0;
  }
}
