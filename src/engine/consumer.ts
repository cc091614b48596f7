import { QtError, type Logger } from '../base/index.ts';
import type { DeliveredEvent } from '../codec/index.ts';
import type { Handler } from '../event/index.ts';
import { DeliveryContext, type Emission } from './delivery-context.ts';
import { QT_HANDLER_LOAD_FAILED } from './errors.ts';
import type { FilterFunction } from './filter.ts';

/** A delivery that outlives the drain step that began it: its handler is asynchronous, or its key or turn is taken. */
export interface Task {
  readonly consumer: Consumer;
  readonly event: DeliveredEvent;
  readonly lane: number;
  /** Where the record lies: in the ring if it is held there, else in `bytes` at 0. */
  readonly index: number;
  readonly bytes: Buffer;
  readonly length: number;
  readonly bit: number;
  readonly held: boolean;
  readonly attempt: number;
  readonly acknowledge: boolean;
  /** Key hash, or -1 for an event without a key. */
  readonly key: number;
  context: DeliveryContext | null;
  deadlineMs: number;
  settled: boolean;
  /** Refused by the filter, without a run. */
  isFiltered: boolean;
  /** Entry in the list of runs, or -1. */
  run: number;
}

export interface ConsumerSpec {
  readonly id: number;
  /** The `source` of its derived events. */
  readonly subscription: number;
  readonly group: string;
  /** Place of its counters in the control block. */
  readonly slot: number;
  readonly filter: FilterFunction | null;
  readonly timeoutMs: number;
  /** Asynchronous runs at one time. */
  readonly limit: number;
  /** Deliveries that may wait for their key or turn before the lane stalls. */
  readonly waitingMax: number;
  /** Later events of a key wait while an earlier one is retried. */
  readonly ordered: boolean;
}

/** Stands in for a handler that could not be loaded: its events become dead letters instead of holding up their lane. */
export function rejecting(group: string, cause: unknown): Handler {
  return () => {
    throw new QtError(QT_HANDLER_LOAD_FAILED, `the handler of group ${group} could not be loaded`, { cause });
  };
}

/**
 * One handler on one thread, with the order of its asynchronous runs: one at a time per key, `limit` at a time in all.
 * Synchronous handlers never touch the queues here.
 */
export class Consumer {
  readonly id: number;
  readonly group: string;
  readonly slot: number;
  readonly filter: FilterFunction | null;
  readonly timeoutMs: number;
  readonly ordered: boolean;
  readonly handler: Handler;
  readonly state: unknown;
  context: DeliveryContext;
  closed = false;
  /** Out of service: every event is refused, without calling the handler. */
  isDegraded = false;
  waiting = 0;
  readonly running = new Set<Task>();
  readonly #subscription: number;
  readonly #limit: number;
  readonly #waitingMax: number;
  readonly #logger: Logger;
  readonly #emission: Emission;
  /** Tasks waiting behind the running one of their key. A key is in here while any of its tasks is queued or runs. */
  readonly #keys = new Map<number, Task[]>();
  #ready: Task[] = [];

  constructor(spec: ConsumerSpec, handler: Handler, state: unknown, logger: Logger, emission: Emission) {
    this.id = spec.id;
    this.group = spec.group;
    this.slot = spec.slot;
    this.filter = spec.filter;
    this.timeoutMs = spec.timeoutMs;
    this.ordered = spec.ordered;
    this.handler = handler;
    this.state = state;
    this.context = new DeliveryContext(spec.id, spec.subscription, spec.group, state, logger, emission);
    this.#subscription = spec.subscription;
    this.#limit = spec.limit;
    this.#waitingMax = spec.waitingMax;
    this.#logger = logger;
    this.#emission = emission;
  }

  /** True if a record of this key may run right now. */
  isFree(key: number): boolean {
    if (this.waiting === 0 && this.running.size === 0) return true;
    return this.running.size < this.#limit && this.#ready.length === 0 && (key < 0 || !this.#keys.has(key));
  }

  /** True if no further delivery may wait here: the lane has to stall. */
  get isSaturated(): boolean {
    return this.waiting >= this.#waitingMax;
  }

  /** Queues a delivery that is not free to run. */
  enqueue(task: Task): void {
    this.waiting++;
    const behind = task.key < 0 ? undefined : this.#keys.get(task.key);
    if (behind !== undefined) {
      behind.push(task);
      return;
    }
    if (task.key >= 0) this.#keys.set(task.key, []);
    this.#ready.push(task);
  }

  /** A delivery has begun and is not finished: its key is taken. */
  occupy(task: Task): void {
    this.running.add(task);
    if (task.key >= 0 && !this.#keys.has(task.key)) this.#keys.set(task.key, []);
  }

  /** A delivery is over: the next of its key becomes ready. */
  vacate(task: Task): void {
    this.running.delete(task);
    if (task.key < 0) return;
    const behind = this.#keys.get(task.key);
    const next = behind?.shift();
    if (next === undefined) this.#keys.delete(task.key);
    else this.#ready.push(next);
  }

  /** The next delivery that may begin, or undefined. */
  takeReady(): Task | undefined {
    if (this.running.size >= this.#limit) return undefined;
    const task = this.#ready.shift();
    if (task !== undefined) this.waiting--;
    return task;
  }

  /** Every delivery that waits behind a key, taken out: used when the key must wait for a retry. */
  takeBehind(key: number): Task[] {
    const behind = this.#keys.get(key)?.splice(0) ?? [];
    this.waiting -= behind.length;
    return behind;
  }

  /** Visits the seq of every delivery that runs or waits here. */
  visitUnfinished(visit: (seq: number) => void): void {
    for (const { event } of this.running) visit(event.seq);
    for (const { event } of this.#ready) visit(event.seq);
    for (const behind of this.#keys.values()) for (const { event } of behind) visit(event.seq);
  }

  /** Gives the asynchronous run its context and keeps a fresh one for the next. */
  releaseContext(): DeliveryContext {
    const context = this.context;
    this.context = new DeliveryContext(this.id, this.#subscription, this.group, this.state, this.#logger, this.#emission);
    return context;
  }
}
