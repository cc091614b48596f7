/** The handlers that are tortured. They run on worker threads, write down what they do, and misbehave as their event says. */
import { threadId } from 'node:worker_threads';
import { RejectEvent, type HandlerContext, type QtEvent } from '../../src/event/index.ts';
import { LogWriter, OUTCOMES } from './log.ts';
import { EVENT_FAULTS, FAULTS, GROUPS, TIMEOUT_MS, type EventFault, type TickPayload } from './plan.ts';
import { throwOdd } from './odd-errors.ts';

export interface HandlerOptions {
  readonly logPath: string;
  /** Deliberate lie of the witness, to see the alarm ring: the event of this number is not, or twice, written down. */
  readonly lie: 'hide' | 'double' | null;
}

export interface HandlerState {
  readonly log: LogWriter;
  readonly lie: HandlerOptions['lie'];
}

type Context = HandlerContext<HandlerState>;
type Tick = QtEvent<TickPayload>;

/** Number of the event that a lying witness lies about. */
const LIE_AT = 200;

export function setup(options: HandlerOptions): HandlerState {
  return { log: new LogWriter(options.logPath, threadId), lie: options.lie };
}

export function teardown(state: HandlerState): void {
  state.log.close();
}

export function onFast(event: Tick, ctx: Context): void {
  const { log, lie } = ctx.state;
  if (lie === 'hide' && event.payload.n === LIE_AT) return;
  const runs = Array.from({ length: lie === 'double' && event.payload.n === LIE_AT ? 2 : 1 }, () => new Run(log, event, ctx));
  runs[0]!.end('ok');
}

/** For subscriptions that come and go: nothing is promised about which events they get. */
export function onChurn(): void {}

export function onFaulty(event: Tick, ctx: Context): void {
  const run = new Run(ctx.state.log, event, ctx);
  const fault = dueFault(event, ctx, 'faulty');
  switch (fault) {
    case 'throw':
      run.end('failed');
      throw new Error('as planned');
    case 'odd-throw':
      run.end('failed');
      return throwOdd(event.payload.n);
    case 'huge-message':
      run.end('failed');
      throw new Error('x'.repeat(10_000_000));
    case 'reject':
      run.end('rejected');
      throw new RejectEvent('as planned');
    case 'slow':
      block(50);
      break;
    case 'throw-exit':
      if (ctx.attempt > 1) return run.exit(fault);
      run.end('failed');
      throw new Error('as planned');
    case 'exit':
      return run.exit(fault);
    case 'oom':
      run.die(fault);
      return exhaustMemory();
    case 'loop':
      run.die(fault);
      return loopForEver(ctx.state.log);
  }
  run.end('ok');
}

export async function onAsync(event: Tick, ctx: Context): Promise<void> {
  const run = new Run(ctx.state.log, event, ctx);
  run.watch(ctx.signal);
  const fault = dueFault(event, ctx, 'async');
  for (let hop = 0; hop < event.payload.hops; hop++) await sleep(1 + (event.payload.n % 3));
  switch (fault) {
    case 'async-throw':
      run.end('failed');
      throw new Error('as planned');
    case 'async-exit':
      await sleep(1);
      return run.exit(fault);
    case 'async-loop':
      await sleep(1);
      run.die(fault);
      return loopForEver(ctx.state.log);
    case 'never':
      return new Promise(() => {});
    case 'too-late':
      await sleep(TIMEOUT_MS + 200);
      break;
    case 'unhandled':
      run.die(fault);
      void Promise.reject(new Error('nobody handles this'));
      await sleep(50);
      break;
  }
  run.end('ok');
}

export function onPipeline(event: Tick, ctx: Context): void | Promise<void> {
  const run = new Run(ctx.state.log, event, ctx);
  const fault = dueFault(event, ctx, 'pipeline');
  const { derive, key, n } = event.payload;
  const fill = derive > 10 ? '' : 'x'.repeat(n % 200);
  try {
    for (let index = 0; index < derive; index++) {
      ctx.publish({ type: 'torture.derived', payload: { cause: event.seq, index, key, fill }, key: `k${key}` });
    }
  } catch (error) {
    // A burst may be larger than one run may publish: then it has failed as a whole.
    run.end('failed');
    throw error;
  }
  if (fault === 'pipeline-throw') {
    run.end('failed');
    throw new Error('as planned');
  }
  if (fault === 'pipeline-exit') return run.exit(fault);
  // Every third run turns out to be asynchronous after it has published.
  if (n % 3 !== 0) return run.end('ok', derive);
  run.watch(ctx.signal);
  return sleep(1).then(() => run.end('ok', derive));
}

/** One run of a handler in the log. Ends once: what comes after a timeout is not written down. */
export class Run {
  readonly #log: LogWriter;
  readonly #seq: number;
  readonly #group: number;
  readonly #attempt: number;
  #isOver = false;

  constructor(log: LogWriter, event: QtEvent<object>, ctx: HandlerContext) {
    this.#log = log;
    this.#seq = event.seq;
    this.#group = (GROUPS as readonly string[]).indexOf(ctx.group);
    this.#attempt = ctx.attempt;
    log.write('started', this.#seq, this.#group, this.#attempt);
  }

  /** An asynchronous run ends when it is told that it was given up. */
  watch(signal: AbortSignal): void {
    signal.addEventListener('abort', () => this.end('timeout'));
  }

  end(outcome: (typeof OUTCOMES)[number], emitted = 0): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#log.write('ended', this.#seq, this.#group, this.#attempt, OUTCOMES.indexOf(outcome), emitted);
  }

  /** The thread is about to go. */
  die(fault: EventFault): void {
    this.#isOver = true;
    this.#log.write('dying', this.#seq, this.#group, this.#attempt, FAULTS.indexOf(fault));
  }

  exit(fault: EventFault): never {
    this.die(fault);
    process.exit(this.#seq % 2);
  }
}

/** The fault that this attempt has to commit, if any. */
export function dueFault(event: Tick, ctx: { readonly attempt: number }, group: string): EventFault | null {
  const { fault, times } = event.payload;
  if (fault === '' || ctx.attempt > times) return null;
  const known = EVENT_FAULTS[fault as EventFault];
  return known.group === group ? (fault as EventFault) : null;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** Never returns, but gives signs of life, so that the log shows when the thread has really ended. */
function loopForEver(log: LogWriter): never {
  for (;;) {
    block(10);
    log.write('alive', 0);
  }
}

function exhaustMemory(): never {
  const hoard: unknown[] = [];
  for (;;) hoard.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
}
