import type { HandlerContext, QtEvent, SetupInfo } from '../../event/index.ts';
import { createBrain, step } from './brain.ts';
import type { ExitBrainOptions } from './options.ts';
import type { BrainState } from './state.ts';

/** Makes the state of one instance; `options` come from the component. */
export function setup(options: unknown, _info: SetupInfo): BrainState {
  return createBrain((options ?? {}) as ExitBrainOptions);
}

export function onEvent(event: QtEvent, ctx: HandlerContext<BrainState>): void {
  for (const out of step(ctx.state, event)) ctx.publish(out);
}
