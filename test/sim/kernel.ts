/**
 * Time, turns and chance of a simulated process. One real thread plays the main thread and all workers; what runs when
 * is drawn from the seed, so that a seed replays exactly.
 *
 * Concurrency is real to the code under test: at every atomic operation, ring operation and clock reading (a "point")
 * the other side may get a turn, and a worker may die. A worker's turn inside the main thread's code, or the other way
 * round, goes one level deep: that is what two processors can do to each other between two instructions.
 */
import { createPrng, type Clock, type Prng } from '../../src/base/index.ts';
import type { Scheduler, Timer } from '../../src/engine/environment.ts';
import type { SimThread } from './threads.ts';

interface Alarm {
  dueMs: number;
  readonly everyMs: number;
  readonly order: number;
  readonly owner: SimThread | null;
  readonly isBackground: boolean;
  readonly run: () => void;
}

/** In one turn: two sides that feed each other at every point would never end it. */
const INTERRUPTIONS_MAX = 30;
/** Waiting for it takes one hop of the microtask queue. */
const hop = Promise.resolve();

/** Thrown at a point to take a worker off the processor for good. */
export const STOPPED = Symbol('stopped');

/** What an engine bug looks like from here. */
export class Broken extends Error {
  readonly story: readonly string[];

  constructor(message: string, story: readonly string[] = []) {
    super(message);
    this.story = story;
  }
}

export class Kernel {
  readonly prng: Prng;
  readonly threads: SimThread[] = [];
  readonly injected = new Map<string, number>();
  nowMs = 1000;
  /** Of the time that has passed: the process was stopped. */
  frozenMs = 0;
  wallOffsetUs = 1_700_000_000_000_000;
  /** Whose code runs; null for the main thread. */
  current: SimThread | null = null;
  /** Threads that points may still kill. */
  killsLeft = 0;
  /** Points from one interruption to the next, at most. */
  pointsMax = 100;
  /** Off while the simulator itself looks at shared memory. */
  isArmed = false;
  /** One action of the main thread that needs no microtask; the workload brings it. */
  mainTurn: () => void = () => {};
  /** Told of everything, for a person who looks for a bug. */
  trace: ((line: string) => void) | null = null;
  /** What went wrong where nobody could catch it. */
  fault: unknown = null;
  isNested = false;
  #countdown = 50;
  #interruptionsLeft = INTERRUPTIONS_MAX;
  #order = 0;
  #soon: (() => void)[] = [];
  readonly #later: (() => void)[] = [];
  readonly #alarms = new Set<Alarm>();

  constructor(name: string) {
    this.prng = createPrng(name);
  }

