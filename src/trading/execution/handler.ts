import type { HandlerContext, QtEvent } from '../../event/index.ts';
import { createExecutionState, step } from './engine.ts';
import { riskDoor } from './guard.ts';
import type { ResolvedExecutionOptions } from './options.ts';
import type { ExecutionState } from './state.ts';

export function setup(options: ResolvedExecutionOptions): ExecutionState {
  return createExecutionState(options, { door: riskDoor(options) });
}

export function onEvent(event: QtEvent, ctx: HandlerContext<ExecutionState>): void {
  for (const derived of step(ctx.state, event)) ctx.publish(derived);
}
