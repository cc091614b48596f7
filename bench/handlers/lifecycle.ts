/** Worker-thread handlers of the lifecycle: each but the last publishes the next stage. */
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import { LatencyLog } from '../harness/latency-log.ts';
import { Tally } from '../harness/tally.ts';
import { LIFECYCLE } from '../lifecycle.ts';
import type { Trade } from '../trade.ts';

interface Stage {
  readonly next: string;
}

export function setup(options: { stage: number; memory?: SharedArrayBuffer; latencies?: SharedArrayBuffer }): Stage | End {
  const { latencies, memory, stage } = options;
  if (memory !== undefined && latencies !== undefined) return { tally: new Tally(memory), log: new LatencyLog(latencies) };
  return { next: LIFECYCLE[stage + 1]!.type };
}

interface End {
  readonly tally: Tally;
  readonly log: LatencyLog;
}

export function onStage(event: QtEvent<Trade>, ctx: HandlerContext<Stage>): void {
  ctx.publish({ type: ctx.state.next, payload: event.payload });
}

/** Counts; one that was sent at a time, which its `size` says, is also logged. */
export function onEnd({ payload }: QtEvent<Trade>, ctx: HandlerContext<End>): void {
  if (payload.size === 0) ctx.state.log.add(payload);
  ctx.state.tally.add(payload);
}
