import type { Logger } from '../base/index.ts';
import { FrameViews, type EventOrigin, type FrameDecoder, type FrameEncoder } from '../codec/index.ts';
import type { Handler } from '../event/index.ts';
import { RingReader, RingWriter } from '../ring/index.ts';
import { Consumer, rejecting, type ConsumerSpec } from './consumer.ts';
import { Control } from './control.ts';
import { Drain } from './drain.ts';
import type { Emission } from './delivery-context.ts';
import type { Scheduler } from './environment.ts';
import type { HandlerLoader, HandlerModuleSpec } from './handler-loader.ts';
import type { Host } from './host.ts';
import { createHostMemory, layoutHost } from './host-layout.ts';
import type { Intake } from './intake.ts';
import { Outlet } from './outlet.ts';
import type { Replies } from './replies.ts';
import type { Page } from './router.ts';

/** Records handled before the event loop gets its turn. */
const BATCH = 256;

export interface LocalHostParts {
  readonly index: number;
  readonly ringBytes: number;
  readonly decoder: FrameDecoder;
  readonly encoder: FrameEncoder;
  readonly intake: Intake;
  readonly replies: Replies;
  readonly origin: EventOrigin;
  readonly logger: Logger;
  readonly loader: HandlerLoader;
  readonly page: (route: number) => Page | undefined;
  readonly monotonicMs: () => number;
  readonly scheduler: Scheduler;
  /** Told when records were finished: space, idleness and retries may have changed. */
  readonly onProgress: () => void;
}

/** The main thread as a host: the same rings and the same drain as a worker, stepped from the event loop. */
export class LocalHost implements Host {
  readonly index: number;
  readonly outlets: readonly Outlet[];
  readonly control: Control;
  readonly #parts: LocalHostParts;
  readonly #drain: Drain;
  readonly #consumers = new Map<number, Consumer>();
  readonly #routes = new Map<number, readonly (Consumer | undefined)[]>();
  readonly #emission: Emission;
  #isScheduled = false;
  #isOpen = false;
  /** Records handled without going back to the event loop for certain. */
  #sinceTurn = 0;

  constructor(parts: LocalHostParts) {
    this.#parts = parts;
    this.index = parts.index;
    const layout = layoutHost(parts.ringBytes, 0);
    const buffer = createHostMemory(new ArrayBuffer(layout.bytes), layout, parts.ringBytes, 0);
    const views = new FrameViews(buffer);
    this.control = new Control(buffer, 0);
    this.outlets = layout.laneBases.map((base) => new Outlet(new RingWriter(buffer, base), views, parts.index));
    this.#emission = { intake: parts.intake, encoder: parts.encoder, replies: parts.replies };
    this.#drain = new Drain({
      views,
      readers: layout.laneBases.map((base) => new RingReader(buffer, base)),
      decoder: parts.decoder,
      control: this.control,
      replies: parts.replies,
      origin: parts.origin,
      consumersOf: (route) => this.#consumersOf(route),
      hold: false,
      monotonicMs: parts.monotonicMs,
      scheduler: parts.scheduler,
    });
    this.#drain.onProgress = () => {
      parts.onProgress();
      // A stalled record may have room now; nothing else would look at it again.
      if (this.#drain.hasNext() || this.#drain.isStalled) this.wake();
    };
  }

  /** Events are handled from here on. */
  open(): void {
    this.#isOpen = true;
    this.wake();
  }

  addConsumer(spec: ConsumerSpec, handler: Handler): void {
    this.#consumers.set(spec.id, new Consumer(spec, handler, undefined, this.#parts.logger, this.#emission));
    this.#routes.clear();
  }

  /** Loads a module handler on this thread: the inline bus runs them here. */
  async addModuleConsumer(spec: ConsumerSpec, module: HandlerModuleSpec): Promise<void> {
    const { logger, loader } = this.#parts;
    try {
      const { handler, state } = await loader.load(module);
      this.#consumers.set(spec.id, new Consumer(spec, handler, state, logger, this.#emission));
    } catch (error) {
      this.#consumers.set(spec.id, new Consumer(spec, rejecting(spec.group, error), undefined, logger, this.#emission));
      throw error;
    } finally {
      this.#routes.clear();
      this.#drain.needsRoute = 0;
      this.wake();
    }
  }

  /** No frame refers to these any more. */
  forget(pages: readonly number[], consumers: readonly number[]): void {
    for (const id of pages) this.#routes.delete(id);
    for (const id of consumers) this.#consumers.delete(id);
  }

  closeConsumer(id: number): void {
    const consumer = this.#consumers.get(id);
    if (consumer !== undefined) consumer.closed = true;
  }

  wake(): void {
    if (this.#isScheduled || !this.#isOpen) return;
    this.#isScheduled = true;
    if (this.#sinceTurn < BATCH) {
      this.#parts.scheduler.soon(this.#run);
      return;
    }
    // Timers and sockets of the host program get their turn, in a long backlog as among handlers that publish for ever.
    this.#sinceTurn = 0;
    this.#parts.scheduler.later(this.#run);
  }

  /** Reports are direct calls here. */
  readReplies(): void {}

  /** Nothing is recovered here: this thread's death is that of the bus. */
  resent(): void {}

  visitTaken(visit: (consumer: number, seq: number) => void): void {
    for (const consumer of this.#consumers.values()) consumer.visitUnfinished((seq) => visit(consumer.id, seq));
  }

  isIdle(): boolean {
    return this.#drain.isIdle;
  }

  close(): void {
    this.#isOpen = false;
    this.#drain.close();
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    if (!this.#isOpen) return;
    const taken = this.#drain.step(BATCH);
    this.#sinceTurn += taken;
    if (taken > 0) this.#parts.onProgress();
    if (taken === BATCH && this.#drain.hasNext()) this.wake();
  };

  #consumersOf(route: number): readonly (Consumer | undefined)[] | undefined {
    const known = this.#routes.get(route);
    if (known !== undefined) return known;
    const page = this.#parts.page(route);
    if (page === undefined) return undefined;
    const consumers = page.members.map((member) => this.#consumers.get(member.id));
    this.#routes.set(route, consumers);
    return consumers;
  }
}
