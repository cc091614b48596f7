/** Where time comes from. Passed in, never reached for, so that tests and replays own it. */
export interface Clock {
  /** Integer microseconds since 1970-01-01T00:00:00Z. */
  nowUs(): number;
  /** Milliseconds that never run backwards; only differences mean something. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowUs: () => Math.floor((performance.timeOrigin + performance.now()) * 1000),
  monotonicMs: () => performance.now(),
};

/** A clock that stands still until it is moved; for tests and replays. */
export class ManualClock implements Clock {
  #us: number;

  constructor(startUs = 0) {
    this.#us = startUs;
  }

  nowUs(): number {
    return this.#us;
  }

  monotonicMs(): number {
    return this.#us / 1000;
  }

  advanceMs(ms: number): void {
    this.#us += Math.round(ms * 1000);
  }

  setUs(us: number): void {
    this.#us = us;
  }
}
