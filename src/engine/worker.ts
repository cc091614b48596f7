/**
 * Entry of a worker thread: one long-lived task that drains the rings of its host until it is told to close.
 *
 *   step ==> nothing to do ==> spin ==> park on WAKE (or, with asynchronous handlers, on the event loop) ==> step
 *
 * A parked thread hears only WAKE: closing, control messages and resizing all come through that word.
 */
import { receiveMessageOnPort, threadId, type MessagePort } from 'node:worker_threads';
import { QtError, toErrorRecord, type Logger } from '../base/index.ts';
import { FrameDecoder, FrameEncoder, FrameViews, TypeTable } from '../codec/index.ts';
import { RingReader, RingWriter } from '../ring/index.ts';
import { Consumer } from './consumer.ts';
import { CLOSE, COMMAND, Control, CONTROL_SEQ, EPOCH, IDLE, IDLE_PING, READY, SLEEPING, THREAD_ID, WAKE } from './control.ts';
import { Drain } from './drain.ts';
import { QT_HANDLER_LOAD_FAILED } from './errors.ts';
import { compileFilter } from './filter.ts';
import { HandlerLoader } from './handler-loader.ts';
import { layoutHost } from './host-layout.ts';
import { Intake } from './intake.ts';
import { createPing, RingReplies } from './ring-replies.ts';
import type { ConsumerRecord, RouteRecord, WorkerCommand, WorkerMessage, WorkerTask } from './worker-task.ts';

/** Records between two looks at the control words: below a tenth of a millisecond of work for small handlers. */
const BATCH = 64;
/** Looks at the rings before parking: about 20 us, so that a paced stream at 50 000 events/s never pays a wake-up. */
const SPINS = 200;
/** The longest a parked thread sleeps on its own; a lost wake-up would cost this much, and the event loop gets its turn. */
const PARK_MS_MAX = 100;

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? ((): void => {});

/** Runs until the close command; rejects only if the thread cannot do its work at all. */
export async function run(task: WorkerTask): Promise<void> {
  const session = new WorkerSession(task);
  await session.open();
  await session.loop();
  await session.close();
}

/** Does nothing: to have run it means that the thread has loaded this module and can take over at once. */
export function warm(): void {}

class WorkerSession {
  readonly #port: MessagePort;
  readonly #control: Control;
  readonly #table: TypeTable;
  readonly #consumers = new Map<number, Consumer>();
  readonly #routes: (readonly (Consumer | undefined)[])[] = [];
  readonly #routeRecords: RouteRecord[] = [];
  readonly #sources = new Map<number, string>();
  readonly #drain: Drain;
  readonly #readers: RingReader[];
  readonly #loader: HandlerLoader;
  readonly #logger: Logger;
  readonly #emission: { intake: Intake; encoder: FrameEncoder; replies: RingReplies };
  readonly #task: WorkerTask;
  readonly #ping: () => void;
  readonly #keyed: Set<string>;
  #controlSeen = 0;

