import type { HandlerContext, QtEvent, SetupInfo } from '../../event/index.ts';
import { Chains } from '../chains.ts';
import type { PositionStateOptions } from './options.ts';
import { createPositionState, step, type PositionState } from './service.ts';

export interface PositionHandlerState {
  readonly core: PositionState;
  readonly chains: Chains;
}

/** Makes the state of one instance; `options` come from the component. */
export function setup(options: unknown, _info: SetupInfo): PositionHandlerState {
  return { core: createPositionState((options ?? {}) as PositionStateOptions), chains: new Chains() };
}

export function onEvent(event: QtEvent, ctx: HandlerContext<PositionHandlerState>): void {
  ctx.state.chains.publish(event, step(ctx.state.core, event), ctx);
}
