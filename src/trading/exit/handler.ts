import type { HandlerContext, QtEvent, SetupInfo } from '../../event/index.ts';
import { Chains } from '../chains.ts';
import { createBrain, step } from './brain.ts';
import type { ExitBrainOptions } from './options.ts';
import type { BrainState } from './state.ts';

export interface ExitHandlerState {
  readonly core: BrainState;
  readonly chains: Chains;
}

/** Makes the state of one instance; `options` come from the component. */
export function setup(options: unknown, _info: SetupInfo): ExitHandlerState {
  return { core: createBrain((options ?? {}) as ExitBrainOptions), chains: new Chains() };
}

export function onEvent(event: QtEvent, ctx: HandlerContext<ExitHandlerState>): void {
  ctx.state.chains.publish(event, step(ctx.state.core, event), ctx);
}
