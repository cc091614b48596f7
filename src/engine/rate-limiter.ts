import type { Clock } from '../base/index.ts';
import type { RateLimit } from '../event/index.ts';

/** A token bucket on monotonic time. */
export class RateLimiter {
  readonly onLimit: RateLimit['onLimit'];
  readonly #perMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #filledMs: number;

  constructor(limit: RateLimit, clock: Clock) {
    this.onLimit = limit.onLimit;
    this.#perMs = limit.perSecond / 1000;
    this.#burst = Math.max(1, limit.burst ?? Math.ceil(limit.perSecond));
    this.#clock = clock;
    this.#tokens = this.#burst;
    this.#filledMs = clock.monotonicMs();
  }

  /** Takes a token: 0, or the ms until there will be one. */
  take(): number {
    const now = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledMs) * this.#perMs);
    this.#filledMs = now;
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#perMs;
    this.#tokens -= 1;
    return 0;
  }
}
