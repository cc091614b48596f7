/**
 * Takes records from the four lane rings of one host, calls their handlers and says what became of them. Runs on the
 * worker's thread, or on the main thread for handlers that live there; it never waits, so a test can step it.
 *
 *   lanes   CRITICAL ====>|  looked at before every record
 *           HIGH     ====>|  64 in a round
 *           NORMAL   ====>|  32            decode once -> each consumer whose bit is set in TARGETS
 *           LOW      ====>|  8
 *
 * A record is finished when its TARGETS word is zero; the head moves over finished records only. A thread that dies
 * leaves the words behind, so its successor knows what is still to do. Each bit is cleared right after the outcome was
 * counted or reported, with nothing in between at which a thread could be stopped.
 */
import { QtError, toErrorRecord, type ErrorRecord } from '../base/index.ts';
import {
  ATTEMPT,
  FLAG_ACK,
  FLAG_NO_KEY,
  FLAG_RELEASE,
  FLAG_RETRY,
  FLAGS,
  KEY_HASH,
  ROUTE,
  SEQ,
  TARGETS,
  decodeEvent,
  type DeliveredEvent,
  type EventOrigin,
  type FrameDecoder,
  type FrameViews,
} from '../codec/index.ts';
import { PRIORITIES, QT_EVENT_ENVELOPE_INVALID, QT_EVENT_PAYLOAD_INVALID, type HandlerContext } from '../event/index.ts';
import type { RingReader } from '../ring/index.ts';
import type { Consumer, Task } from './consumer.ts';
import { CURRENT_BIT, CURRENT_INDEX, CURRENT_LANE, HANDLED, RUNS_MAX, type Control } from './control.ts';
import type { Scheduler, Timer } from './environment.ts';
import { QT_EVENT_REJECTED, QT_GROUP_DEGRADED, QT_HANDLER_LOAD_FAILED, QT_HANDLER_TIMEOUT } from './errors.ts';
import { copyFrame, type Replies } from './replies.ts';

/** Main wants to hear of the success: of whatever was sent again, and of events that have a standby. */
const ACKNOWLEDGE = FLAG_RETRY | FLAG_RELEASE | FLAG_ACK;

/** Records in a round of HIGH, NORMAL and LOW: 8:4:1, in runs long enough that changing lanes costs nothing. */
const QUANTA = [0, 64, 32, 8] as const;
/** Errors that another try cannot mend: these events go to the dead letters at once. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  QT_EVENT_REJECTED,
  QT_GROUP_DEGRADED,
  QT_HANDLER_LOAD_FAILED,
  QT_EVENT_PAYLOAD_INVALID,
  QT_EVENT_ENVELOPE_INVALID,
]);

const LANES = PRIORITIES.length;
const CRITICAL = 0;

export interface DrainParts {
  readonly views: FrameViews;
  readonly readers: readonly RingReader[];
  readonly decoder: FrameDecoder;
  readonly control: Control;
  readonly replies: Replies;
  readonly origin: EventOrigin;
  /** Consumers by the bit of a route; undefined while the route or its consumer is not known here yet. */
  readonly consumersOf: (route: number) => readonly (Consumer | undefined)[] | undefined;
  /** Keep unfinished records in the ring (a worker: they survive it), or copy them out (main: the ring goes on). */
  readonly hold: boolean;
  readonly monotonicMs: () => number;
  readonly scheduler: Scheduler;
}

interface Held {
  readonly index: number;
  readonly startPosition: number;
}

export class Drain {
  /** A record was met whose route or consumer is not loaded here: the owner loads it and steps again. */
  needsRoute = 0;
  /** Some handler has returned a promise: the thread must keep its event loop turning. */
  isAsync = false;
  /** Asynchronous runs and waiting deliveries. */
  unfinished = 0;
  /** Called when asynchronous work moved on outside a step. */
  onProgress: () => void = () => {};
  readonly #parts: DrainParts;
  // Of the parts, what every record needs.
  readonly #views: FrameViews;
  readonly #readers: readonly RingReader[];
  readonly #control: Control;
  readonly #replies: Replies;
  /** Keys that wait for a retry, and how many events of each were handed back meanwhile. */
  readonly #blocked = new Map<number, number>();
  /** A record that was taken from its lane and could not be begun. */
  readonly #stalled = new Int32Array(LANES);
  /** Bits of a stalled record that are still to be begun; its other bits may be running. */
  readonly #stalledMask = new Int32Array(LANES);
  readonly #held: Held[][] = [[], [], [], []];
  readonly #released = new Int32Array(LANES);
  #sweep: Timer | null = null;
  #sweepDueMs = Infinity;
  /** Whose turn it is among HIGH, NORMAL and LOW, and for how many more records. Kept over steps, which may be short. */
  #turn = 1;
  #turnLeft: number = QUANTA[1];
  readonly #runningConsumers = new Set<Consumer>();
  readonly #freeRuns: number[] = [];
  #runsUsed = 0;

