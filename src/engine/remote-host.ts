/**
 * A worker thread as the main thread sees it: writes its lane rings, reads its reply ring, and replaces it when it dies.
 *
 *   start -> thread writes READY -> works -> dies -> thread has really exited -> replies read to the end -> what it was
 *   doing counts as failed -> next epoch starts on the same rings
 *
 * The rings outlive the thread, so a death loses nothing: unfinished records still have their TARGETS bits.
 */
import { QtError, toErrorRecord, type ErrorRecord, type Logger } from '../base/index.ts';
import { ATTEMPT, CAUSE_SEQ, FLAG_RELEASE, FLAG_RETRY, FLAGS, FrameViews, LENGTH, ROUTE, SEQ, TARGETS } from '../codec/index.ts';
import { PRIORITIES } from '../event/index.ts';
import { RingReader, RingWriter } from '../ring/index.ts';
import {
  CLOSE,
  COMMAND,
  Control,
  CONTROL_SEQ,
  CURRENT_BIT,
  CURRENT_INDEX,
  CURRENT_LANE,
  HANDLED,
  IDLE,
  IDLE_PING,
  PINGED,
  READY,
  REPLY_WAITING,
  RUNS_MAX,
  SLEEPING,
  TURNS,
  WAKE,
} from './control.ts';
import { QT_HANDLER_CRASHED, QT_HANDLER_FAILED, QT_HANDLER_HUNG, QT_WORKER_FAILED } from './errors.ts';
import type { Environment, PoolThread, ThreadPool, ThreadPort, Timer } from './environment.ts';
import type { Watched } from './hang-watch.ts';
import type { Host } from './host.ts';
import { createHostMemory, layoutHost, type HostLayout } from './host-layout.ts';
import { Outlet } from './outlet.ts';
import {
  copyFrame,
  REPLY_ATTEMPT,
  REPLY_CONSUMER,
  REPLY_DERIVED,
  REPLY_DONE,
  REPLY_FAIL,
  REPLY_FRAME_LENGTH,
  REPLY_HEAD_BYTES,
  REPLY_KIND,
  REPLY_PARK,
  REPLY_REJECT,
  REPLY_SEQ,
} from './replies.ts';
import type { Member } from './member.ts';
import type { Page } from './router.ts';
import type { Suspect } from './suspects.ts';
import type { WorkerCommand, WorkerMessage, WorkerTask } from './worker-task.ts';

/** A thread that has not become ready by then is given up. */
const READY_MS_MAX = 30_000;
/** Deaths before READY in a row after which the thread is not started again at once. */
const BOOT_FAILURES_MAX = 3;
const BOOT_RETRY_MS = 1000;
/** How long a closing thread may take for its current handler and teardown before it is terminated. */
const CLOSE_MS_MAX = 2000;
/** How long an event loop may be silent beyond the longest time limit: it wakes ten times a second by itself. */
const LOOP_SILENCE_MS = 1000;

export interface RemoteHostTarget {
  /** A derived event, still in the reply ring. */
  derived(consumer: number, views: FrameViews, index: number, length: number): void;
  done(consumer: number, seq: number, attempt: number): void;
  fail(consumer: number, frame: Buffer, attempt: number, error: ErrorRecord, isFinal: boolean): void;
  /** Asynchronous runs that were under way when the thread died, oldest first per lane. */
  accused(host: RemoteHost, suspects: readonly Suspect[], error: ErrorRecord): void;
  park(consumer: number, frame: Buffer, handedBack: number): void;
  /** The thread is gone and its replies are read. Whose deliveries nobody owes any more is told by `isAbandoned`. */
  died(host: RemoteHost): void;
  /** True if a delivery in the dead thread's rings is not owed any more; it is taken off the books then. */
  isAbandoned(member: Member, seq: number): boolean;
  /** True if the member's filter refuses the event of this frame. */
  isFiltered(member: Member, views: FrameViews, index: number): boolean;
  /** Modules of all handlers, for the next spare thread to load ahead. */
  moduleUrls(): string[];
  /** Replies were read, or space or idleness reported. */
  progress(host: RemoteHost): void;
  page(route: number): Page | undefined;
  /** The task for the next epoch, without what the host itself adds. */
  task(host: RemoteHost): Omit<WorkerTask, 'buffer' | 'port' | 'epoch' | 'ringBytes' | 'replyBytes'>;
}

interface LastReply {
  readonly consumer: number;
  readonly seq: number;
  readonly attempt: number;
  /** Mark of the delivery: FLAG_RETRY, FLAG_RELEASE or 0; of no meaning after a success, which nothing follows. */
  readonly mark: number;
  readonly isSuccess: boolean;
}

