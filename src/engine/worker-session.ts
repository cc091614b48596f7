/**
 * What one worker thread holds: its rings, handlers and routes. It never waits, so that a thread can run it (`worker.ts`)
 * and a simulator can step it.
 */
import { toErrorRecord, type Clock, type Logger } from '../base/index.ts';
import { FrameDecoder, FrameEncoder, FrameViews, TypeTable } from '../codec/index.ts';
import { RingReader, RingWriter } from '../ring/index.ts';
import { Consumer, rejecting } from './consumer.ts';
import { CLOSE, COMMAND, Control, CONTROL_SEQ, EPOCH, IDLE, IDLE_PING, READY, SLEEPING, THREAD_ID, TURNS } from './control.ts';
import { Drain } from './drain.ts';
import type { Scheduler, ThreadPort } from './environment.ts';
import { compileFilter } from './filter.ts';
import { HandlerLoader } from './handler-loader.ts';
import { layoutHost } from './host-layout.ts';
import { Intake } from './intake.ts';
import { createPing, RingReplies } from './ring-replies.ts';
import type { ConsumerRecord, RouteRecord, WorkerCommand, WorkerMessage, WorkerTask } from './worker-task.ts';

/** Part of a ring that main is told of at once: waking main costs a worker as much as a hundred events. */
const ROOM_SHARE = 4;
/** Main never waits longer for the news of a little room: handlers may take their time. */
const ROOM_MS = 1;

export interface WorkerSurroundings {
  readonly port: ThreadPort;
  readonly threadId: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

export class WorkerSession {
  readonly control: Control;
  readonly #port: ThreadPort;
  readonly #threadId: number;
  readonly #table: TypeTable;
  readonly #consumers = new Map<number, Consumer>();
  readonly #routes = new Map<number, readonly (Consumer | undefined)[]>();
  readonly #routeRecords = new Map<number, RouteRecord>();
  readonly #sources = new Map<number, string>();
  readonly #drain: Drain;
  readonly #readers: RingReader[];
  readonly #loader: HandlerLoader;
  readonly #logger: Logger;
  readonly #emission: { intake: Intake; encoder: FrameEncoder; replies: RingReplies };
  readonly #task: WorkerTask;
  readonly #ping: () => void;
  readonly #keyed: Set<string>;
  readonly #nowMs: () => number;
  #controlSeen = 0;
  /** Since when main is known to wait for room that is not there yet; null while it does not. */
  #askedAtMs: number | null = null;