  constructor(parts: DrainParts) {
    this.#parts = parts;
    this.#views = parts.views;
    this.#readers = parts.readers;
    this.#control = parts.control;
    this.#replies = parts.replies;
    for (let lane = 0; lane < LANES; lane++) this.#released[lane] = parts.readers[lane]!.position;
  }

  /** Keys that wait for a retry; given to a successor thread when it starts. */
  block(consumer: number, keyHash: number, handedBack: number): void {
    this.#blocked.set(blockKey(consumer, keyHash), handedBack);
  }

  /** True if nothing is left: rings read and released, no asynchronous run, nothing stalled. */
  get isIdle(): boolean {
    if (this.unfinished !== 0) return false;
    for (let lane = 0; lane < LANES; lane++) {
      if (this.#stalled[lane] !== 0 || this.#readers[lane]!.hasNext()) return false;
    }
    return true;
  }

  /** True if a record waits where it is until its consumers have room or are known. */
  get isStalled(): boolean {
    for (let lane = 0; lane < LANES; lane++) if (this.#stalled[lane] !== 0) return true;
    return false;
  }

  hasNext(): boolean {
    for (let lane = 0; lane < LANES; lane++) {
      if (this.#stalled[lane] === 0 && this.#readers[lane]!.hasNext()) return true;
    }
    return false;
  }

  /**
   * Handles up to `limit` records and releases what is finished.
   *
   * @returns records taken; 0 when there was nothing that could be begun
   */
  step(limit: number): number {
    let taken = 0;
    // Changes of turn without a record between them: one more than there are turns means that there is nothing.
    let changes = 0;
    try {
      while (taken < limit && changes < LANES) {
        while (taken < limit && this.#mayTake(CRITICAL) && this.#take(CRITICAL)) taken++;
        if (taken === limit) break;
        if (this.#turnLeft > 0 && this.#take(this.#turn)) {
          this.#turnLeft--;
          taken++;
          changes = 0;
        } else {
          this.#turn = this.#turn === LANES - 1 ? 1 : this.#turn + 1;
          this.#turnLeft = QUANTA[this.#turn]!;
          changes++;
        }
      }
    } finally {
      // Also when something unforeseen threw: a reader that never releases would wedge its writer for ever.
      this.release();
    }
    return taken;
  }

  /** Moves the heads past finished records. */
  release(): void {
    for (let lane = 0; lane < LANES; lane++) {
      const held = this.#held[lane]!;
      while (held.length > 0 && this.#views.u32[(held[0]!.index + TARGETS) >> 2] === 0) held.shift();
      const reader = this.#readers[lane]!;
      const stalled = this.#stalled[lane]!;
      const position = held.length > 0 ? held[0]!.startPosition : stalled !== 0 ? this.#startOf(lane, stalled) : reader.position;
      if (position !== this.#released[lane]) {
        this.#released[lane] = position;
        reader.release(position);
      }
    }
  }

  #mayTake(lane: number): boolean {
    return this.#stalled[lane] !== 0 || this.#readers[lane]!.mayHaveNext();
  }

  #take(lane: number): boolean {
    const reader = this.#readers[lane]!;
    let index = this.#stalled[lane]!;
    let mask = this.#stalledMask[lane]!;
    if (index === 0) {
      index = reader.next();
      if (index === 0) return false;
      mask = this.#views.u32[(index + TARGETS) >> 2]!;
    }
    if (this.#handle(lane, index, mask)) {
      this.#stalled[lane] = 0;
      return true;
    }
    this.#stalled[lane] = index;
    return false;
  }

  /** Serves every consumer whose bit is set; false if the record has to wait where it is. */
  #handle(lane: number, index: number, targets: number): boolean {
    const views = this.#views;
    const route = views.u32[(index + ROUTE) >> 2]!;
    let mask = targets;
    if (route === 0) {
      const name = blockKey(mask >>> 0, views.u32[(index + KEY_HASH) >> 2]!);
      // Main says how many it had seen. If there are more on their way, those go first, and it will say it again.
      if (this.#blocked.get(name) === views.f64[(index + SEQ) >> 3]) this.#blocked.delete(name);
      views.u32[(index + TARGETS) >> 2] = 0;
      return true;
    }
    if (mask === 0) return true;
    const consumers = this.#parts.consumersOf(route);
    if (consumers === undefined) {
      this.needsRoute = route;
      this.#stalledMask[lane] = mask;
      return false;
    }
    let event: DeliveredEvent | null = null;
    while (mask !== 0) {
      const bit = 31 - Math.clz32(mask & -mask);
      const consumer = consumers[bit];
      if (consumer === undefined || consumer.isSaturated) {
        if (consumer === undefined) this.needsRoute = route;
        this.#stalledMask[lane] = mask;
        return false;
      }
      mask &= mask - 1;
      event ??= this.#decode(index);
      if (event === null) {
        this.#failUndecodable(consumer, index, bit);
        continue;
      }
      this.#deliver(consumer, event, lane, index, bit);
    }
    return true;
  }

  #deliver(consumer: Consumer, event: DeliveredEvent, lane: number, index: number, bit: number): void {
    const views = this.#views;
    const replies = this.#replies;
    const flags = views.u8[index + FLAGS]!;
    const key = (flags & FLAG_NO_KEY) !== 0 ? -1 : views.u32[(index + KEY_HASH) >> 2]!;
    if (key >= 0 && this.#blocked.size !== 0 && (flags & (FLAG_RETRY | FLAG_RELEASE)) === 0 && this.#isBlocked(consumer.id, key, lane)) {
      this.#park(consumer, key, views.bytes, index, views.i32[index >> 2]!);
      this.#clear(index, bit);
      return;
    }
    if (!consumer.isFree(key)) {
      const task = this.#toTask(consumer, event, lane, index, bit, key);
      consumer.enqueue(task);
      this.unfinished++;
      return;
    }
    const attempt = views.u16[(index + ATTEMPT) >> 1]!;
    const context = consumer.context;
    let result: unknown;
    let isAsync: boolean;
    this.#enter(lane, index, bit);
    try {
      if (consumer.closed || (consumer.filter !== null && !consumer.filter(event))) {
        this.#leave();
        if ((flags & ACKNOWLEDGE) !== 0) replies.commit(consumer.id, event.seq, attempt, true);
        // Not before the report, or a successor would count it once more.
        this.#countFiltered(consumer);
        this.#succeed(consumer, index, bit);
        return;
      }
      if (consumer.isDegraded) throw degradedError(consumer);
      context.begin(event, attempt);
      result = consumer.handler(event, context as HandlerContext);
      // In here, because asking a foreign object for its `then` runs code of the handler's.
      isAsync = isThenable(result);
    } catch (error) {
      this.#leave();
      context.end();
      replies.rollback();
      this.#fail(consumer, views.bytes, index, views.i32[index >> 2]!, attempt, key, error);
      this.#clear(index, bit);
      return;
    }
    this.#leave();
    if (isAsync) {
      const task = this.#toTask(consumer, event, lane, index, bit, key);
      this.unfinished++;
      this.#await(task, consumer.releaseContext(), result as PromiseLike<unknown>, replies.takeBack());
      return;
    }
    context.end();
    const acknowledge = (flags & ACKNOWLEDGE) !== 0;
    if (acknowledge || context.emitted !== 0) replies.commit(consumer.id, event.seq, attempt, acknowledge);
    this.#succeed(consumer, index, bit);
  }

  /** Counts a success and clears its bit: two plain stores side by side, which no termination can split. */
  #succeed(consumer: Consumer, index: number, bit: number): void {
    const { counters } = this.#control;
    const { u32 } = this.#views;
    const slot = consumer.slot * 2;
    const word = (index + TARGETS) >> 2;
    counters[slot] = counters[slot]! + 1;
    u32[word] = u32[word]! & ~(1 << bit);
  }

  #countFiltered(consumer: Consumer): void {
    const { counters } = this.#control;
    counters[consumer.slot * 2 + 1] = counters[consumer.slot * 2 + 1]! + 1;
  }

