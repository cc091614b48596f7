/** Worker-thread handler that notes how late each of evenly spaced trades arrived. */
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import { ArrivalLog } from '../harness/arrival-log.ts';
import type { Trade } from '../trade.ts';

export function setup(options: { memory: SharedArrayBuffer }): ArrivalLog {
  return new ArrivalLog(options.memory);
}

export function onTrade(event: QtEvent<Trade>, ctx: HandlerContext<ArrivalLog>): void {
  ctx.state.add(event.payload);
}
