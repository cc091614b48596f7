import { SystemDayRolled } from '../model/index.ts';
import type { EventInput } from '../event/index.ts';
import type { TimedEvent } from './bar.ts';
import type { FeedBatch } from './feed.ts';
import { nextDay, type TradingZone } from './zone.ts';

/** Events of one source in time order, some at a time. Sources that need no waiting answer without a promise. */
export interface TimedSource {
  /** The next events (perhaps none yet), or null at the end. */
  pull(): TimedEvent[] | null | Promise<TimedEvent[] | null>;
  /** Lets go of files; called once, also when the reader stops early. */
  close(): void | Promise<void>;
}

/** Reads one source and keeps what was pulled but not yet taken. */
class Head {
  readonly source: TimedSource;
  #events: TimedEvent[] = [];
  #index = 0;
  #isDone = false;

  constructor(source: TimedSource) {
    this.source = source;
  }

  /** True while the next event is at hand, or there is none; else `fill` first. */
  get isReady(): boolean {
    return this.#index < this.#events.length || this.#isDone;
  }

  /** Time of the next event, Infinity at the end. Only when ready. */
  get timeUs(): number {
    return this.#events[this.#index]?.timeUs ?? Infinity;
  }

  take(): EventInput {
    return (this.#events[this.#index++] as TimedEvent).event;
  }

  async fill(): Promise<void> {
    while (!this.isReady) {
      const pulled = this.source.pull();
      const events = pulled instanceof Promise ? await pulled : pulled;
      this.#isDone = events === null;
      this.#events = events ?? [];
      this.#index = 0;
    }
  }
}

/** The clock of trading days: knows when the next one starts. */
class Days {
  readonly #zone: TradingZone;
  #endUs = -Infinity;

  constructor(zone: TradingZone) {
    this.#zone = zone;
  }

  /** The roll that must come before an event of this time, or null within a day. */
  roll(timeUs: number): { startsAtUs: number; event: EventInput } | null {
    if (timeUs < this.#endUs) return null;
    const day = this.#zone.dayOf(timeUs);
    const startsAtUs = this.#zone.dayStartUs(day);
    this.#endUs = this.#zone.dayStartUs(nextDay(day));
    const payload = { day, zone: this.#zone.name, starts_at: startsAtUs };
    return { startsAtUs, event: SystemDayRolled.create(payload, { timestamp: startsAtUs, source: 'clock' }) };
  }
}

/**
 * Merges sources into batches of one instant each, ordered by (time, source order, order within the source), and puts
 * `system.day.rolled` before the first event of each trading day, the first day included. Days without data are skipped.
 */
export async function* mergeBatches(
  sources: readonly TimedSource[],
  zone: TradingZone,
  signal: AbortSignal | undefined,
): AsyncGenerator<FeedBatch> {
  const heads = sources.map((source) => new Head(source));
  const days = new Days(zone);
  try {
    for (;;) {
      signal?.throwIfAborted();
      let timeUs = Infinity;
      for (const head of heads) {
        if (!head.isReady) await head.fill();
        timeUs = Math.min(timeUs, head.timeUs);
      }
      if (timeUs === Infinity) return;
      const events: EventInput[] = [];
      const roll = days.roll(timeUs);
      if (roll !== null && roll.startsAtUs < timeUs) {
        yield { tsEventUs: roll.startsAtUs, events: [roll.event] };
        signal?.throwIfAborted();
      } else if (roll !== null) events.push(roll.event);
      for (const head of heads) {
        while (head.timeUs === timeUs) {
          events.push(head.take());
          if (!head.isReady) await head.fill();
        }
      }
      yield { tsEventUs: timeUs, events };
    }
  } finally {
    for (const source of sources) await source.close();
  }
}
