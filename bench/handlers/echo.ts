/** Worker-thread handler that answers each trade with itself. */
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import { BenchEcho, type Trade } from '../trade.ts';

export function onTrade(event: QtEvent<Trade>, ctx: HandlerContext): void {
  ctx.publish({ type: BenchEcho.type, payload: event.payload });
}
