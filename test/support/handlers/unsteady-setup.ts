import { threadId } from 'node:worker_threads';
import type { HandlerContext, QtEvent, SetupInfo } from '../../../src/index.ts';
import { SharedLog } from '../shared-log.ts';

/** Its second start fails; the first and the third work. */
export function setup(options: { buffer: SharedArrayBuffer }, info: SetupInfo): SharedLog {
  const log = new SharedLog(options.buffer);
  log.add({ id: -1, attempt: 0, thread: threadId, member: info.member });
  if (log.ids().filter((id) => id === -1).length === 2) throw new Error('the second start fails');
  return log;
}

export function onStep(event: QtEvent, ctx: HandlerContext<SharedLog>): void {
  ctx.state.add({ id: event.payload['id'] as number, attempt: ctx.attempt, thread: threadId, member: 0 });
  if (event.payload['id'] === 0 && ctx.attempt === 1) process.exit(1);
}
