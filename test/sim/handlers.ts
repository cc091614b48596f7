/** The handlers of the simulated workload: they do what fate says, write it down, and can be stopped anywhere. */
import { laneOf, RejectEvent, type HandlerContext, type QtEvent } from '../../src/event/index.ts';
import { DEFINITIONS, type SimPayload } from './events.ts';
import { Broken, type Kernel } from './kernel.ts';
import { fateOf, KEYED, LOOSE, type Fate, type GroupPlan, type Plan } from './plan.ts';
import type { SimThread } from './threads.ts';
import type { Witness } from './witness.ts';

/** A handler's promise, which the simulator settles when it likes. */
export interface OpenRun {
  readonly thread: SimThread | null;
  /** Never settled by chance; its time limit must end it. */
  readonly never: boolean;
  finish: () => void;
}

export class Handlers {
  /** Asynchronous runs under way. */
  readonly open: OpenRun[] = [];
  readonly #kernel: Kernel;
  readonly #plan: Plan;
  readonly #witness: Witness;

  constructor(kernel: Kernel, plan: Plan, witness: Witness) {
    this.#kernel = kernel;
    this.#plan = plan;
    this.#witness = witness;
  }

  handlerOf(group: GroupPlan): (event: QtEvent, ctx: HandlerContext) => unknown {
    return (event, ctx) => this.#handle(group, event as unknown as QtEvent<SimPayload>, ctx);
  }

  /** Takes a run out that may go on now. */
  takeOpen(mainOnly: boolean): OpenRun | undefined {
    const ready = this.open.filter((run) => (run.thread === null ? true : !mainOnly && run.thread.hearsTimers) && !run.never);
    if (ready.length === 0) return undefined;
    const run = this.#kernel.pick(ready);
    this.open.splice(this.open.indexOf(run), 1);
    return run;
  }

  forget(thread: SimThread): void {
    for (let i = this.open.length - 1; i >= 0; i--) if (this.open[i]!.thread === thread) this.open.splice(i, 1);
  }

  #handle(group: GroupPlan, event: QtEvent<SimPayload>, ctx: HandlerContext): unknown {
    const kernel = this.#kernel;
    const thread = kernel.current;
    const member = group.isBroadcast && thread !== null ? `${group.name}#${thread.host}` : group.name;
    const { seq, payload } = event;
    const { attempt } = ctx;
    const worker = thread?.id ?? 0;
    this.#witness.started(seq, member, event.key, laneOf(event.priority), attempt, worker);
    const fate = fateOf(this.#plan, group, payload.n, payload.depth, attempt);
    kernel.point();
    if (fate.isAsync) return this.#begin(group, member, fate, event, ctx, thread);
    if (fate.isEarly) this.#strike(fate, group, member, event, attempt, thread);
    this.#derive(fate, member, event, ctx);
    if (!fate.isEarly) this.#strike(fate, group, member, event, attempt, thread);
    this.#witness.ended(seq, group, member, attempt, worker, 'ok', fate.children);
    kernel.point();
    return undefined;
  }

  /** An asynchronous run: a part now, and the rest when the simulator comes to it. */
  #begin(group: GroupPlan, member: string, fate: Fate, event: QtEvent<SimPayload>, ctx: HandlerContext, thread: SimThread | null): unknown {
    const { attempt } = ctx;
    const worker = thread?.id ?? 0;
    const beganMs = this.#kernel.nowMs - this.#kernel.frozenMs;
    let isOver = false;
    ctx.signal.addEventListener('abort', () => {
      isOver = true;
      this.#kernel.count('asynchronous run timed out');
      // The engine finds out by looking from time to time; what passed before a stop and since the last look may be lost.
      const ranMs = this.#kernel.nowMs - this.#kernel.frozenMs - beganMs;
      if (ranMs < 0.9 * this.#plan.timeoutMs - 10)
        this.#kernel.fault ??= new Broken(`event ${event.seq} was given up in ${member} after ${ranMs} of ${this.#plan.timeoutMs} ms`);
      this.#witness.troubled(member, event.key);
      this.#witness.ended(event.seq, group, member, attempt, worker, 'timeout', 0);
    });
    if (fate.isEarly) this.#derive(fate, member, event, ctx);
    if (fate.never) this.#kernel.count('run that never ends');
    // A thenable of our own, so that the simulator decides when it is settled.
    return {
      // oxlint-disable-next-line unicorn/no-thenable -- a promise would settle by itself
      then: (onDone: () => void, onError: (error: unknown) => void): void => {
        const finish = (): void => {
          if (isOver) {
            this.#kernel.count('late answer');
            return onDone();
          }
          try {
            if (!fate.isEarly) this.#derive(fate, member, event, ctx);
            this.#strike(fate, group, member, event, attempt, thread);
          } catch (error) {
            if (thread?.isStopped === true) throw error;
            isOver = true;
            return onError(error);
          }
          isOver = true;
          this.#witness.ended(event.seq, group, member, attempt, worker, 'ok', fate.children);
          this.#kernel.point();
          onDone();
        };
        this.open.push({ thread, never: fate.never, finish });
      },
    };
  }

  #strike(fate: Fate, group: GroupPlan, member: string, event: QtEvent<SimPayload>, attempt: number, thread: SimThread | null): void {
    const kernel = this.#kernel;
    const worker = thread?.id ?? 0;
    const { seq, key } = event;
    if (fate.kind === 'ok') return;
    this.#witness.troubled(member, key);
    if (fate.kind === 'linger') {
      kernel.count('slow handler');
      this.#linger(thread);
      return;
    }
    kernel.count(`handler: ${fate.kind}`);
    if (fate.kind === 'reject') {
      this.#witness.ended(seq, group, member, attempt, worker, 'rejected', 0);
      throw new RejectEvent('as planned');
    }
    if (fate.kind === 'kill' && thread !== null) thread.stopHere('dead');
    if (fate.kind === 'hang' && thread !== null) thread.stopHere('hung');
    this.#witness.ended(seq, group, member, attempt, worker, 'failed', 0);
    throw new Error('as planned');
  }

  /** Time passes in a handler: main goes on while a worker works, workers while main does. */
  #linger(thread: SimThread | null): void {
    const kernel = this.#kernel;
    // Sometimes longer than allowed: main then ends a thread that is still at work.
    const ms = kernel.prng.integer(this.#plan.timeoutMs * (thread !== null && kernel.chance(0.3) ? 2 : 0.5));
    if (thread === null || kernel.isNested) {
      kernel.nowMs += ms;
      kernel.point();
      return;
    }
    for (let left = ms; left > 0; left -= 40) {
      kernel.nowMs += Math.min(left, 40);
      kernel.interruptWorker(() => {
        while (kernel.runDueAlarm(true));
        kernel.mainTurn();
      });
      kernel.point();
    }
  }

  #derive(fate: Fate, member: string, event: QtEvent<SimPayload>, ctx: HandlerContext): void {
    const { n, key, pick, depth } = event.payload;
    for (let index = 0; index < fate.children; index++) {
      // Between two publishes a thread may die; none of them may ever be seen then.
      this.#kernel.point();
      const number = (Math.imul(n, 31) + index * 7 + member.length * 3 + depth) & 0x3fff_ffff;
      const payload = { n: number, key, pick: !pick, depth: depth + 1, cause: event.seq, by: member, index, twin: '', pad: '' };
      if (number % 3 === 0) ctx.publish({ type: LOOSE, payload, key });
      else ctx.publish(DEFINITIONS[KEYED].create(payload));
    }
  }
}
