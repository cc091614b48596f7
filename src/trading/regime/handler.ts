import type { HandlerContext, QtEvent } from '../../event/index.ts';
import { createRegimeState, step, type RegimeState } from './detector.ts';
import type { RegimeOptions } from './options.ts';

export function setup(options: RegimeOptions): RegimeState {
  return createRegimeState(options);
}

export function onEvent(event: QtEvent, ctx: HandlerContext<RegimeState>): void {
  for (const derived of step(ctx.state, event)) ctx.publish(derived);
}
