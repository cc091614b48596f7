import { threadId } from 'node:worker_threads';
import { RejectEvent, type HandlerContext, type QtEvent, type SetupInfo } from '../../../src/index.ts';
import { SharedLog } from '../shared-log.ts';
import { Echo, type Action } from '../steps.ts';

interface State {
  readonly log: SharedLog;
  readonly member: number;
}

interface StepPayload {
  readonly id: number;
  readonly script: readonly Action[];
  readonly emit: number;
}

export function setup(options: { buffer: SharedArrayBuffer }, info: SetupInfo): State {
  return { log: new SharedLog(options.buffer), member: info.member };
}

/** Notes its run, publishes what the step asks for, and does what the step says. */
export function onStep(event: QtEvent, ctx: HandlerContext<State>): unknown {
  const { id, script, emit } = event.payload as unknown as StepPayload;
  const { log, member } = ctx.state;
  log.enter();
  log.add({ id, attempt: ctx.attempt, thread: threadId, member });
  let result: unknown;
  try {
    for (let n = 0; n < emit; n++) ctx.publish(Echo.create({ id, n, attempt: ctx.attempt }));
    result = act(script[ctx.attempt - 1] ?? 'ok', log);
    return result;
  } finally {
    // A promise is left by `actLater`.
    if (result === undefined) log.leave();
  }
}

function act(action: Action, log: SharedLog): unknown {
  switch (action) {
    case 'ok':
      return undefined;
    case 'throw':
      throw new Error('as the script says');
    case 'reject':
      throw new RejectEvent('as the script says');
    case 'block':
      log.passBlocking();
      return undefined;
    case 'block-exit':
      log.passBlocking();
      return process.exit(1);
    case 'exit':
      return process.exit(1);
    case 'unhandled':
      void Promise.reject(new Error('nobody listens'));
      return new Promise(() => {});
    case 'memory':
      return fillMemory();
    default:
      return actLater(action, log);
  }
}

async function actLater(action: Action, log: SharedLog): Promise<void> {
  try {
    if (action === 'never') await new Promise(() => {});
    else if (action === 'gate' || action === 'gate-throw') await log.pass();
    else await new Promise(setImmediate);
    if (action === 'gate-throw' || action === 'later-throw') throw new Error('as the script says, later');
  } finally {
    log.leave();
  }
}

function fillMemory(): unknown {
  const kept: unknown[] = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
}
