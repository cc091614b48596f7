import { systemClock } from '../../base/index.ts';
import type { HandlerContext, QtEvent } from '../../event/index.ts';
import { SignalGenerated, SignalsAdvisoryNew, type SignalGeneratedPayload } from '../../model/index.ts';
import { createAdvisoryState, decline, step, type AdvisoryState } from './advisor.ts';
import type { AdvisoryOptions } from './options.ts';

export function setup(options: AdvisoryOptions): AdvisoryState {
  return createAdvisoryState(options);
}

export function onEvent(event: QtEvent, ctx: HandlerContext<AdvisoryState>): void {
  const { budgetMs } = ctx.state.options;
  const startedMs = systemClock.monotonicMs();
  const derived = step(ctx.state, event);
  const isLate = budgetMs !== null && event.type === SignalGenerated.type && systemClock.monotonicMs() - startedMs > budgetMs;
  for (const out of derived) {
    // Only advice is taken back: a refusal that took long is still a refusal.
    const isWithdrawn = isLate && out.type === SignalsAdvisoryNew.type;
    ctx.publish(isWithdrawn ? decline(event.payload as SignalGeneratedPayload, 'timeout', `took longer than ${budgetMs} ms`, {}) : out);
  }
}