  chance(probability: number): boolean {
    return this.prng.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.prng.integer(list.length)]!;
  }

  count(what: string, times = 1): void {
    this.trace?.(what);
    this.injected.set(what, (this.injected.get(what) ?? 0) + times);
  }

  readonly clock: Clock = {
    nowUs: () => {
      this.point();
      return this.wallOffsetUs + Math.floor(this.nowMs * 1000);
    },
    monotonicMs: () => {
      this.point();
      return this.nowMs;
    },
  };

  scheduler(owner: SimThread | null): Scheduler {
    const add = (ms: number, everyMs: number, isBackground: boolean, run: () => void): Timer => {
      this.point();
      const alarm = { dueMs: this.nowMs + Math.max(everyMs, ms, 0), everyMs, order: this.#order++, owner, isBackground, run };
      this.#alarms.add(alarm);
      return { cancel: () => this.#alarms.delete(alarm) };
    };
    return {
      after: (ms, run, background) => add(ms, 0, background !== undefined, run),
      every: (ms, run) => add(ms, Math.max(1, ms), true, run),
      soon: (run) => void this.#soon.push(run),
      later: (run) => void this.#later.push(run),
    };
  }

  /** A place where the other side may act, or where a worker may die. */
  point(): void {
    const thread = this.current;
    if (thread !== null && thread.isStopped) throw STOPPED;
    if (!this.isArmed || --this.#countdown > 0 || this.#interruptionsLeft === 0) return;
    this.#interruptionsLeft--;
    this.#countdown = 1 + this.prng.integer(this.pointsMax);
    if (thread === null) {
      if (!this.isNested) this.#interruptMain();
      return;
    }
    if (thread.isCondemned || (this.killsLeft > 0 && this.chance(0.3))) {
      if (!thread.isCondemned) this.killsLeft--;
      this.count(thread.isCondemned ? 'terminated at a point' : 'killed at a point');
      thread.stopHere('dead');
    }
    if (!this.isNested) this.interruptWorker();
  }

  /** Gives the main thread a turn in the middle of a worker's code. */
  interruptWorker(turn: () => void = this.mainTurn): void {
    const thread = this.current;
    this.isNested = true;
    this.current = null;
    try {
      turn();
      this.runSoon();
    } catch (error) {
      // Must not unwind through the worker as if its handler had thrown.
      this.fault ??= error;
    } finally {
      this.current = thread;
      this.isNested = false;
    }
    this.count('main turns inside a worker');
  }

  #interruptMain(): void {
    const ready = this.threads.filter((thread) => thread.mayStepNested);
    if (ready.length === 0) return;
    this.isNested = true;
    try {
      this.pick(ready).step(1 + this.prng.integer(3));
    } finally {
      this.isNested = false;
    }
    this.count('worker turns inside main');
  }

  /** What Node does between two macrotasks. */
  runSoon(): void {
    while (this.#soon.length > 0) {
      const batch = this.#soon;
      this.#soon = [];
      for (const run of batch) run();
    }
  }

  /** Ends a turn. Lets promises move: more hops than any chain in the engine is long. */
  async settle(): Promise<void> {
    this.#interruptionsLeft = INTERRUPTIONS_MAX;
    for (let i = 0; i < 6; i++) {
      this.runSoon();
      await hop;
      await hop;
    }
    this.runSoon();
    if (this.fault !== null) throw this.fault;
  }

  get hasLater(): boolean {
    return this.#later.length > 0;
  }

  runLater(): void {
    this.#later.shift()?.();
  }

  /** Runs one alarm that is due, in the context of its owner; false if none may run. */
  runDueAlarm(mainOnly = false): boolean {
    const alarm = this.#nextAlarm((one) => one.dueMs <= this.nowMs && (one.owner === null || (!mainOnly && one.owner.hearsTimers)));
    if (alarm === undefined) return false;
    if (alarm.everyMs > 0) alarm.dueMs = this.nowMs + alarm.everyMs;
    else this.#alarms.delete(alarm);
    if (alarm.owner === null) alarm.run();
    else alarm.owner.perform(alarm.run);
    return true;
  }

  get hasDueAlarm(): boolean {
    for (const alarm of this.#alarms) if (alarm.dueMs <= this.nowMs && (alarm.owner === null || alarm.owner.hearsTimers)) return true;
    return false;
  }

  /** Moves the clock to the next alarm; false if there is none. */
  advance(): boolean {
    const alarm = this.#nextAlarm((one) => one.owner === null || one.owner.hearsTimers);
    if (alarm === undefined) return false;
    this.nowMs = Math.max(this.nowMs, alarm.dueMs);
    return true;
  }

  dropAlarmsOf(thread: SimThread): void {
    for (const alarm of this.#alarms) if (alarm.owner === thread) this.#alarms.delete(alarm);
  }

  /** Alarms that would keep a process alive. */
  get alarmsLeft(): number {
    return [...this.#alarms].filter((alarm) => !alarm.isBackground).length;
  }

  #nextAlarm(isMeant: (alarm: Alarm) => boolean): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (!isMeant(alarm)) continue;
      if (first === undefined || alarm.dueMs < first.dueMs || (alarm.dueMs === first.dueMs && alarm.order < first.order)) first = alarm;
    }
    return first;
  }
}
