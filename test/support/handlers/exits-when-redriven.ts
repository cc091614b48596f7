import { threadId } from 'node:worker_threads';
import { RejectEvent, type HandlerContext, type QtEvent } from '../../../src/index.ts';
import { SharedLog } from '../shared-log.ts';

export function setup(options: { buffer: SharedArrayBuffer }): SharedLog {
  return new SharedLog(options.buffer);
}

/** Rejects its event the first time, exits the second time, and then succeeds. */
export function onStep(event: QtEvent, ctx: HandlerContext<SharedLog>): void {
  ctx.state.add({ id: event.payload['id'] as number, attempt: ctx.attempt, thread: threadId, member: 0 });
  if (ctx.state.length === 1) throw new RejectEvent('not now');
  if (ctx.state.length === 2) process.exit(1);
}
