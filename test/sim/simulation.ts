/** One seed from start to stop: draws what happens next until nothing is left to happen, then compares the books. */
import { Bus } from '../../src/engine/bus.ts';
import type { BusStats } from '../../src/engine/stats.ts';
import { createEnvironment } from './environment.ts';
import { Handlers } from './handlers.ts';
import { activate } from './hooks.ts';
import { Broken, Kernel } from './kernel.ts';
import { createPlan, type Plan } from './plan.ts';
import type { SimThread } from './threads.ts';
import { Witness } from './witness.ts';
import { Workload } from './workload.ts';

/** A run that takes more turns than this does not come to rest. The longest honest one takes a third. */
const TURNS_MAX = 30_000;
const DRAIN_MS = 3_600_000;

export interface SimResult {
  readonly seed: number;
  /** The first broken promise, or null. */
  readonly violation: string | null;
  readonly story: readonly string[];
  readonly stats: BusStats;
  readonly injected: ReadonlyMap<string, number>;
  readonly tallies: Witness['tallies'];
  readonly turns: number;
  readonly log: readonly string[];
}

export interface SimOptions {
  /** Changes of the plan: a lockstep run on another number of threads. */
  readonly override?: Partial<Plan>;
  /** Told of everything that happens. */
  readonly trace?: (line: string) => void;
}

/** Runs one seed. The hooks must be installed. */
export async function simulate(seed: number, options: SimOptions = {}): Promise<SimResult> {
  const simulation = new Simulation(seed, options);
  const result = await simulation.run();
  if (result.violation !== null || !simulation.plan.isLockstep || options.override !== undefined) return result;
  // The order of events must not depend on the number of threads, nor on there being any.
  const twin = await simulate(seed, { ...options, override: twinOf(simulation.plan) });
  if (twin.violation !== null) return { ...twin, violation: `${twin.violation} (in the run to compare with)` };
  const at = result.log.findIndex((line, i) => line !== twin.log[i]);
  if (at < 0 && result.log.length === twin.log.length) return result;
  const [line, other] = [result.log[at] ?? 'nothing', twin.log[at] ?? 'nothing'];
  return { ...result, violation: `lockstep: event ${at + 1} is "${line}" and, with other threads, "${other}"` };
}

function twinOf(plan: Plan): Partial<Plan> {
  return plan.seed % 2 === 0 ? { isInline: true, kills: 0, freezes: 0 } : { workers: (plan.workers % 4) + 1 };
}

class Simulation {
  readonly plan: Plan;
  readonly #kernel: Kernel;
  readonly #witness: Witness;
  readonly #handlers: Handlers;
  readonly #bus: Bus;
  readonly #workload: Workload;
  #turns = 0;

