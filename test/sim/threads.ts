/**
 * Simulated threads. A thread is a `WorkerSession` driven by the same loop as in `worker.ts`, one
 * turn at a time.
 *
 * A thread that is ended in the middle of its code leaves shared memory exactly as it was at that instruction: the memory
 * is copied there, the code is unwound by a throw, and what its `catch` and `finally` blocks wrote meanwhile, which a
 * terminated thread would never have written, is undone from the copy.
 */
import { WAKE } from '../../src/engine/control.ts';
import type { PoolThread } from '../../src/engine/environment.ts';
import { WorkerSession } from '../../src/engine/worker-session.ts';
import type { WorkerTask } from '../../src/engine/worker-task.ts';
import type { SimChannel } from './environment.ts';
import { STOPPED, type Kernel } from './kernel.ts';

type State = 'starting' | 'running' | 'parked' | 'closing' | 'hung' | 'dead' | 'ended';

/** Copies of memory are taken one at a time and given back in the same turn. */
const keptMemory = new Map<number, Uint8Array>();

interface Settle {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class SimThread implements PoolThread {
  readonly id: number;
  readonly host: number;
  readonly channel: SimChannel;
  state: State = 'starting';
  /** Its code is being unwound: it must not do anything any more. */
  isStopped = false;
  /** `terminate` was called; it may go on for a moment. */
  isCondemned = false;
  /** The pool has said that its task failed. */
  isReported = false;
  hasExited = false;
  deathMessage = 'simulated death';
  /** Waits for reply space that brought nothing. */
  waits = 0;
  readonly #kernel: Kernel;
  readonly task: WorkerTask;
  readonly #session: WorkerSession;
  readonly #exitListeners: (() => void)[] = [];
  readonly #settle: Settle;
  #parkedWake = 0;
  #isParkedAsync = false;
  #hasProgressed = false;
  #kept: Uint8Array | null = null;

  constructor(kernel: Kernel, id: number, host: number, task: WorkerTask, settle: Settle) {
    this.id = id;
    this.host = host;
    this.#kernel = kernel;
    this.task = task;
    this.#settle = settle;
    this.channel = task.port as SimChannel;
    this.channel.thread = this;
    const port = this.channel.worker;
    this.#session = new WorkerSession(task, { port, threadId: id, clock: kernel.clock, scheduler: kernel.scheduler(this) });
  }

  get isAlive(): boolean {
    return this.state !== 'dead' && this.state !== 'ended';
  }

