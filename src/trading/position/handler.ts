import type { HandlerContext, QtEvent, SetupInfo } from '../../event/index.ts';
import type { PositionStateOptions } from './options.ts';
import { createPositionState, step, type PositionState } from './service.ts';

/** Makes the state of one instance; `options` come from the component. */
export function setup(options: unknown, _info: SetupInfo): PositionState {
  return createPositionState((options ?? {}) as PositionStateOptions);
}

export function onEvent(event: QtEvent, ctx: HandlerContext<PositionState>): void {
  for (const out of step(ctx.state, event)) ctx.publish(out);
}
