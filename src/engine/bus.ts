/**
 * The event bus: its parts, put together, and its life cycle. One class for all modes: the inline bus is the same router,
 * rings and drain without worker threads. Everything here runs on the thread that made the bus.
 */
import { QtError } from '../base/index.ts';
import {
  CAUSE_SEQ,
  decodeEvent,
  type DeliveredEvent,
  type EventOrigin,
  FrameDecoder,
  FrameEncoder,
  FrameViews,
  SEQ,
  TypeTable,
  TYPE_ID,
} from '../codec/index.ts';
import {
  allDefinitions,
  matches,
  type EventDefinition,
  type EventInput,
  type Handler,
  type ModuleHandler,
  type QtEvent,
} from '../event/index.ts';
import { Breaker } from './breaker.ts';
import { Collector } from './collector.ts';
import type { DeadLetterQueue } from './dead-letters.ts';
import { Delivery } from './delivery.ts';
import { DirectReplies } from './direct-replies.ts';
import { Dispatcher } from './dispatcher.ts';
import { DurableGroups } from './durable-groups.ts';
import type { Environment, ThreadPool, Timer } from './environment.ts';
import { QT_BUS_DRAIN_TIMEOUT, QT_BUS_NOT_RUNNING, QT_BUS_STARTED_TWICE, QT_HANDLER_CRASHED, QT_HANDLER_HUNG } from './errors.ts';
import type {
  BatchReceipt,
  DrainOptions,
  EventBus,
  EventsOptions,
  HistoryQuery,
  OnceOptions,
  PublishOptions,
  Receipt,
  StopOptions,
  StopReport,
  SubscriptionHandle,
} from './event-bus.ts';
import type { EventLog } from './event-log.ts';
import { iterateEvents, nextEvent } from './event-stream.ts';
import { addFailure } from './failures.ts';
import { GroupProgress } from './group-progress.ts';
import { HandlerLoader } from './handler-loader.ts';
import { HangWatch } from './hang-watch.ts';
import { History } from './history.ts';
import type { Host } from './host.ts';
import { Intake } from './intake.ts';
import { Letters } from './letters.ts';
import { LocalHost } from './local-host.ts';
import { Lockstep } from './lockstep.ts';
import { Members } from './members.ts';
import { resolveBusOptions, type BusOptions, type ResolvedBusOptions } from './options.ts';
import { Publisher } from './publisher.ts';
import { realEnvironment } from './real-environment.ts';
import { RecordedFrames } from './recorded-frames.ts';
import { RemoteHost, type RemoteHostTarget } from './remote-host.ts';
import { copyFrame, REPLY_HEAD_BYTES } from './replies.ts';
import { Roster } from './roster.ts';
import { Router } from './router.ts';
import { addMember, emptySums, type BusStats } from './stats.ts';
import { isModuleHandler, type SubscribeOptions, type Subscription, type Topic } from './subscription.ts';

const DRAIN_MS_DEFAULT = 30_000;
const STOP_DRAIN_MS_DEFAULT = 5000;
const HISTORY_LIMIT_DEFAULT = 100;
/** The first events have the processor to themselves; a thread that dies before that waits for another to start. */
const WARM_AFTER_MS = 250;

type Phase = 'new' | 'starting' | 'running' | 'stopping' | 'stopped';

export class Bus implements EventBus {
  readonly deadLetters: DeadLetterQueue;
  readonly #options: ResolvedBusOptions;
  readonly #environment: Environment;
  readonly #table = new TypeTable();
  readonly #decoder: FrameDecoder;
  readonly #origin: EventOrigin;
  readonly #router: Router;
  readonly #members: Members;
  readonly #roster: Roster;
  readonly #history: History;
  readonly #loader: HandlerLoader;
  readonly #local: LocalHost;
  readonly #remotes: RemoteHost[] = [];
  readonly #letters: Letters;
  readonly #dispatcher: Dispatcher;
  readonly #delivery: Delivery;
  readonly #publisher: Publisher;
  readonly #lockstep: Lockstep | null;
  /** Null without a log that keeps positions. */
  readonly #durable: DurableGroups | null;
  readonly #breaker: Breaker;
  readonly #hangWatch: HangWatch;
  readonly #collector: Collector;
  readonly #idleWaiters = new Set<() => void>();
  readonly #stopListeners = new Set<() => void>();
  #pool: ThreadPool | null = null;
  #warming: Timer | null = null;
  #phase: Phase = 'new';
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<StopReport> | null = null;

