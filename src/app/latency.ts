import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { EventBus } from '../engine/index.ts';
import { moduleHandler } from '../event/index.ts';

/** Group of the probe; its deliveries are not counted among those of the components. */
export const PROBE_GROUP = 'latency_probe';

/**
 * Sent times of the latest events by seq, shared with all threads. A power of two; a probe that is further behind than
 * this reads the time of a later event, which is why a run that falls so far behind reports the overruns.
 */
const TIMES = 65_536;

/** What the probe on a worker thread is given. Histograms that cross threads share one memory. */
export interface ProbeOptions {
  readonly histogram: RecordableHistogram;
  readonly warmup: RecordableHistogram;
  /** Negative for an event of the warm-up. */
  readonly times: Float64Array;
}

/** In microseconds. */
export interface LatencyFigures {
  /** Events measured; those of the warm-up are not among them. */
  readonly count: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  /** Events of the warm-up, the first second of a paced feed, in which code is compiled while it runs. */
  readonly warmupCount: number;
  readonly warmupMaxUs: number;
}

/**
 * Measures how long market events take from the time they were meant to be sent to a handler on the thread that owns
 * their symbol, behind the trading handlers of that thread.
 */
export class LatencyMeter {
  readonly #histogram = createHistogram();
  readonly #warmup = createHistogram();
  readonly #times = new Float64Array(new SharedArrayBuffer(TIMES * Float64Array.BYTES_PER_ELEMENT));

  /** Subscribe it after everything else, so that it is served last. */
  subscribe(bus: EventBus, types: readonly string[]): void {
    const options: ProbeOptions = { histogram: this.#histogram, warmup: this.#warmup, times: this.#times };
    const handler = moduleHandler(new URL('./probe-handler.ts', import.meta.url), 'onEvent', { options });
    bus.subscribe(types, handler, { group: PROBE_GROUP, priority: 'HIGH' });
  }

  /** Notes when an event was meant to be sent. Called before its frame becomes visible to a thread. */
  sent(seq: number, timeUs: number, isWarmup: boolean): void {
    this.#times[seq % TIMES] = isWarmup ? -timeUs : timeUs;
  }

  figures(): LatencyFigures {
    const { count, max } = this.#histogram;
    const { count: warmupCount, max: warmupMax } = this.#warmup;
    const at = (percentile: number): number => (count === 0 ? 0 : this.#histogram.percentile(percentile));
    return {
      count,
      p50Us: at(50),
      p99Us: at(99),
      p999Us: at(99.9),
      maxUs: count === 0 ? 0 : max,
      warmupCount,
      warmupMaxUs: warmupCount === 0 ? 0 : warmupMax,
    };
  }
}

/** Place of an event's time in the shared table. */
export function timeSlot(seq: number): number {
  return seq % TIMES;
}