  /** Something can be done by `turn`. */
  get isRunnable(): boolean {
    return this.state === 'starting' || this.state === 'running' || this.state === 'closing' || (this.state === 'parked' && this.#isWoken);
  }

  /** May run inside main's code: nothing that needs a promise, and enough room for replies, because main cannot read them now. */
  get mayStepNested(): boolean {
    return (this.state === 'running' || (this.state === 'parked' && this.#isWoken)) && this.#kernel.current === null;
  }

  get hearsTimers(): boolean {
    return (this.state === 'running' || (this.state === 'parked' && this.#isParkedAsync)) && !this.isStopped;
  }

  get #isWoken(): boolean {
    return this.#hasProgressed || this.#session.control.words[WAKE] !== this.#parkedWake;
  }

  /** True for a thread that sleeps although it was given something to do. */
  get isAsleepOverWork(): boolean {
    if (this.state !== 'parked' || this.#isWoken) return false;
    return this.#session.hasWork || this.#session.wantsCommands || this.#session.mayClose;
  }

  /** One turn of the loop in `worker.ts`. */
  async turn(): Promise<void> {
    if (this.state === 'starting') {
      await this.#performAsync(() => this.#session.open());
      if (this.state === 'starting') this.state = 'running';
      this.beat();
    } else if (this.state === 'closing') {
      await this.#performAsync(() => this.#session.close());
      if (this.state === 'closing') this.#end();
    } else if (this.#session.wantsCommands && this.state === 'running') {
      await this.#performAsync(() => this.#session.readCommands());
      this.beat();
    } else {
      this.step(this.#kernel.chance(0.1) ? 64 : 1 + this.#kernel.prng.integer(6));
    }
  }

  /** A turn without commands. */
  step(limit: number): void {
    this.perform(() => {
      const session = this.#session;
      if (this.state === 'parked') {
        this.state = 'running';
        this.#hasProgressed = false;
        session.onProgress(() => {});
        session.wakeUp();
      }
      session.beat();
      const taken = session.step(limit);
      if (session.wantsCommands || taken > 0) return;
      if (session.mayClose) {
        this.state = 'closing';
        return;
      }
      if (session.hasWork) return;
      const wake = Atomics.load(session.control.words, WAKE);
      if (!session.fallAsleep()) {
        session.wakeUp();
        return;
      }
      this.#parkedWake = wake;
      this.#isParkedAsync = session.isAsync;
      if (session.isAsync) session.onProgress(() => (this.#hasProgressed = true));
      this.state = 'parked';
    });
  }

  /** Says that its loop turns: a sleeping thread wakes ten times a second by itself. */
  beat(): void {
    if (this.state === 'parked' || this.state === 'running') this.perform(() => this.#session.beat());
  }

  /** Runs code as this thread. */
  perform(run: () => void): void {
    const outer = this.#kernel.current;
    this.#kernel.current = this;
    try {
      run();
    } catch (error) {
      this.#caught(error);
    } finally {
      this.#kernel.current = outer;
    }
    this.#restore();
  }

  async #performAsync(run: () => Promise<void>): Promise<void> {
    this.#kernel.current = this;
    try {
      await run();
    } catch (error) {
      this.#caught(error);
    } finally {
      this.#kernel.current = null;
    }
    this.#restore();
  }

  /** Ends this thread at the instruction that is running. */
  stopHere(state: 'dead' | 'hung'): never {
    if (!this.isStopped) {
      const { buffer } = this.task;
      let kept = keptMemory.get(buffer.byteLength);
      if (kept === undefined) keptMemory.set(buffer.byteLength, (kept = new Uint8Array(buffer.byteLength)));
      kept.set(new Uint8Array(buffer));
      this.#kept = kept;
      this.isStopped = true;
      this.state = state;
    }
    throw STOPPED;
  }

  /** Ends this thread between two turns. */
  stop(): void {
    this.state = 'dead';
    this.isStopped = true;
    this.#kernel.dropAlarmsOf(this);
  }

  #caught(error: unknown): void {
    if (this.isStopped) return;
    if (this.state === 'starting') {
      this.deathMessage = error instanceof Error ? error.message : String(error);
      this.stop();
      return;
    }
    // The engine's own code let an error out of a step: a real thread would die of it.
    this.#kernel.fault ??= error;
    this.stop();
  }

  #restore(): void {
    if (this.#kept === null) return;
    new Uint8Array(this.task.buffer).set(this.#kept);
    this.#kept = null;
    if (this.state === 'dead') this.#kernel.dropAlarmsOf(this);
  }

  #end(): void {
    this.state = 'ended';
    this.isReported = true;
    this.hasExited = true;
    this.#kernel.dropAlarmsOf(this);
    this.#settle.resolve();
    for (const listener of this.#exitListeners) listener();
  }

  once(_event: 'exit', listener: () => void): void {
    if (this.hasExited) listener();
    else this.#exitListeners.push(listener);
  }

  /** Asked for by main: the thread may go on for a moment, and the pool may say so before it has stopped. */
  terminate(): Promise<unknown> {
    this.isCondemned = true;
    this.#kernel.count('terminate asked');
    return Promise.resolve();
  }

  /** What the world may do about this thread's end, one at a time and in any order. */
  get hasObituary(): boolean {
    return (this.isCondemned || this.state === 'dead') && !(this.isReported && this.hasExited);
  }

  announceNext(): void {
    const { prng } = this.#kernel;
    const canReport = !this.isReported;
    if (this.state !== 'dead') {
      // Condemned and still there: stop it now, or let the pool speak too early.
      if (canReport && prng.integer(2) === 0) this.report();
      else this.stop();
      return;
    }
    if (canReport && (this.hasExited || prng.integer(2) === 0)) this.report();
    else this.exit();
  }

  report(): void {
    this.isReported = true;
    this.#settle.reject(new Error(this.deathMessage));
  }

  exit(): void {
    this.hasExited = true;
    for (const listener of this.#exitListeners) listener();
  }
}
