import type { HandlerContext, QtEvent } from '../../event/index.ts';
import { Chains } from '../chains.ts';
import { createExecutionState, step } from './engine.ts';
import { riskDoor } from './guard.ts';
import type { ResolvedExecutionOptions } from './options.ts';
import type { ExecutionState } from './state.ts';

export interface ExecutionHandlerState {
  readonly core: ExecutionState;
  readonly chains: Chains;
}

export function setup(options: ResolvedExecutionOptions): ExecutionHandlerState {
  return { core: createExecutionState(options, { door: riskDoor(options) }), chains: new Chains() };
}

export function onEvent(event: QtEvent, ctx: HandlerContext<ExecutionHandlerState>): void {
  ctx.state.chains.publish(event, step(ctx.state.core, event), ctx);
}
