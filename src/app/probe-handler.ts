import { systemClock } from '../base/index.ts';
import type { HandlerContext, QtEvent } from '../event/index.ts';
import { timeSlot, type ProbeOptions } from './latency.ts';

export function setup(options: ProbeOptions): ProbeOptions {
  return options;
}

/** Wall-clock time, measured and never decided on. */
export function onEvent(event: QtEvent, ctx: HandlerContext<ProbeOptions>): void {
  const { histogram, times } = ctx.state;
  const latencyUs = systemClock.nowUs() - (times[timeSlot(event.seq)] ?? 0);
  // A histogram counts from 1; two threads' clocks may differ by a microsecond.
  histogram.record(Math.max(1, Math.round(latencyUs)));
}
