/** Worker-thread handler that notes how late each trade arrived. */
import { LatencyLog } from '../harness/latency-log.ts';
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import type { Trade } from '../trade.ts';

export function setup(options: { memory: SharedArrayBuffer }): LatencyLog {
  return new LatencyLog(options.memory);
}

export function onTrade(event: QtEvent<Trade>, ctx: HandlerContext<LatencyLog>): void {
  ctx.state.add(event.payload);
}