  /** @param environment threads and timers; real ones unless a simulator brings its own */
  constructor(options: BusOptions = {}, environment: Environment = realEnvironment) {
    const resolved = resolveBusOptions(options);
    const { clock, log, logger, ringBytes, replyBytes } = resolved;
    const { scheduler } = environment;
    this.#options = resolved;
    this.#environment = environment;
    for (const definition of allDefinitions()) this.#table.addDefinition(definition);
    // An eighth of a ring is its longest record, and a reply carries a whole frame behind its head.
    const frameBytesMax = Math.min(ringBytes, replyBytes) / 8 - REPLY_HEAD_BYTES;
    this.#decoder = new FrameDecoder(this.#table);
    const encoder = new FrameEncoder(this.#table, { frameBytesMax });
    const intake = new Intake(this.#table, encoder, resolved.validate, { canDefine: true, isKeyed: () => false });
    this.#origin = { runId: resolved.runId, sourceOf: (id) => this.#roster.sourceOf(id) };
    this.#router = new Router(
      (page) => this.#roster.announcePage(page),
      (page) => this.#collector.add('pages', page.id),
    );
    this.#members = new Members((member) => {
      this.#roster.retire(member);
      this.#breaker.forget(member);
      this.#router.retire(member);
      this.#collector.add('consumers', member.id);
      const { members, id } = member.subscription;
      members.splice(members.indexOf(member), 1);
      if (members.length === 0) this.#collector.add('subscriptions', id);
    });
    this.#roster = new Roster({
      options: resolved,
      table: this.#table,
      frameBytesMax,
      router: this.#router,
      members: this.#members,
      local: () => this.#local,
      remotes: this.#remotes,
      derived: (member, frame) => this.#onDerivedFrame(member.id, frame),
      // Before that it is reported by `start`.
      onLoadError: (error) => {
        if (this.#phase === 'running') logger.error({ err: error }, 'a handler module could not be loaded');
      },
    });
    this.#history = new History(resolved.historyLength);
    this.#loader = new HandlerLoader(logger);
    const target = this.#replyTarget();
    this.#local = new LocalHost({
      index: 0,
      ringBytes,
      decoder: this.#decoder,
      encoder,
      intake,
      replies: new DirectReplies({ ...target, derived: (consumer, frame) => this.#onDerivedFrame(consumer, frame) }),
      origin: this.#origin,
      logger,
      loader: this.#loader,
      page: (route) => this.#router.page(route),
      monotonicMs: () => clock.monotonicMs(),
      scheduler,
      onProgress: () => this.#progress(this.#local),
    });
    for (let i = 1; i <= resolved.workers; i++) this.#remotes.push(new RemoteHost(i, ringBytes, replyBytes, logger, environment, target));
    const hosts: Host[] = [this.#local, ...this.#remotes];
    this.#breaker = new Breaker(resolved.breakerCoolDownMs, scheduler, logger, (subscription) =>
      this.#roster.announceDegraded(subscription),
    );
    this.#hangWatch = new HangWatch(clock, scheduler, this.#remotes);
    this.#collector = new Collector(hosts, (unused) => this.#roster.forget(unused));
    this.#dispatcher = new Dispatcher({
      table: this.#table,
      decoder: this.#decoder,
      router: this.#router,
      hosts,
      history: this.#history,
      sink: resolved.sink,
      log,
      clock,
      lockstep: resolved.lockstep,
      overflowBytesMax: resolved.overflowBytesMax,
      onTypes: (firstId) => this.#roster.announceTypes(firstId),
    });
    const recorded = new RecordedFrames({ table: this.#table, intake, encoder, sourceId: (name) => this.#roster.sourceId(name) });
    const durableLog = !resolved.lockstep && log?.durable !== undefined ? log : null;
    this.#letters = new Letters({
      log: durableLog,
      lengthMax: resolved.deadLettersMax,
      frameBytesMax,
      runId: resolved.runId,
      scheduler,
      logger,
      decoder: this.#decoder,
      recorded,
      router: this.#router,
      decode: (frame) => this.#decodeFrame(frame),
      publish: (draft) => this.#publisher.commitOwn(draft),
      resend: (member, frame) => {
        this.#dispatcher.announceType(frame.readUInt16LE(TYPE_ID));
        this.#delivery.redrive(member, frame);
      },
      onChange: () => this.#tellIdleWaiters(),
    });
    this.deadLetters = this.#letters.store;
    this.#delivery = new Delivery(clock, scheduler, logger, this.#letters.store, resolved.retriesMax, {
      send: (member, frame) => this.#dispatcher.send(member, frame),
      unblock: (member, keyHash, handedBack) => this.#dispatcher.unblock(member, keyHash, handedBack),
      buried: (member, seq) => {
        const failover = this.#roster.failoverOf(member.id);
        failover?.done(member, seq);
        return failover === undefined || failover.standby !== member || failover.isAlone(member, seq);
      },
      note: (frame, attempt, error) => addFailure(frame, this.#decoder, frameBytesMax, attempt, error, clock.nowUs()),
      lettered: (entry, id) => this.#letters.added(entry, id),
      describe: (frame) => {
        const event = this.#decodeFrame(frame);
        return { id: event?.id ?? `${resolved.runId}-${frame.readDoubleLE(SEQ)}`, type: event?.type ?? this.#typeName(frame) };
      },
    });
    this.#dispatcher.delivery = this.#delivery;
    this.#lockstep = resolved.lockstep
      ? new Lockstep({
          dispatcher: this.#dispatcher,
          decoder: this.#decoder,
          isIdle: () => this.#isSettled(),
          onFinished: () => this.#tellIdleWaiters(),
        })
      : null;
    this.#publisher = new Publisher({
      intake,
      encoder,
      dispatcher: this.#dispatcher,
      lockstep: this.#lockstep,
      log,
      clock,
      scheduler,
      fullPolicy: resolved.fullPolicy,
      dedupe: resolved.dedupe,
      checkRunning: () => this.#checkRunning(),
      readReplies: () => this.#readAllReplies(),
    });
    this.#durable = durableLog === null ? null : this.#createDurable(durableLog, hosts, recorded);
    log?.names({ run: resolved.runId, source: resolved.source });
    log?.onSpace(() => this.#progress(this.#local));
    log?.onFailure((failure) => this.#publisher.refuseWaiting(failure));
  }

  subscribe<P extends object>(
    topic: Topic | EventDefinition<P>,
    handler: Handler<never> | ModuleHandler,
    options: SubscribeOptions = {},
  ): SubscriptionHandle {
    if (this.#phase === 'stopping' || this.#phase === 'stopped') throw this.#notRunning('subscribe');
    const subscription = this.#roster.add(topic as Topic, handler as Handler | ModuleHandler, options);
    if (subscription.durable) this.#addDurable(subscription);
    else this.#router.add(subscription);
    if (this.#phase === 'running') this.#watchHangs();
    return { group: subscription.group, unsubscribe: () => this.#unsubscribe(subscription) };
  }

  async start(): Promise<void> {
    if (this.#phase !== 'new') throw new QtError(QT_BUS_STARTED_TWICE, `Cannot start the bus: it is ${this.#phase}`);
    this.#phase = 'starting';
    this.#starting = this.#start();
    await this.#starting;
  }

  async #start(): Promise<void> {
    try {
      // One by one, so that the first handler that cannot be loaded is the one that is reported.
      for (const load of this.#roster.loads.splice(0)) await load;
      this.#router.prepare(this.#table);
      if (this.#remotes.length > 0) {
        const { logger, threads, workerHeapMb: heapMb, workers } = this.#options;
        const pool = threads?.take() ?? this.#environment.createPool({ workers, heapMb, logger });
        this.#pool = pool;
        await Promise.all(this.#remotes.map((remote) => remote.start(pool)));
        if (this.#lockstep !== null) for (const remote of this.#remotes) remote.reportIdle(true);
        this.#warming = this.#environment.scheduler.after(WARM_AFTER_MS, () => this.#warm(pool), 'background');
      }
      await this.#letters.restore();
    } catch (error) {
      this.#phase = 'stopped';
      this.#local.close();
      await this.#closeRemotes();
      throw error;
    }
    this.#phase = 'running';
    this.#watchHangs();
    this.#local.open();
    this.#durable?.start();
  }

  publish(event: EventInput, options: PublishOptions = {}): Promise<Receipt> {
    return this.#publisher.publish(event, options);
  }

  tryPublish(event: EventInput): number {
    return this.#publisher.tryPublish(event);
  }

  publishBatch(events: readonly EventInput[]): Promise<BatchReceipt> {
    return this.#publisher.publishBatch(events);
  }

  getStats(): BusStats {
    const perGroup: Record<string, ReturnType<typeof emptySums>> = {};
    for (const member of this.#members.all()) addMember((perGroup[member.subscription.group] ??= emptySums()), member);
    const sums = this.#members.sums();
    const patterns = new Set(this.#router.subscriptions.flatMap((subscription) => subscription.patterns));
    return {
      ...sums,
      published: this.#dispatcher.published,
      queueSize: sums.pending,
      handlerTypes: patterns.size,
      totalHandlers: this.#router.subscriptions.length,
      deadLetters: this.#letters.store.length,
      rateLimited: this.#publisher.rateLimited,
      publishersWaiting: this.#publisher.waiting,
      failovers: [...new Set(this.#roster.failovers.values())].reduce((sum, { changes }) => sum + changes, 0),
      crashes: this.#remotes.reduce((sum, remote) => sum + remote.crashes, 0),
      perGroup,
      durable: this.#durable?.stats() ?? {},
    };
  }

  getHistory(query: HistoryQuery = {}): QtEvent[] {
    const { type = '**', source, limit = HISTORY_LIMIT_DEFAULT } = query;
    const found: QtEvent[] = [];
    if (limit <= 0) return found;
    this.#history.visit((frame) => {
      const event = this.#decodeFrame(frame);
      if (event !== null && matches(type, event.type) && (source === undefined || event.source === source)) found.push(event);
      return found.length < limit;
    });
    return found;
  }

  events(topic: Topic, options: EventsOptions = {}): AsyncIterableIterator<QtEvent> {
    return iterateEvents(this, topic, options, this.#stopListeners);
  }

  once(topic: Topic, options: OnceOptions = {}): Promise<QtEvent> {
    return nextEvent(this, topic, options, this.#stopListeners);
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    const { timeoutMs = DRAIN_MS_DEFAULT } = options;
    this.#publisher.flush();
    this.#readAllReplies();
    this.#letters.flush();
    if (this.#isDrained()) return;
    for (const remote of this.#remotes) remote.reportIdle(true);
    let timer: Timer | undefined;
    let waiter = (): void => {};
    let end = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        // Nothing moves after a stop; waiting on would only keep the process alive.
        end = () => (this.#isDrained() ? resolve() : reject(this.#notRunning('drain')));
        this.#stopListeners.add(end);
        waiter = () => {
          if (this.#isDrained()) resolve();
        };
        this.#idleWaiters.add(waiter);
        timer = this.#environment.scheduler.after(timeoutMs, () => reject(this.#drainTimeout(timeoutMs)));
        waiter();
      });
    } finally {
      timer?.cancel();
      this.#idleWaiters.delete(waiter);
      this.#stopListeners.delete(end);
      if (this.#lockstep === null && this.#idleWaiters.size === 0) for (const remote of this.#remotes) remote.reportIdle(false);
    }
  }

  stop(options: StopOptions = {}): Promise<StopReport> {
    return (this.#stopping ??= this.#stop(options.drainTimeoutMs ?? STOP_DRAIN_MS_DEFAULT));
  }

  async runForever(options: { readonly signal?: AbortSignal } = {}): Promise<StopReport> {
    if (this.#phase === 'new') await this.start();
    const { signal } = options;
    await new Promise<void>((resolve) => {
      // A bus without threads would let the process end, although it was asked to run for ever.
      const keepAlive = setInterval(() => {}, 2 ** 31 - 1);
      const end = (): void => {
        clearInterval(keepAlive);
        signal?.removeEventListener('abort', end);
        this.#stopListeners.delete(end);
        resolve();
      };
      this.#stopListeners.add(end);
      if (signal?.aborted === true || this.#phase === 'stopped') end();
      else signal?.addEventListener('abort', end);
    });
    return this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(drainTimeoutMs: number): Promise<StopReport> {
    // Half a start cannot be undone: let it come to its end, whatever that is.
    await this.#starting.catch(() => {});
    const phase = this.#phase;
    if (phase === 'new' || phase === 'stopped') {
      this.#phase = 'stopped';
      await this.#options.threads?.close();
      this.#endListeners();
      return { pending: 0 };
    }
    if (phase === 'running' && drainTimeoutMs > 0) {
      this.#phase = 'stopping';
      // The log has what they have not read.
      this.#durable?.endCatchUps();
      // What is left is in the report; a stop that fails because of it would leave threads behind.
      await this.drain({ timeoutMs: drainTimeoutMs }).catch(() => {});
    }
    this.#phase = 'stopping';
    this.#publisher.close(this.#notRunning('publish'));
    this.#delivery.close();
    this.#letters.store.close();
    this.#hangWatch.stop();
    this.#breaker.stop();
    await this.#closeRemotes();
    for (const remote of this.#remotes) remote.readReplies();
    await this.#durable?.close();
    this.#local.close();
    await this.#loader.close();
    this.#phase = 'stopped';
    this.#endListeners();
    return { pending: this.#members.pending() };
  }

  #warm(pool: ThreadPool): void {
    const { logger } = this.#options;
    pool.warm(this.#roster.moduleUrls()).catch((error: unknown) => {
      // A bus that is stopped meanwhile has ended the spare thread itself.
      if (this.#phase === 'running') logger.warn({ err: error }, 'the spare thread could not be warmed');
    });
  }

  /** Told before the pool ends their threads, or they would start others. */
  async #closeRemotes(): Promise<void> {
    this.#warming?.cancel();
    await Promise.all(this.#remotes.map((remote) => remote.close()));
    await this.#pool?.destroy();
  }

  #endListeners(): void {
    for (const listener of this.#stopListeners) listener();
    this.#stopListeners.clear();
  }

  #watchHangs(): void {
    if (this.#remotes.length === 0) return;
    const limits = this.#router.subscriptions.filter(({ handler }) => isModuleHandler(handler)).map(({ timeoutMs }) => timeoutMs);
    if (limits.length > 0) this.#hangWatch.start(Math.min(...limits));
  }

  #addDurable(subscription: Subscription): void {
    try {
      this.#durable!.add(subscription);
    } catch (error) {
      // Nothing stays behind of one that is refused.
      subscription.closed = true;
      this.#roster.remove(subscription);
      throw error;
    }
  }

  #unsubscribe(subscription: Subscription): void {
    if (subscription.closed) return;
    subscription.closed = true;
    this.#durable?.remove(subscription);
    this.#router.remove(subscription);
    this.#roster.remove(subscription);
  }

  #replyTarget(): RemoteHostTarget {
    return {
      derived: (consumer, views, index, length) => {
        const failover = this.#roster.failoverOf(consumer);
        if (failover !== undefined) {
          failover.derived(this.#members.get(consumer)!, views.f64[(index + CAUSE_SEQ) >> 3]!, copyFrame(views.bytes, index, length));
          return;
        }
        if (this.#lockstep !== null) this.#onDerivedFrame(consumer, copyFrame(views.bytes, index, length));
        else this.#dispatcher.commitOwn(views, index, length);
      },
      done: (consumer, seq) => {
        const member = this.#members.get(consumer);
        if (member === undefined) return;
        this.#delivery.done(member, seq);
        this.#roster.failoverOf(consumer)?.done(member, seq);
        this.#letters.done(member, seq);
      },
      fail: (consumer, frame, attempt, error, isFinal) => {
        const member = this.#members.get(consumer);
        if (member === undefined) return;
        if (error.code === QT_HANDLER_CRASHED || error.code === QT_HANDLER_HUNG) this.#breaker.crashed(member);
        this.#delivery.fail(member, frame, attempt, error, isFinal);
      },
      accused: (host, suspects, error) => {
        for (const member of new Set(suspects.map((suspect) => suspect.member))) this.#breaker.crashed(member);
        this.#delivery.accuse(host.index, suspects, error);
      },
      park: (consumer, frame, handedBack) => {
        const member = this.#members.get(consumer);
        if (member !== undefined) this.#delivery.park(member, frame, handedBack);
      },
      died: (host) => this.#onDeath(host),
      isAbandoned: (member, seq) => {
        const failover = this.#roster.failoverOf(member.id);
        if (failover === undefined || failover.isAlone(member, seq)) return false;
        this.#delivery.forget(member, seq);
        member.dispatched--;
        return true;
      },
      isFiltered: ({ subscription }, views, index) => {
        const { filterFunction: filter } = subscription;
        return filter !== null && !filter(decodeEvent(views, index, this.#decoder, this.#origin));
      },
      moduleUrls: () => this.#roster.moduleUrls(),
      progress: (host) => this.#progress(host),
      page: (route) => this.#router.page(route),
      task: (host) => ({ ...this.#roster.taskFor(host), blocked: this.#delivery.blockedOf(host.index) }),
    };
  }

  #onDerivedFrame(consumer: number, frame: Buffer): void {
    if (this.#lockstep === null) {
      this.#dispatcher.commitOwn(new FrameViews(frame.buffer as ArrayBuffer), 0, frame.length);
      return;
    }
    const member = this.#members.get(consumer);
    if (member !== undefined) this.#lockstep.stage(member, frame);
  }

  /** Standbys take over from the members that lived on a dead thread. */
  #onDeath(host: Host): void {
    this.#breaker.died();
    for (const [id, failover] of this.#roster.failovers) {
      const member = this.#members.get(id);
      if (member === undefined || member.host !== host) continue;
      member.dispatched -= this.#delivery.abandon(member, (seq) => failover.isAlone(member, seq));
      failover.died(member, this.#dispatcher.seq);
      this.#options.logger.warn({ group: member.subscription.group, changes: failover.changes }, 'a member with a standby died');
    }
  }

  /** Something moved on a host: there may be room, a retry may be due, somebody may wait for the end. */
  #progress(host: Host): void {
    for (const outlet of host.outlets) outlet.writer.setWaiting(false);
    this.#dispatcher.drainOverflow(host);
    this.#delivery.flush();
    this.#durable?.progress();
    this.#publisher.progress();
    this.#publisher.flush();
    this.#members.sweep();
    this.#collector.look();
    this.#lockstep?.progress();
    this.#tellIdleWaiters();
  }

  #tellIdleWaiters(): void {
    for (const waiter of this.#idleWaiters) waiter();
  }

  #readAllReplies(): void {
    for (const remote of this.#remotes) remote.readReplies();
  }

  /** True if no host has anything to do and nothing is on its way back to one. */
  #isSettled(): boolean {
    return this.#delivery.unfinished === 0 && this.#local.isIdle() && this.#remotes.every((remote) => remote.isIdle());
  }

  #isDrained(): boolean {
    if (this.#durable?.isCatchingUp === true || !this.#letters.isLogged) return false;
    return this.#publisher.waiting === 0 && (this.#lockstep === null || this.#lockstep.isFinished) && this.#isSettled();
  }

  #createDurable(log: EventLog, hosts: readonly Host[], frames: RecordedFrames): DurableGroups {
    const { logger } = this.#options;
    const [members, router, delivery, dispatcher] = [this.#members, this.#router, this.#delivery, this.#dispatcher];
    return new DurableGroups({
      log,
      dispatcher,
      progress: new GroupProgress({ hosts, members, router, delivery }),
      frames,
      scheduler: this.#environment.scheduler,
      logger,
      beforeLook: () => this.#letters.look(dispatcher.seq),
      refuse: (member, frame, error) => delivery.refuse(member, frame, error),
      goLive: (subscription) => router.add(subscription),
      isFinishing: (group) => members.isFinishing(group),
      onChange: () => this.#tellIdleWaiters(),
    });
  }

  #decodeFrame(frame: Buffer): DeliveredEvent | null {
    try {
      return decodeEvent(new FrameViews(frame.buffer as ArrayBuffer), 0, this.#decoder, this.#origin);
    } catch {
      // A dead letter or a history entry that cannot be decoded is shown without its event; its bytes are kept.
      return null;
    }
  }

  #typeName(frame: Buffer): string {
    return this.#table.byId(frame.readUInt16LE(TYPE_ID))?.type ?? 'unknown';
  }

  #checkRunning(): void {
    const failure = this.#options.log?.failure ?? null;
    if (failure !== null) throw failure;
    if (this.#phase !== 'running') throw this.#notRunning('publish');
  }

  #notRunning(action: string): QtError {
    return new QtError(QT_BUS_NOT_RUNNING, `Cannot ${action}: the bus is ${this.#phase === 'new' ? 'not started' : this.#phase}`);
  }

  #drainTimeout(timeoutMs: number): QtError {
    const { pending } = this.#members.sums();
    const details = { pending, retriesWaiting: this.#delivery.retriesWaiting, publishersWaiting: this.#publisher.waiting };
    return new QtError(QT_BUS_DRAIN_TIMEOUT, `Cannot drain within ${timeoutMs} ms: ${pending} deliveries are pending`, { details });
  }
}