  constructor(task: WorkerTask, surroundings: WorkerSurroundings) {
    this.#task = task;
    this.#port = surroundings.port;
    this.#threadId = surroundings.threadId;
    this.#nowMs = () => surroundings.clock.monotonicMs();
    this.#keyed = new Set(task.keyed);
    this.control = new Control(task.buffer, 0);
    this.#table = TypeTable.fromRecords(task.types);
    const views = new FrameViews(task.buffer);
    const layout = layoutHost(task.ringBytes, task.replyBytes);
    this.#readers = layout.laneBases.map((base) => new RingReader(task.buffer, base));
    this.#ping = createPing(this.control, () => this.#post('ping'));
    const replies = new RingReplies(new RingWriter(task.buffer, layout.replyBase), views, this.control, task.epoch, this.#ping);
    const encoder = new FrameEncoder(this.#table, { frameBytesMax: task.frameBytesMax });
    const intake = new Intake(this.#table, encoder, task.validate, { canDefine: false, isKeyed: (type) => this.#keyed.has(type) });
    this.#emission = { intake, encoder, replies };
    this.#logger = portLogger((message) => this.#post(message));
    this.#loader = new HandlerLoader(this.#logger);
    this.#drain = new Drain({
      views,
      readers: this.#readers,
      decoder: new FrameDecoder(this.#table),
      control: this.control,
      replies,
      origin: { runId: task.runId, sourceOf: (id) => this.#sources.get(id) ?? task.source },
      consumersOf: (route) => this.#routes.get(route),
      hold: true,
      monotonicMs: this.#nowMs,
      scheduler: surroundings.scheduler,
    });
  }

  /** Loads the handlers and says that it is ready; rejects if one cannot be loaded. */
  async open(): Promise<void> {
    const { words } = this.control;
    Atomics.store(words, EPOCH, this.#task.epoch);
    Atomics.store(words, THREAD_ID, this.#threadId);
    for (const [id, source] of this.#task.sources) this.#sources.set(id, source);
    for (const record of this.#task.consumers) {
      const error = await this.#addConsumer(record);
      if (error === null) continue;
      this.#post({ kind: 'load-failed', id: record.id, error: toErrorRecord(error), fatal: true });
      throw error;
    }
    for (const route of this.#task.routes) this.#addRoute(route);
    for (const [consumer, keyHash, handedBack] of this.#task.blocked) this.#drain.block(consumer, keyHash, handedBack);
    Atomics.store(words, READY, 1);
    this.#post({ kind: 'ready', threadId: this.#threadId });
  }

  /** Says that the loop turns. At the latest every time it wakes by itself; a supervisor takes silence for a hang. */
  beat(): void {
    const { words } = this.control;
    words[TURNS] = (words[TURNS]! + 1) | 1;
  }

  /** Handles up to `limit` records; returns how many. */
  step(limit: number): number {
    const taken = this.#drain.step(limit);
    if (taken > 0) this.#tellWaiting();
    return taken;
  }

  /** True if main has said something, or if a record was met that cannot be understood without hearing it. */
  get wantsCommands(): boolean {
    return this.#drain.needsRoute !== 0 || Atomics.load(this.control.words, CONTROL_SEQ) !== this.#controlSeen;
  }

  get isAsync(): boolean {
    return this.#drain.isAsync;
  }

  get hasWork(): boolean {
    return this.#drain.hasNext();
  }

  /** True if main wants the end and nothing is under way. Unread records stay in the rings. */
  get mayClose(): boolean {
    return Atomics.load(this.control.words, COMMAND) === CLOSE && this.#drain.unfinished === 0;
  }

  /** Calls back when asynchronous work has moved on outside a step. */
  onProgress(run: () => void): void {
    this.#drain.onProgress = run;
  }

  /**
   * Announces that nobody will look at the rings until woken.
   *
   * @returns true if it may sleep: the writer stores its tail and then reads SLEEPING, we raise SLEEPING and then look
   *   at the tails, so one of the two sees the other. The same holds for commands, which are counted before the wake-up.
   */
  fallAsleep(): boolean {
    const { words } = this.control;
    Atomics.store(words, SLEEPING, 1);
    // Asynchronous runs give room between the steps, when no record is taken any more.
    if (this.#isWriterWaiting()) this.#ping();
    if (this.#drain.isIdle) {
      Atomics.store(words, IDLE, 1);
      if (Atomics.load(words, IDLE_PING) === 1) this.#ping();
    }
    return !this.hasWork && !this.wantsCommands && !this.mayClose;
  }

  wakeUp(): void {
    Atomics.store(this.control.words, SLEEPING, 0);
    Atomics.store(this.control.words, IDLE, 0);
  }

  async readCommands(): Promise<void> {
    this.control.words[TURNS] = 0;
    this.#controlSeen = Atomics.load(this.control.words, CONTROL_SEQ);
    for (let message = this.#port.receive(); message !== undefined; message = this.#port.receive())
      await this.#obey(message as WorkerCommand);
    this.#drain.needsRoute = 0;
  }

  async close(): Promise<void> {
    this.control.words[TURNS] = 0;
    this.#drain.close();
    await this.#loader.close();
    this.#port.close();
  }

  async #obey(command: WorkerCommand): Promise<void> {
    switch (command.kind) {
      case 'types':
        this.#table.addRecords(command.types);
        for (const type of command.keyed) this.#keyed.add(type);
        return;
      case 'source':
        this.#sources.set(command.id, command.source);
        return;
      case 'route':
        this.#addRoute(command.route);
        return;
      case 'consumer': {
        const error = await this.#addConsumer(command.consumer);
        if (error !== null) this.#post({ kind: 'load-failed', id: command.consumer.id, error: toErrorRecord(error), fatal: false });
        for (const route of this.#routeRecords.values()) this.#addRoute(route);
        return;
      }
      case 'forget':
        for (const id of command.unused.pages) {
          this.#routes.delete(id);
          this.#routeRecords.delete(id);
        }
        for (const id of command.unused.consumers) this.#consumers.delete(id);
        for (const id of command.unused.subscriptions) this.#sources.delete(id);
        return;
      case 'degrade-consumer': {
        const consumer = this.#consumers.get(command.id);
        if (consumer !== undefined) consumer.isDegraded = command.isDegraded;
        return;
      }
      case 'close-consumer': {
        const consumer = this.#consumers.get(command.id);
        if (consumer !== undefined) consumer.closed = true;
        return;
      }
    }
  }

  /**
   * Tells main of the room that it waits for: when there is a good part of a ring, or after a while. A message takes both
   * sides longer than a batch of small events, so main must find room for more than that batch.
   */
  #tellWaiting(): void {
    let isWaiting = false;
    let hasRoom = false;
    for (const reader of this.#readers) {
      if (!reader.isWriterWaiting()) continue;
      isWaiting = true;
      hasRoom ||= reader.capacity - reader.lagBytes() >= reader.capacity / ROOM_SHARE;
    }
    if (isWaiting && !hasRoom) {
      const now = this.#nowMs();
      this.#askedAtMs ??= now;
      if (now - this.#askedAtMs < ROOM_MS) return;
    }
    this.#askedAtMs = null;
    if (isWaiting) this.#ping();
  }

  #isWriterWaiting(): boolean {
    return this.#readers.some((reader) => reader.isWriterWaiting());
  }

  #addRoute(route: RouteRecord): void {
    this.#routeRecords.set(route.id, route);
    this.#routes.set(
      route.id,
      route.consumers.map((id) => this.#consumers.get(id)),
    );
  }

  /** Returns the error instead of throwing it; the consumer then exists and rejects everything, so nothing is lost. */
  async #addConsumer(record: ConsumerRecord): Promise<unknown> {
    const filter = record.filter === null ? null : compileFilter(record.filter);
    const spec = { ...record, filter };
    try {
      const { handler, state } = await this.#loader.load(record);
      const consumer = new Consumer(spec, handler, state, this.#logger, this.#emission);
      consumer.isDegraded = record.isDegraded;
      this.#consumers.set(record.id, consumer);
      return null;
    } catch (error) {
      this.#consumers.set(record.id, new Consumer(spec, rejecting(record.group, error), undefined, this.#logger, this.#emission));
      return error;
    }
  }

  #post(message: WorkerMessage): void {
    this.#port.post(message);
  }
}

/** Sends log records to the main thread: a worker owns no log destination. */
function portLogger(post: (message: WorkerMessage) => void): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    post({ kind: 'log', level, fields: toPlain(fields), message });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function toPlain(fields: object): object {
  try {
    return structuredClone(fields);
  } catch {
    return { unclonable: toErrorRecord(fields) };
  }
}
