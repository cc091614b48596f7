import type { HandlerContext, QtEvent, SetupInfo } from '../../event/index.ts';
import type { SizerOptions } from './options.ts';
import { step } from './sizer.ts';
import { createSizerState, type SizerState } from './state.ts';

export function setup(options: SizerOptions, _info?: SetupInfo): SizerState {
  return createSizerState(options);
}

export function onEvent(event: QtEvent, ctx: HandlerContext<SizerState>): void {
  for (const out of step(ctx.state, event)) ctx.publish(out);
}
