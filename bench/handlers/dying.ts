/** Worker-thread handler that ends its thread on the trades marked for it, and notes when that was and when it came again. */
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import { nowUs } from '../harness/shared-clock.ts';
import type { Trade } from '../trade.ts';

/** `model` of a trade that its first delivery does not survive; `size` is then its number among them. */
export const DEADLY = 'deadly';

interface Memory {
  /** Per death: when the thread ended, and when its event was delivered again. */
  readonly deaths: Float64Array;
  /** Per event: when it was handled. */
  readonly handled: Float64Array;
}

export function setup(options: { deaths: SharedArrayBuffer; handled: SharedArrayBuffer }): Memory {
  return { deaths: new Float64Array(options.deaths), handled: new Float64Array(options.handled) };
}

export function onTrade({ payload }: QtEvent<Trade>, ctx: HandlerContext<Memory>): void {
  const { deaths, handled } = ctx.state;
  if (payload.model === DEADLY) {
    deaths[payload.size * 2 + ctx.attempt - 1] = nowUs();
    if (ctx.attempt === 1) process.exit();
  }
  handled[payload.ts] = nowUs();
}