  /** Position of the record last taken from a lane. */
  #startOf(lane: number, index: number): number {
    const space = (this.#views.i32[index >> 2]! + 7) & ~7;
    return (this.#readers[lane]!.position - space) | 0;
  }

  #clear(index: number, bit: number): void {
    const { u32 } = this.#views;
    const word = (index + TARGETS) >> 2;
    u32[word] = u32[word]! & ~(1 << bit);
  }

  #fail(consumer: Consumer, bytes: Buffer, index: number, length: number, attempt: number, key: number, error: unknown): void {
    const record = toErrorRecord(error);
    const name = blockKey(consumer.id, key);
    if (key >= 0 && consumer.ordered && !this.#blocked.has(name)) this.#blocked.set(name, 0);
    this.#replies.fail(consumer.id, bytes, index, length, attempt, record, FINAL_CODES.has(record.code));
  }

  #failUndecodable(consumer: Consumer, index: number, bit: number): void {
    const views = this.#views;
    const replies = this.#replies;
    const error: ErrorRecord = toErrorRecord(this.#damage);
    replies.fail(consumer.id, views.bytes, index, views.i32[index >> 2]!, views.u16[(index + ATTEMPT) >> 1]!, error, true);
    this.#clear(index, bit);
  }

  #damage: unknown = null;

