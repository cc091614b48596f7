/** Worker-thread handler that notes when each attempt began and fails the first three. */
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import { nowUs } from '../harness/shared-clock.ts';
import type { Trade } from '../trade.ts';

const ATTEMPTS = 4;

export function setup(options: { memory: SharedArrayBuffer }): Float64Array {
  return new Float64Array(options.memory);
}

export function onTrade(event: QtEvent<Trade>, ctx: HandlerContext<Float64Array>): void {
  ctx.state[event.payload.size * ATTEMPTS + ctx.attempt - 1] = nowUs();
  if (ctx.attempt < ATTEMPTS) throw new Error('not yet');
}