  constructor(seed: number, options: SimOptions) {
    this.plan = { ...createPlan(seed), ...options.override };
    const { plan } = this;
    this.#kernel = new Kernel(`sim:${seed}`);
    this.#kernel.trace = options.trace ?? null;
    this.#witness = new Witness(this.#kernel, plan);
    this.#handlers = new Handlers(this.#kernel, plan, this.#witness);
    activate(this.#kernel);
    this.#bus = new Bus(
      {
        mode: plan.isInline ? 'inline' : 'threads',
        workers: plan.workers,
        lockstep: plan.isLockstep,
        fullPolicy: plan.fullPolicy,
        ringBytes: 65_536,
        replyBytes: 65_536,
        overflowBytesMax: plan.overflowBytesMax,
        retriesMax: plan.retriesMax,
        breakerCoolDownMs: 3000,
        historyLength: 8,
        retry: { maxRetries: 3, backoffMs: plan.backoffMs, jitterRatio: plan.jitterRatio },
        processingTimeoutMs: plan.timeoutMs,
        runId: 'sim',
        ...(plan.dedupeMs === 0 ? {} : { dedupe: { windowMs: plan.dedupeMs } }),
        clock: this.#kernel.clock,
        logger: this.#witness.logger,
        sink: this.#witness.sink as never,
      },
      createEnvironment(this.#kernel),
    );
    this.#workload = new Workload(this.#kernel, plan, this.#bus, this.#witness, this.#handlers);
    this.#kernel.mainTurn = () => this.#mainTurn();
  }

  async run(): Promise<SimResult> {
    let violation: string | null = null;
    let story: readonly string[] = [];
    try {
      await this.#play();
    } catch (error) {
      const fault = this.#kernel.fault ?? error;
      violation = fault instanceof Broken ? fault.message : `the engine failed: ${fault instanceof Error ? fault.stack : String(fault)}`;
      story = fault instanceof Broken ? fault.story : [];
    } finally {
      activate(null);
    }
    const { injected } = this.#kernel;
    const { tallies, log } = this.#witness;
    return { seed: this.plan.seed, violation, story, stats: this.#bus.getStats(), injected, tallies, turns: this.#turns, log };
  }

  async #play(): Promise<void> {
    const { plan } = this;
    this.#workload.subscribe();
    await this.#drive(this.#bus.start());
    Object.assign(this.#kernel, { killsLeft: plan.kills, pointsMax: plan.pointsMax, isArmed: true });
    const stopAt = plan.stopAfter === null ? 0 : plan.events - plan.stopAfter;
    while (this.#workload.left > stopAt) await this.#turn(true);
    if (plan.stopAfter !== null) return this.#stopEarly();
    // What is under way may still go wrong for a while; then nothing is disturbed any more.
    for (let i = this.#kernel.prng.integer(200); i > 0; i--) await this.#turn(false);
    Object.assign(this.#kernel, { killsLeft: 0 });
    this.#witness.isCalm = true;
    await this.#drive(this.#bus.drain({ timeoutMs: DRAIN_MS })).catch((error: unknown) => this.#explainStuck(error));
    const stats = this.#bus.getStats();
    this.#witness.settle(stats);
    if (stats.pending !== 0) throw new Broken(`I9: ${stats.pending} deliveries pending after a drain`);
    const { pending } = await this.#drive(this.#bus.stop());
    if (pending !== 0) throw new Broken(`stop reports ${pending} pending after a drain`);
    this.#checkLeftovers();
  }

  /** Stops in the middle: what was accepted and has no outcome must be reported. */
  async #stopEarly(): Promise<void> {
    this.#kernel.count('stopped in the middle');
    const { pending } = await this.#drive(this.#bus.stop({ drainTimeoutMs: this.#kernel.pick([0, 20, 5000]) }));
    const stats = this.#bus.getStats();
    if (pending !== stats.pending) throw new Broken(`stop reports ${pending} pending, the books ${stats.pending}`);
    const sum = stats.acknowledged + stats.deadLettered + stats.dropped + stats.pending;
    if (stats.dispatched !== sum) throw new Broken(`I9: ${stats.dispatched} dispatched, ${sum} accounted for`);
    // A thread that was ended with work in hand leaves outcomes that only it knew.
    const isClean =
      this.#kernel.threads.every((thread) => thread.state === 'ended') &&
      !this.plan.groups.some((group) => group.isBroadcast || group.isPicky);
    if (isClean) this.#witness.settle(stats);
    this.#checkLeftovers();
  }

  #checkLeftovers(): void {
    const { threads, alarmsLeft } = this.#kernel;
    const alive = threads.filter((thread) => thread.isAlive).length;
    if (alive > 0) throw new Broken(`I8: ${alive} threads are left after stop`);
    if (this.#workload.waiting > 0) throw new Broken(`I8: ${this.#workload.waiting} publishers never heard of their events`);
    if (alarmsLeft > 0) throw new Broken(`I8: ${alarmsLeft} timers keep the process alive after stop`);
  }

  #explainStuck(error: unknown): never {
    if (this.#kernel.fault !== null || error instanceof Broken) throw error;
    const stats = this.#bus.getStats();
    const perGroup = Object.fromEntries(Object.entries(stats.perGroup).map(([group, books]) => [group, { ...books, pending: 0 }]));
    // Tells the story of an event that got no outcome, if there is one.
    this.#witness.settle({ ...stats, perGroup });
    throw new Broken(`I1: the bus does not come to rest: ${error instanceof Error ? error.message : String(error)}`);
  }

  /** Takes turns until a promise of the bus is settled. */
  async #drive<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = (): void => {
      isSettled = true;
    };
    promise.then(done, done);
    for (;;) {
      await this.#kernel.settle();
      if (isSettled) return promise;
      if (!(await this.#turn(false))) throw new Broken('I1: nothing is left to happen, and the bus still waits');
    }
  }

  /** One thing happens; false if nothing can. */
  async #turn(mayPublish: boolean): Promise<boolean> {
    const kernel = this.#kernel;
    if (++this.#turns > TURNS_MAX) throw new Broken(`I1: no rest after ${TURNS_MAX} turns`);
    const did = (mayPublish && kernel.chance(0.3)) || !(await this.#draw()) ? this.#publishOrWait(mayPublish) : true;
    await kernel.settle();
    this.#workload.forgetNested();
    return did;
  }

  #publishOrWait(mayPublish: boolean): boolean {
    if (!mayPublish || this.#kernel.chance(0.3)) return this.#wait() || (mayPublish && this.#act());
    return this.#act();
  }

  #act(): boolean {
    if (this.plan.isLockstep && this.#workload.waiting > 4) return this.#wait();
    this.#workload.act();
    return true;
  }

  /** Lets time pass to the next alarm. Nobody may sleep over work then: only a lost wake-up does that. */
  #wait(): boolean {
    const sleeper = this.#kernel.threads.find((thread) => thread.isAsleepOverWork);
    if (sleeper !== undefined) throw new Broken(`a wake-up was lost: thread ${sleeper.id} of worker ${sleeper.host} sleeps over work`);
    const hasAdvanced = this.#kernel.advance();
    for (const thread of this.#kernel.threads) if (thread.state === 'parked') thread.beat();
    return hasAdvanced;
  }

  /** Picks one of everything that could happen now. */
  async #draw(): Promise<boolean> {
    const kernel = this.#kernel;
    const choices: (() => void | Promise<void>)[] = [];
    for (const thread of kernel.threads) {
      if (thread.hasExited && thread.isReported) continue;
      if (thread.isRunnable) choices.push(() => this.#step(thread));
      if (thread.channel.toMain.length > 0) choices.push(() => thread.channel.deliver());
      if (thread.hasObituary) choices.push(() => this.#announce(thread));
    }
    if (kernel.hasLater) choices.push(() => kernel.runLater());
    if (kernel.hasDueAlarm) choices.push(() => void kernel.runDueAlarm());
    if (this.#handlers.open.length > 0 && kernel.chance(0.5)) {
      const run = this.#handlers.takeOpen(false);
      if (run !== undefined) choices.length = 0;
      if (run !== undefined) choices.push(() => (run.thread === null ? run.finish() : run.thread.perform(run.finish)));
    }
    if (choices.length === 0) return this.#handlers.open.some((run) => !run.never && (run.thread === null || run.thread.hearsTimers));
    await kernel.pick(choices)();
    return true;
  }

  async #step(thread: SimThread): Promise<void> {
    const kernel = this.#kernel;
    if (kernel.killsLeft > 0 && thread.state !== 'starting' && kernel.chance(0.01)) {
      kernel.killsLeft--;
      kernel.count('killed between two turns');
      thread.stop();
    } else {
      await thread.turn();
    }
    if (!thread.isAlive) this.#handlers.forget(thread);
  }

  #announce(thread: SimThread): void {
    this.#witness.troubled('deaths', null);
    thread.announceNext();
  }

  /** What main may do in the middle of a worker's code. */
  #mainTurn(): void {
    const kernel = this.#kernel;
    const way = kernel.prng.next();
    const heard = kernel.threads.filter((thread) => thread.channel.toMain.length > 0);
    if (way < 0.6 && heard.length > 0) kernel.pick(heard).channel.deliver();
    else if (way < 0.8 && kernel.runDueAlarm(true)) return;
    else if (!this.plan.isLockstep && this.#workload.left > 1 && kernel.isArmed) this.#workload.tryPublish();
  }
}
