/** Worker-thread handler that counts trades into the tally whose memory it is given. */
import { Tally } from '../harness/tally.ts';
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import type { Trade } from '../trade.ts';

export function setup(options: { memory: SharedArrayBuffer }): Tally {
  return new Tally(options.memory);
}

export function onTrade(event: QtEvent<Trade>, ctx: HandlerContext<Tally>): void {
  ctx.state.add(event.payload);
}