  constructor(task: WorkerTask) {
    this.#task = task;
    this.#port = task.port;
    this.#keyed = new Set(task.keyed);
    this.#control = new Control(task.buffer, 0);
    this.#table = TypeTable.fromRecords(task.types);
    const views = new FrameViews(task.buffer);
    const layout = layoutHost(task.ringBytes, task.replyBytes);
    this.#readers = layout.laneBases.map((base) => new RingReader(task.buffer, base));
    this.#ping = createPing(this.#control, () => this.#post('ping'));
    const replies = new RingReplies(new RingWriter(task.buffer, layout.replyBase), views, this.#control, task.epoch, this.#ping);
    const encoder = new FrameEncoder(this.#table, { frameBytesMax: task.frameBytesMax });
    const intake = new Intake(this.#table, encoder, task.validate, { canDefine: false, isKeyed: (type) => this.#keyed.has(type) });
    this.#emission = { intake, encoder, replies };
    this.#logger = portLogger((message) => this.#post(message));
    this.#loader = new HandlerLoader(this.#logger);
    this.#drain = new Drain({
      views,
      readers: this.#readers,
      decoder: new FrameDecoder(this.#table),
      control: this.#control,
      replies,
      origin: { runId: task.runId, sourceOf: (id) => this.#sources.get(id) ?? task.source },
      consumersOf: (route) => this.#routes[route],
      hold: true,
      monotonicMs: () => performance.now(),
    });
  }

  async open(): Promise<void> {
    const { words } = this.#control;
    Atomics.store(words, EPOCH, this.#task.epoch);
    Atomics.store(words, THREAD_ID, threadId);
    for (const [id, source] of this.#task.sources) this.#sources.set(id, source);
    for (const record of this.#task.consumers) {
      const error = await this.#addConsumer(record);
      if (error === null) continue;
      this.#post({ kind: 'load-failed', id: record.id, error: toErrorRecord(error), fatal: true });
      throw error;
    }
    for (const route of this.#task.routes) this.#addRoute(route);
    for (const [consumer, keyHash] of this.#task.blocked) this.#drain.block(consumer, keyHash);
    Atomics.store(words, READY, 1);
    this.#post({ kind: 'ready', threadId });
  }

  async loop(): Promise<void> {
    const { words } = this.#control;
    let sinceTurn = 0;
    for (;;) {
      const taken = this.#drain.step(BATCH);
      if (taken > 0 && this.#isWriterWaiting()) this.#ping();
      if (this.#drain.needsRoute !== 0 || Atomics.load(words, CONTROL_SEQ) !== this.#controlSeen) {
        await this.#readCommands();
        continue;
      }
      if (taken > 0) {
        // With asynchronous handlers the event loop must turn, or their timers and sockets starve.
        if (this.#drain.isAsync && ++sinceTurn >= 4) {
          sinceTurn = 0;
          await turn();
        }
        continue;
      }
      if (Atomics.load(words, COMMAND) === CLOSE && this.#drain.unfinished === 0) return;
      if (this.#spin()) continue;
      await this.#park();
    }
  }

  async close(): Promise<void> {
    this.#drain.close();
    await this.#loader.close();
    this.#port.close();
  }

  #spin(): boolean {
    for (let i = 0; i < SPINS; i++) {
      if (this.#drain.hasNext()) return true;
      pause();
    }
    return false;
  }

  async #park(): Promise<void> {
    const { words } = this.#control;
    const wake = Atomics.load(words, WAKE);
    Atomics.store(words, SLEEPING, 1);
    if (this.#drain.isIdle) {
      Atomics.store(words, IDLE, 1);
      if (Atomics.load(words, IDLE_PING) === 1) this.#ping();
    }
    // Look once more after SLEEPING was raised: the writer stores its tail and then reads SLEEPING, so one of the two
    // sees the other. The same holds for commands, which are counted before the wake-up.
    const isWanted = this.#drain.hasNext() || Atomics.load(words, CONTROL_SEQ) !== this.#controlSeen;
    if (!isWanted && !(Atomics.load(words, COMMAND) === CLOSE && this.#drain.unfinished === 0)) {
      if (this.#drain.isAsync) await this.#waitAsync(wake);
      else if (Atomics.wait(words, WAKE, wake, PARK_MS_MAX) === 'timed-out') await turn();
    }
    Atomics.store(words, SLEEPING, 0);
    Atomics.store(words, IDLE, 0);
  }

  /** Waits on the event loop, until woken, until asynchronous work moved on, or for a while. One waiter at a time. */
  async #waitAsync(wake: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#control.words, WAKE, wake, PARK_MS_MAX);
    if (!wait.async) return;
    const progressed = new Promise<void>((resolve) => {
      this.#drain.onProgress = resolve;
    });
    await Promise.race([wait.value, progressed]);
    this.#drain.onProgress = () => {};
    // Ends the waiter that lost the race, so that no waiter outlives its wait.
    Atomics.notify(this.#control.words, WAKE);
  }

  #isWriterWaiting(): boolean {
    return this.#readers.some((reader) => reader.isWriterWaiting());
  }

  async #readCommands(): Promise<void> {
    this.#controlSeen = Atomics.load(this.#control.words, CONTROL_SEQ);
    for (let item = receiveMessageOnPort(this.#port); item !== undefined; item = receiveMessageOnPort(this.#port)) {
      const command = item.message as WorkerCommand;
      switch (command.kind) {
        case 'types':
          this.#table.addRecords(command.types);
          for (const type of command.keyed) this.#keyed.add(type);
          break;
        case 'source':
          this.#sources.set(command.id, command.source);
          break;
        case 'route':
          this.#addRoute(command.route);
          break;
        case 'consumer': {
          const error = await this.#addConsumer(command.consumer);
          if (error !== null) this.#post({ kind: 'load-failed', id: command.consumer.id, error: toErrorRecord(error), fatal: false });
          this.#resolveRoutes();
          break;
        }
        case 'degrade-consumer': {
          const consumer = this.#consumers.get(command.id);
          if (consumer !== undefined) consumer.isDegraded = command.isDegraded;
          break;
        }
        case 'close-consumer': {
          const consumer = this.#consumers.get(command.id);
          if (consumer !== undefined) consumer.closed = true;
          break;
        }
      }
    }
    this.#drain.needsRoute = 0;
  }

  #addRoute(route: RouteRecord): void {
    this.#routeRecords[route.id] = route;
    this.#routes[route.id] = route.consumers.map((id) => this.#consumers.get(id));
  }

  #resolveRoutes(): void {
    for (const route of this.#routeRecords) if (route !== undefined) this.#addRoute(route);
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
      const rejecting = (): never => {
        throw new QtError(QT_HANDLER_LOAD_FAILED, `the handler of group ${record.group} could not be loaded`, { cause: error });
      };
      this.#consumers.set(record.id, new Consumer(spec, rejecting, undefined, this.#logger, this.#emission));
      return error;
    }
  }

  #post(message: WorkerMessage): void {
    this.#port.postMessage(message);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
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
