import type { HandlerContext, QtEvent, SetupInfo } from '../../event/index.ts';
import { step } from './kernel.ts';
import type { RiskOptions } from './options.ts';
import { createRiskState, type RiskState } from './state.ts';

export function setup(options: RiskOptions, _info?: SetupInfo): RiskState {
  return createRiskState(options);
}

export function onEvent(event: QtEvent, ctx: HandlerContext<RiskState>): void {
  for (const out of step(ctx.state, event)) ctx.publish(out);
}