export class RemoteHost implements Host, Watched {
  readonly index: number;
  readonly outlets: readonly Outlet[];
  readonly control: Control;
  /** Threads that died on this host. */
  crashes = 0;
  readonly #target: RemoteHostTarget;
  readonly #environment: Environment;
  #pool!: ThreadPool;
  readonly #logger: Logger;
  readonly #buffer: SharedArrayBuffer;
  readonly #layout: HostLayout;
  readonly #ringBytes: number;
  readonly #replyBytes: number;
  readonly #views: FrameViews;
  readonly #replies: RingReader;
  #port: ThreadPort | null = null;
  #epoch = 0;
  #thread: PoolThread | null = null;
  #isHung = false;
  /** The longest time limit of any handler there. */
  #timeoutMsMax = 0;
  #exited: Promise<void> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();
  #isClosing = false;
  #bootFailures = 0;
  #loadError: unknown = null;
  #lastReply: LastReply | null = null;
  #onReady: { resolve: () => void; reject: (error: unknown) => void } | null = null;
  #retryTimer: Timer | null = null;

  constructor(index: number, ringBytes: number, replyBytes: number, logger: Logger, environment: Environment, target: RemoteHostTarget) {
    this.index = index;
    this.#environment = environment;
    this.#target = target;
    this.#logger = logger;
    this.#ringBytes = ringBytes;
    this.#replyBytes = replyBytes;
    this.#layout = layoutHost(ringBytes, replyBytes);
    this.#buffer = createHostMemory(new SharedArrayBuffer(this.#layout.bytes), this.#layout, ringBytes, replyBytes);
    this.#views = new FrameViews(this.#buffer);
    this.control = new Control(this.#buffer, 0);
    this.outlets = this.#layout.laneBases.map((base) => new Outlet(new RingWriter(this.#buffer, base), this.#views, index));
    this.#replies = new RingReader(this.#buffer, this.#layout.replyBase);
  }

  /**
   * Starts the thread and waits until its handlers are loaded.
   *
   * @throws QtError QT_HANDLER_LOAD_FAILED, QT_WORKER_FAILED
   */
  async start(pool: ThreadPool): Promise<void> {
    this.#pool = pool;
    const ready = new Promise<void>((resolve, reject) => {
      this.#onReady = { resolve, reject };
    });
    this.#spawn();
    const onLate = (): void => {
      this.#failStart(new QtError(QT_WORKER_FAILED, `Cannot start worker ${this.index}: not ready within ${READY_MS_MAX} ms`));
    };
    // The thread itself keeps the process alive; when another one has failed to start, this one is ended and never ready.
    const timeout = this.#environment.scheduler.after(READY_MS_MAX, onLate, 'background');
    try {
      await ready;
    } finally {
      timeout.cancel();
    }
  }

  wake(): void {
    this.control.wake();
  }

  /** Asks for a ping each time the worker runs out of work. */
  reportIdle(isWanted: boolean): void {
    Atomics.store(this.control.words, IDLE_PING, isWanted ? 1 : 0);
    if (isWanted) this.#nudge();
  }

  resent(consumer: number, seq: number): void {
    // Or the recovery would take the earlier report for the outcome of the redelivery, which looks the same, and lose it.
    if (this.#lastReply?.seq === seq && this.#lastReply.consumer === consumer) this.#lastReply = null;
  }

  /** Unfinished records stay in the rings of a thread. */
  visitTaken(): void {}

  isIdle(): boolean {
    const { words } = this.control;
    if (Atomics.load(words, READY) === 0 || Atomics.load(words, IDLE) === 0) return false;
    return this.outlets.every((outlet) => outlet.overflowLength === 0 && outlet.writer.usedBytes() === 0) && this.#replies.isDrained();
  }

  runningSince(): number {
    const { words } = this.control;
    if (Atomics.load(words, CURRENT_LANE) !== 0) return Atomics.load(words, HANDLED) >>> 0;
    // Between the runs it is the event loop that must turn: an asynchronous handler may block it after its first `await`.
    const turns = Atomics.load(words, TURNS);
    return turns === 0 ? -1 : 2 ** 32 + (turns >>> 0);
  }

  runningTimeoutMs(): number {
    const { words } = this.control;
    if (Atomics.load(words, CURRENT_LANE) === 0) return this.#timeoutMsMax + LOOP_SILENCE_MS;
    const index = Atomics.load(words, CURRENT_INDEX);
    const page = this.#target.page(this.#views.u32[(index + ROUTE) >> 2]!);
    return page?.members[Atomics.load(words, CURRENT_BIT)]?.subscription.timeoutMs ?? Infinity;
  }

  endHung(): void {
    if (this.#thread === null || this.#isHung) return;
    this.#isHung = true;
    this.#logger.error({ host: this.index, epoch: this.#epoch }, 'a handler does not come back, its thread is replaced');
    // Resolves when the thread has ended; the pool then reports its task as failed.
    this.#thread.terminate().catch((error: unknown) => this.#logger.error({ err: error }, 'a hung thread could not be ended'));
  }

  /** Sends what the worker must know before the next frame is written; see `WorkerCommand`. */
  command(command: WorkerCommand): void {
    if (command.kind === 'consumer') this.#timeoutMsMax = Math.max(this.#timeoutMsMax, command.consumer.timeoutMs);
    if (this.#port === null) return;
    this.#port.post(command);
    Atomics.add(this.control.words, CONTROL_SEQ, 1);
    this.wake();
  }

  /** Reads all replies that are there. */
  readReplies(): void {
    Atomics.store(this.control.words, PINGED, 0);
    let read = 0;
    for (let index = this.#replies.next(); index !== 0; index = this.#replies.next()) {
      this.#handleReply(index);
      // Released one by one: handling may throw, and a reply must not be handled twice.
      this.#replies.release(this.#replies.position);
      read++;
    }
    if (read > 0 && Atomics.load(this.control.words, REPLY_WAITING) === 1) {
      Atomics.store(this.control.words, REPLY_WAITING, 0);
      Atomics.notify(this.control.words, REPLY_WAITING);
    }
  }

  /** Lets the thread finish its current batch and run its teardowns; terminates it when it takes too long. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#retryTimer?.cancel();
    Atomics.store(this.control.words, COMMAND, CLOSE);
    this.#nudge();
    const timeout = new Promise<void>((resolve) => {
      this.#environment.scheduler.after(CLOSE_MS_MAX, resolve, 'background');
    });
    await Promise.race([this.#running, timeout]);
    this.#port?.close();
  }

  #nudge(): void {
    Atomics.add(this.control.words, WAKE, 1);
    Atomics.notify(this.control.words, WAKE);
  }

  #spawn(): void {
    const { words } = this.control;
    this.#epoch++;
    for (const word of [READY, IDLE, SLEEPING, PINGED, REPLY_WAITING, CURRENT_LANE, CONTROL_SEQ, TURNS]) Atomics.store(words, word, 0);
    this.#lastReply = null;
    this.#loadError = null;
    // The new thread is told by its task which keys wait. What the ring says of a key that was freed, even a moment ago,
    // is of an earlier wait, and would end the next one.
    this.outlets[0]!.takeBackFreed();
    const [own, other] = this.#environment.createChannel();
    this.#port = own;
    own.listen((message) => this.#onMessage(message as WorkerMessage));
    const task: WorkerTask = {
      ...this.#target.task(this),
      buffer: this.#buffer,
      port: other.transfer,
      epoch: this.#epoch,
      ringBytes: this.#ringBytes,
      replyBytes: this.#replyBytes,
    };
    for (const { timeoutMs } of task.consumers) this.#timeoutMsMax = Math.max(this.#timeoutMsMax, timeoutMs);
    this.#thread = null;
    this.#isHung = false;
    this.#exited = Promise.resolve();
    this.#running = this.#pool.run(task).then(
      () => this.#onEnd(null),
      (error: unknown) => this.#onEnd(error ?? new Error('the thread ended')),
    );
  }

  #onMessage(message: WorkerMessage): void {
    if (message === 'ping') {
      this.readReplies();
      this.#target.progress(this);
      return;
    }
    switch (message.kind) {
      case 'ready':
        this.#watchExit(message.threadId);
        this.#bootFailures = 0;
        this.#onReady?.resolve();
        this.#onReady = null;
        this.#target.progress(this);
        // This thread was the spare. The next one is started only now: it would have slowed this one down.
        if (this.#epoch > 1) this.#pool.warm(this.#target.moduleUrls()).catch(() => {});
        return;
      case 'load-failed':
        this.#loadError = new QtError(message.error.code, message.error.message);
        this.#logger.error({ host: this.index, consumer: message.id, code: message.error.code }, message.error.message);
        return;
      case 'log':
        this.#logger[message.level](message.fields, message.message);
        return;
    }
  }

  #watchExit(threadId: number): void {
    const thread = this.#pool.thread(threadId);
    if (thread === undefined) return;
    this.#thread = thread;
    this.#exited = new Promise((resolve) => {
      thread.once('exit', () => resolve());
    });
  }

  async #onEnd(error: unknown): Promise<void> {
    if (error === null) return;
    // The pool reports the death before the thread is gone; two threads must never read one ring.
    await this.#exited;
    const wasReady = Atomics.load(this.control.words, READY) === 1;
    // Its last words may still be on their way, and they say why it ended: no order holds between two ports.
    for (let message = this.#port?.receive(); message !== undefined; message = this.#port?.receive())
      this.#onMessage(message as WorkerMessage);
    this.#port?.close();
    this.#port = null;
    this.readReplies();
    if (this.#isClosing) return;
    this.crashes++;
    if (!wasReady) {
      this.#onBootFailure(error);
      return;
    }
    this.#logger.warn(
      { host: this.index, epoch: this.#epoch, error: toErrorRecord(error).message },
      'worker thread died, starting another',
    );
    this.#target.died(this);
    this.#recover(toErrorRecord(error));
    this.#spawn();
    this.#target.progress(this);
  }

  #onBootFailure(error: unknown): void {
    const cause = this.#loadError ?? error;
    if (this.#onReady !== null) {
      this.#failStart(
        cause instanceof QtError
          ? cause
          : new QtError(QT_WORKER_FAILED, `Cannot start worker ${this.index}: ${toErrorRecord(cause).message}`, { cause }),
      );
      return;
    }
    this.#bootFailures++;
    this.#logger.error(
      { host: this.index, failures: this.#bootFailures, error: toErrorRecord(cause).message },
      'worker thread died before it was ready',
    );
    const delay = this.#bootFailures < BOOT_FAILURES_MAX ? 0 : BOOT_RETRY_MS;
    this.#retryTimer = this.#environment.scheduler.after(delay, () => {
      if (!this.#isClosing) this.#spawn();
    });
  }

  #failStart(error: unknown): void {
    this.#onReady?.reject(error);
    this.#onReady = null;
  }

  #handleReply(index: number): void {
    const views = this.#views;
    const kind = views.u32[(index + REPLY_KIND) >> 2]!;
    const consumer = views.u32[(index + REPLY_CONSUMER) >> 2]!;
    const attempt = views.u32[(index + REPLY_ATTEMPT) >> 2]!;
    const length = views.u32[(index + REPLY_FRAME_LENGTH) >> 2]!;
    const at = index + REPLY_HEAD_BYTES;
    switch (kind) {
      case REPLY_DERIVED:
        this.#lastReply = { consumer, seq: views.f64[(at + CAUSE_SEQ) >> 3]!, attempt, mark: 0, isSuccess: true };
        this.#target.derived(consumer, views, at, length);
        return;
      case REPLY_DONE: {
        const seq = views.f64[(index + REPLY_SEQ) >> 3]!;
        this.#lastReply = { consumer, seq, attempt, mark: 0, isSuccess: true };
        this.#target.done(consumer, seq, attempt);
        return;
      }
      case REPLY_PARK:
        this.#rememberUnfinished(consumer, at);
        this.#target.park(consumer, copyFrame(views.bytes, at, length), views.f64[(index + REPLY_SEQ) >> 3]!);
        return;
      case REPLY_FAIL:
      case REPLY_REJECT: {
        this.#rememberUnfinished(consumer, at);
        const errorStart = at + ((length + 7) & ~7);
        const errorEnd = index + this.#replies.length(index);
        const error = parseError(views.bytes.toString('utf8', errorStart, errorEnd));
        this.#target.fail(consumer, copyFrame(views.bytes, at, length), attempt, error, kind === REPLY_REJECT);
        return;
      }
    }
  }

  /** A delivery came back, with the frame as it was delivered. */
  #rememberUnfinished(consumer: number, at: number): void {
    const { f64, u16, u8 } = this.#views;
    const mark = u8[at + FLAGS]! & (FLAG_RETRY | FLAG_RELEASE);
    this.#lastReply = { consumer, seq: f64[(at + SEQ) >> 3]!, attempt: u16[(at + ATTEMPT) >> 1]!, mark, isSuccess: false };
  }

  /** The thread is gone: settles what it was doing. Only what nobody has counted yet is still marked in the rings. */
  #recover(death: ErrorRecord): void {
    const { words } = this.control;
    const currentLane = words[CURRENT_LANE]! - 1;
    const currentIndex = words[CURRENT_INDEX]!;
    const currentBit = words[CURRENT_BIT]!;
    const error: ErrorRecord = this.#isHung
      ? { name: 'Error', code: QT_HANDLER_HUNG, message: 'no return within the processing timeout; the thread was replaced' }
      : { name: 'Error', code: QT_HANDLER_CRASHED, message: `the thread died: ${death.message}` };
    const started = this.#startedRuns();
    const accused: Suspect[] = [];
    for (let lane = 0; lane < PRIORITIES.length; lane++) {
      const reader = new RingReader(this.#buffer, this.#layout.laneBases[lane]!);
      for (let index = reader.next(); index !== 0; index = reader.next()) {
        if (this.#views.u32[(index + ROUTE) >> 2] === 0) continue;
        this.#settleReported(index);
        this.#abandon(index);
        if (lane === currentLane && index === currentIndex) this.#crash(index, currentBit, error);
        // With no record at hand, one of the asynchronous runs did it, and nobody can say which.
        else if (currentLane < 0) this.#accuse(index, started.get(index) ?? 0, accused);
      }
    }
    this.control.runs.fill(0);
    if (accused.length > 0) this.#target.accused(this, accused, error);
  }

  /** Asynchronous runs that were under way: bits by record. */
  #startedRuns(): Map<number, number> {
    const { runs } = this.control;
    const started = new Map<number, number>();
    for (let run = 0; run < RUNS_MAX; run++) {
      const bit = runs[2 * run + 1]! - 1;
      if (bit >= 0) started.set(runs[2 * run]!, (started.get(runs[2 * run]!) ?? 0) | (1 << bit));
    }
    return started;
  }

  /** The thread may have died between reporting an outcome and clearing its bit; then the report counts. */
  #settleReported(index: number): void {
    const last = this.#lastReply;
    if (last === null || this.#views.f64[(index + SEQ) >> 3] !== last.seq) return;
    // The same event may lie there again, sent because of this very report: another attempt, or another mark.
    if (this.#views.u16[(index + ATTEMPT) >> 1] !== last.attempt) return;
    if (!last.isSuccess && (this.#views.u8[index + FLAGS]! & (FLAG_RETRY | FLAG_RELEASE)) !== last.mark) return;
    const page = this.#target.page(this.#views.u32[(index + ROUTE) >> 2]!);
    const bit = page?.members.findIndex((member) => member.id === last.consumer) ?? -1;
    const word = (index + TARGETS) >> 2;
    if (bit < 0 || (this.#views.u32[word]! & (1 << bit)) === 0) return;
    this.#views.u32[word]! &= ~(1 << bit);
    if (!last.isSuccess) return;
    const member = page!.members[bit]!;
    const { counters } = this.control;
    counters[member.slot * 2]! += 1;
    if (this.#target.isFiltered(member, this.#views, index)) counters[member.slot * 2 + 1]! += 1;
  }

  #abandon(index: number): void {
    const { u32 } = this.#views;
    const word = (index + TARGETS) >> 2;
    const page = this.#target.page(u32[(index + ROUTE) >> 2]!);
    for (let rest = u32[word]!; rest !== 0; rest &= rest - 1) {
      const bit = 31 - Math.clz32(rest & -rest);
      const member = page?.members[bit];
      if (member !== undefined && this.#target.isAbandoned(member, this.#views.f64[(index + SEQ) >> 3]!)) u32[word]! &= ~(1 << bit);
    }
  }

  #crash(index: number, bit: number, error: ErrorRecord): void {
    const delivery = this.#takeOut(index, bit);
    if (delivery !== null) this.#target.fail(delivery.member.id, delivery.frame, delivery.attempt, error, false);
  }

  /** Takes a delivery out of its ring, with a copy of its frame; null if it has its outcome already. */
  #takeOut(index: number, bit: number): Suspect | null {
    const { u16, i32, u32, f64, bytes } = this.#views;
    const word = (index + TARGETS) >> 2;
    if ((u32[word]! & (1 << bit)) === 0) return null;
    const member = this.#target.page(u32[(index + ROUTE) >> 2]!)?.members[bit];
    if (member === undefined) return null;
    u32[word]! &= ~(1 << bit);
    const frame = copyFrame(bytes, index, i32[(index + LENGTH) >> 2]!);
    return { member, frame, seq: f64[(index + SEQ) >> 3]!, attempt: u16[(index + ATTEMPT) >> 1]! };
  }

  #accuse(index: number, bits: number, accused: Suspect[]): void {
    for (let rest = bits; rest !== 0; rest &= rest - 1) {
      const delivery = this.#takeOut(index, 31 - Math.clz32(rest & -rest));
      if (delivery !== null) accused.push(delivery);
    }
  }
}

function parseError(text: string): ErrorRecord {
  if (text === '') return { name: 'Error', code: QT_HANDLER_FAILED, message: 'the error was too large to carry beside its event' };
  return JSON.parse(text) as ErrorRecord;
}