  #decode(index: number): DeliveredEvent | null {
    const { views, decoder, origin } = this.#parts;
    try {
      return decodeEvent(views, index, decoder, origin);
    } catch (error) {
      this.#damage = error;
      return null;
    }
  }

  /**
   * The end of a block is a control record in the CRITICAL lane. It may have been written after we last looked there
   * and before the record at hand, so look again before believing the block.
   */
  #isBlocked(consumer: number, key: number, lane: number): boolean {
    const name = blockKey(consumer, key);
    if (!this.#blocked.has(name)) return false;
    if (lane !== CRITICAL) while (this.#take(CRITICAL));
    return this.#blocked.has(name);
  }

  #toTask(consumer: Consumer, event: DeliveredEvent, lane: number, index: number, bit: number, key: number): Task {
    const { views, hold } = this.#parts;
    const length = views.i32[index >> 2]!;
    const flags = views.u8[index + FLAGS]!;
    const task: Task = {
      consumer,
      event,
      lane,
      index: hold ? index : 0,
      bytes: hold ? views.bytes : copyFrame(views.bytes, index, length),
      length,
      bit,
      held: hold,
      attempt: views.u16[(index + ATTEMPT) >> 1]!,
      acknowledge: (flags & ACKNOWLEDGE) !== 0,
      key,
      context: null,
      deadlineMs: 0,
      settled: false,
      isFiltered: false,
      run: -1,
    };
    if (hold) {
      const held = this.#held[lane]!;
      if (held.length === 0 || held[held.length - 1]!.index !== index) held.push({ index, startPosition: this.#startOf(lane, index) });
    } else {
      this.#clear(index, bit);
    }
    return task;
  }

  #await(task: Task, context: NonNullable<Task['context']>, result: PromiseLike<unknown>, published: Buffer[]): void {
    this.isAsync = true;
    task.context = context;
    context.detach(published);
    task.deadlineMs = this.#parts.monotonicMs() + task.consumer.timeoutMs;
    task.consumer.occupy(task);
    this.#runningConsumers.add(task.consumer);
    if (task.held) this.#listRun(task);
    this.#armSweep(task.consumer.timeoutMs);
    // A promise of our own settles later even if theirs calls back at once, in the middle of this record, or throws.
    new Promise((resolve) => {
      resolve(result);
    }).then(
      () => this.#settle(task, null),
      (error: unknown) => this.#settle(task, { error }),
    );
  }

  #settle(task: Task, failure: { readonly error: unknown } | null): void {
    // A run that timed out was settled then; what it says later changes nothing.
    if (task.settled) return;
    task.settled = true;
    const { consumer, context } = task;
    const replies = this.#replies;
    context!.end();
    if (failure === null) {
      for (const frame of context!.staged!) replies.derived(consumer.id, frame, 0, frame.length);
      if (task.acknowledge || context!.emitted !== 0) replies.commit(consumer.id, task.event.seq, task.attempt, task.acknowledge);
      if (task.isFiltered) this.#countFiltered(consumer);
      if (task.held) this.#succeed(consumer, task.index, task.bit);
      else this.#control.counters[consumer.slot * 2]! += 1;
    } else {
      this.#fail(consumer, task.bytes, task.index, task.length, task.attempt, task.key, failure.error);
      if (task.held) this.#clear(task.index, task.bit);
      if (task.key >= 0 && consumer.ordered) this.#parkBehind(consumer, task.key);
    }
    // Before its record is released: what stands in the list lies in the ring.
    this.#unlistRun(task);
    consumer.vacate(task);
    if (consumer.running.size === 0) this.#runningConsumers.delete(consumer);
    this.unfinished--;
    this.#beginReady(consumer);
    this.release();
    this.onProgress();
  }

  /** Tells a successor that this run may have killed us. */
  #listRun(task: Task): void {
    const run = this.#freeRuns.pop() ?? (this.#runsUsed < RUNS_MAX ? this.#runsUsed++ : -1);
    task.run = run;
    if (run < 0) return;
    const { runs } = this.#control;
    runs[2 * run] = task.index;
    runs[2 * run + 1] = task.bit + 1;
  }

  #unlistRun(task: Task): void {
    if (task.run < 0) return;
    this.#control.runs[2 * task.run + 1] = 0;
    this.#freeRuns.push(task.run);
    task.run = -1;
  }

  /** Hands an event of a blocked key back. */
  #park(consumer: Consumer, key: number, bytes: Buffer, index: number, length: number): void {
    const name = blockKey(consumer.id, key);
    const handedBack = this.#blocked.get(name)! + 1;
    this.#blocked.set(name, handedBack);
    this.#replies.park(consumer.id, bytes, index, length, handedBack);
  }

  #parkBehind(consumer: Consumer, key: number): void {
    for (const task of consumer.takeBehind(key)) {
      this.#park(consumer, key, task.bytes, task.index, task.length);
      if (task.held) this.#clear(task.index, task.bit);
      this.unfinished--;
    }
  }

  #beginReady(consumer: Consumer): void {
    for (let task = consumer.takeReady(); task !== undefined; task = consumer.takeReady()) this.#begin(task);
  }

  /** Starts a delivery that had to wait. */
  #begin(task: Task): void {
    const { consumer, event } = task;
    const replies = this.#replies;
    const context = consumer.releaseContext();
    context.begin(event, task.attempt);
    context.detach([]);
    task.context = context;
    if (task.held) this.#enter(task.lane, task.index, task.bit);
    let result: unknown;
    let isAsync: boolean;
    try {
      if (consumer.closed || (consumer.filter !== null && !consumer.filter(event))) task.isFiltered = true;
      else if (consumer.isDegraded) throw degradedError(consumer);
      else result = consumer.handler(event, context as HandlerContext);
      isAsync = isThenable(result);
    } catch (error) {
      this.#leave();
      replies.rollback();
      consumer.occupy(task);
      this.#settle(task, { error });
      return;
    }
    this.#leave();
    if (isAsync) {
      this.#await(task, context, result as PromiseLike<unknown>, context.staged ?? []);
      return;
    }
    consumer.occupy(task);
    this.#settle(task, null);
  }

  #enter(lane: number, index: number, bit: number): void {
    const { words } = this.#control;
    words[CURRENT_INDEX] = index;
    words[CURRENT_BIT] = bit;
    words[CURRENT_LANE] = lane + 1;
  }

  #leave(): void {
    const { words } = this.#control;
    words[CURRENT_LANE] = 0;
    words[HANDLED] = (words[HANDLED]! + 1) | 0;
  }

  #armSweep(timeoutMs: number): void {
    const delayMs = Math.max(10, timeoutMs / 10);
    const dueMs = this.#parts.monotonicMs() + delayMs;
    if (this.#sweep !== null && this.#sweepDueMs <= dueMs) return;
    this.#sweep?.cancel();
    this.#sweepDueMs = dueMs;
    // One timer for all runs, set for the most impatient: a run is found at most a tenth of its time late.
    this.#sweep = this.#parts.scheduler.after(delayMs, () => this.#sweepTimeouts(delayMs), 'background');
  }

  /**
   * Time in which this thread could not run is nobody's fault: a stopped process, or a handler that blocked the others. When
   * it began is not known to less than the time between two looks, and nobody is given up early.
   */
  #sweepTimeouts(delayMs: number): void {
    this.#sweep = null;
    const now = this.#parts.monotonicMs();
    const lateMs = now - this.#sweepDueMs;
    let shortest = Infinity;
    for (const consumer of this.#runningConsumers) {
      if (lateMs > delayMs) for (const task of consumer.running) task.deadlineMs += lateMs + delayMs;
      shortest = Math.min(shortest, consumer.timeoutMs);
      for (const task of consumer.running) {
        if (task.deadlineMs > now) break;
        const error = { name: 'Error', code: QT_HANDLER_TIMEOUT, message: `no result within ${consumer.timeoutMs} ms` };
        task.context!.abort(error);
        this.#settle(task, { error });
      }
    }
    if (shortest !== Infinity) this.#armSweep(shortest);
  }

  /** Stops the timer; nothing may be stepped afterwards. */
  close(): void {
    this.#sweep?.cancel();
    this.#sweep = null;
  }
}

function blockKey(consumer: number, keyHash: number): number {
  return consumer * 4_294_967_296 + keyHash;
}

function degradedError(consumer: Consumer): QtError {
  return new QtError(QT_GROUP_DEGRADED, `group ${consumer.group} is out of service: its handlers only killed their threads`);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
