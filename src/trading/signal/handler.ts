import type { HandlerContext, QtEvent } from '../../event/index.ts';
import { createSignalState, step, type SignalState } from './manager.ts';
import type { SignalOptions } from './options.ts';

export function setup(options: SignalOptions): SignalState {
  return createSignalState(options);
}

export function onEvent(event: QtEvent, ctx: HandlerContext<SignalState>): void {
  const before = ctx.state.storeErrors;
  for (const derived of step(ctx.state, event)) ctx.publish(derived);
  if (ctx.state.storeErrors > before) ctx.logger.error({ type: event.type, seq: event.seq }, 'Signal store failed, candidate dropped');
}
