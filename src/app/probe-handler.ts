import { systemClock } from '../base/index.ts';
import type { HandlerContext, QtEvent } from '../event/index.ts';
import { timeSlot, type ProbeOptions } from './latency.ts';

export function setup(options: ProbeOptions): ProbeOptions {
  return options;
}

/** Wall-clock time, measured and never decided on. */
export function onEvent(event: QtEvent, ctx: HandlerContext<ProbeOptions>): void {
  const { histogram, times, warmup } = ctx.state;
  const sentUs = times[timeSlot(event.seq)] ?? 0;
  const latencyUs = systemClock.nowUs() - Math.abs(sentUs);
  // A histogram counts from 1; two threads' clocks may differ by a microsecond.
  (sentUs < 0 ? warmup : histogram).record(Math.max(1, Math.round(latencyUs)));
}
