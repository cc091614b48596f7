/**
 * The event bus. One class for all modes: the inline bus is the same router, rings and drain without worker threads.
 * Everything here runs on the thread that made the bus.
 */
import { QtError, toErrorRecord } from '../base/index.ts';
import {
  CAUSE_SEQ,
  decodeEvent,
  type DeliveredEvent,
  type EventOrigin,
  FLAG_ACK,
  FLAGS,
  FrameDecoder,
  FrameEncoder,
  FrameViews,
  KEY_HASH,
  LANE,
  replaceMeta,
  SEQ,
  TIMESTAMP,
  TypeTable,
  TYPE_ID,
} from '../codec/index.ts';
import {
  allDefinitions,
  definitionOf,
  EventDraft,
  matches,
  type EventDefinition,
  type EventInput,
  type FailureRecord,
  type Handler,
  type ModuleHandler,
  type QtEvent,
} from '../event/index.ts';
import { Breaker } from './breaker.ts';
import { Collector, type Unused } from './collector.ts';
import type { ConsumerSpec } from './consumer.ts';
import { DedupeWindow } from './dedupe-window.ts';
import { DeadLetterLog, type RecordedLetter } from './dead-letter-log.ts';
import { DeadLetterStore, type DeadLetterEntry, type DeadLetterQueue } from './dead-letters.ts';
import { Delivery } from './delivery.ts';
import { DirectReplies } from './direct-replies.ts';
import { Dispatcher, fullError } from './dispatcher.ts';
import { DurableGroups } from './durable-groups.ts';
import {
  QT_BUS_DRAIN_TIMEOUT,
  QT_BUS_NOT_RUNNING,
  QT_BUS_STARTED_TWICE,
  QT_BUS_SUBSCRIPTION_INVALID,
  QT_DEAD_LETTER_UNKNOWN,
  QT_HANDLER_CRASHED,
  QT_HANDLER_HUNG,
} from './errors.ts';
import type { Environment, ThreadPool, Timer } from './environment.ts';
import {
  BUSY,
  FULL,
  LIMITED,
  type BatchReceipt,
  type DrainOptions,
  type EventBus,
  type EventsOptions,
  type HistoryQuery,
  type OnceOptions,
  type PublishOptions,
  type Receipt,
  type StopOptions,
  type StopReport,
  type SubscriptionHandle,
} from './event-bus.ts';
import type { EventLog } from './event-log.ts';
import { iterateEvents, nextEvent } from './event-stream.ts';
import { HangWatch } from './hang-watch.ts';
import { Failover } from './failover.ts';
import { HandlerLoader, type HandlerModuleSpec } from './handler-loader.ts';
import { addFailure, parseFailures } from './failures.ts';
import { GroupProgress } from './group-progress.ts';
import { History } from './history.ts';
import type { Host } from './host.ts';
import { Intake } from './intake.ts';
import { LocalHost } from './local-host.ts';
import { Lockstep } from './lockstep.ts';
import type { Member } from './member.ts';
import { Members } from './members.ts';
import { resolveBusOptions, type BusOptions, type ResolvedBusOptions } from './options.ts';
import { placeMembers } from './placement.ts';
import { WaitingPublishers } from './publishers.ts';
import { RateLimiter } from './rate-limiter.ts';
import { realEnvironment } from './real-environment.ts';
import { RecordedFrames } from './recorded-frames.ts';
import { RemoteHost, type RemoteHostTarget } from './remote-host.ts';
import { copyFrame, REPLY_HEAD_BYTES } from './replies.ts';
import { Router, type Page } from './router.ts';
import { addMember, emptySums, type BusStats } from './stats.ts';
import { isModuleHandler, Subscription, type SubscribeOptions, type Topic } from './subscription.ts';
import { nameOf } from './suspects.ts';
import type { ConsumerRecord, RouteRecord, WorkerTask } from './worker-task.ts';

/** Asynchronous deliveries that may wait for their key or turn on one consumer before its lane stalls. */
const WAITING_MAX = 10_000;
/** Asynchronous runs of a module handler at one time, per thread. */
const MODULE_RUNS_MAX = 64;
const DRAIN_MS_DEFAULT = 30_000;
const STOP_DRAIN_MS_DEFAULT = 5000;
const HISTORY_LIMIT_DEFAULT = 100;
const SUBSCRIPTION_ID_MAX = 65_535;

type Phase = 'new' | 'starting' | 'running' | 'stopping' | 'stopped';

export class Bus implements EventBus {
  readonly deadLetters: DeadLetterQueue;
  readonly #options: ResolvedBusOptions;
  readonly #table = new TypeTable();
  readonly #frameBytesMax: number;
  readonly #decoder: FrameDecoder;
  readonly #encoder: FrameEncoder;
  readonly #intake: Intake;
  readonly #origin: EventOrigin;
  readonly #router: Router;
  readonly #members: Members;
  readonly #history: History;
  readonly #dispatcher: Dispatcher;
  readonly #delivery: Delivery;
  readonly #deadLetterStore: DeadLetterStore;
  readonly #local: LocalHost;
  readonly #remotes: RemoteHost[] = [];
  readonly #loader: HandlerLoader;
  readonly #lockstep: Lockstep | null;
  /** Null without a log that keeps positions. */
  readonly #durable: DurableGroups | null;
  readonly #letters: DeadLetterLog | null;
  readonly #recorded: RecordedFrames;
  /** Letters that were sent again and have no outcome yet, by `consumer:seq`. */
  readonly #redriven = new Map<string, string>();
  readonly #redrivesRequested = new Set<string>();
  readonly #waiting: WaitingPublishers;
  /** By consumer id, of the active member and of the standby. */
  readonly #failovers = new Map<number, Failover>();
  readonly #dedupe: DedupeWindow | null;
  readonly #publishing = new Map<string, Promise<Receipt>>();
  readonly #limiters = new Map<string, RateLimiter>();
  readonly #sources = new Map<number, string>();
  readonly #consumers = new Map<number, ConsumerRecord>();
  readonly #loads: Promise<unknown>[] = [];
  readonly #idleWaiters = new Set<() => void>();
  readonly #stopListeners = new Set<() => void>();
  readonly #hangWatch: HangWatch;
  readonly #breaker: Breaker;
  readonly #environment: Environment;
  #pool: ThreadPool | null = null;
  #phase: Phase = 'new';
  readonly #collector: Collector;
  readonly #freeSubscriptions: number[] = [];
  #nextSubscription = 1;
  #rateLimited = 0;
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<StopReport> | null = null;
  #flushScheduled = false;
  #unflushed = 0;

  /** @param environment threads and timers; real ones unless a simulator brings its own */
  constructor(options: BusOptions = {}, environment: Environment = realEnvironment) {
    const resolved = resolveBusOptions(options);
    const { scheduler } = environment;
    this.#options = resolved;
    this.#environment = environment;
    for (const definition of allDefinitions()) this.#table.addDefinition(definition);
    // An eighth of a ring is its longest record, and a reply carries a whole frame behind its head.
    const frameBytesMax = Math.min(resolved.ringBytes, resolved.replyBytes) / 8 - REPLY_HEAD_BYTES;
    this.#frameBytesMax = frameBytesMax;
    this.#decoder = new FrameDecoder(this.#table);
    this.#encoder = new FrameEncoder(this.#table, { frameBytesMax });
    this.#intake = new Intake(this.#table, this.#encoder, resolved.validate, { canDefine: true, isKeyed: () => false });
    this.#origin = { runId: resolved.runId, sourceOf: (id) => this.#sources.get(id) ?? resolved.source };
    this.#router = new Router(
      (page) => this.#announcePage(page),
      (page) => this.#collector.add('pages', page.id),
    );
    this.#members = new Members((member) => {
      this.#consumers.delete(member.id);
      this.#breaker.forget(member);
      this.#failovers.delete(member.id);
      this.#router.retire(member);
      this.#collector.add('consumers', member.id);
      const { members, id } = member.subscription;
      members.splice(members.indexOf(member), 1);
      if (members.length === 0) this.#collector.add('subscriptions', id);
    });
    this.#history = new History(resolved.historyLength);
    this.#loader = new HandlerLoader(resolved.logger);
    this.#deadLetterStore = new DeadLetterStore(resolved.deadLettersMax, scheduler, {
      decode: (frame) => this.#decodeFrame(frame),
      failures: (frame) => this.#failuresOf(frame),
      target: (entry) => this.#targetOf(entry),
      resend: (entry, member) => this.#redrive(entry, member),
      removed: (id, cause) => {
        this.#letters?.removed(id, cause);
        this.#logLettersSoon();
      },
    });
    this.deadLetters = this.#deadLetterStore;

    const { dedupe } = resolved;
    this.#dedupe = dedupe === null ? null : new DedupeWindow(dedupe.windowMs, dedupe.lengthMax, resolved.clock);
    const hosts: Host[] = [];
    const target = this.#replyTarget();
    this.#local = new LocalHost({
      index: 0,
      ringBytes: resolved.ringBytes,
      decoder: this.#decoder,
      encoder: this.#encoder,
      intake: this.#intake,
      replies: new DirectReplies({ ...target, derived: (consumer, frame) => this.#onDerivedFrame(consumer, frame) }),
      origin: this.#origin,
      logger: resolved.logger,
      loader: this.#loader,
      page: (route) => this.#router.page(route),
      monotonicMs: () => resolved.clock.monotonicMs(),
      scheduler,
      onProgress: () => this.#progress(this.#local),
    });
    hosts.push(this.#local);
    for (let i = 1; i <= resolved.workers; i++) {
      const remote = new RemoteHost(i, resolved.ringBytes, resolved.replyBytes, resolved.logger, environment, target);
      this.#remotes.push(remote);
      hosts.push(remote);
    }
    this.#breaker = new Breaker(resolved.breakerCoolDownMs, scheduler, resolved.logger, (subscription) =>
      this.#announceDegraded(subscription),
    );
    this.#hangWatch = new HangWatch(resolved.clock, scheduler, this.#remotes);
    this.#collector = new Collector(hosts, (unused) => this.#forget(unused));
    this.#dispatcher = new Dispatcher({
      table: this.#table,
      decoder: this.#decoder,
      router: this.#router,
      hosts,
      history: this.#history,
      sink: resolved.sink,
      log: resolved.log,
      clock: resolved.clock,
      lockstep: resolved.lockstep,
      overflowBytesMax: resolved.overflowBytesMax,
      onTypes: (firstId) => this.#announceTypes(firstId),
    });
    this.#delivery = new Delivery(resolved.clock, scheduler, resolved.logger, this.#deadLetterStore, resolved.retriesMax, {
      send: (member, frame) => this.#dispatcher.send(member, frame),
      unblock: (member, keyHash, handedBack) => this.#dispatcher.unblock(member, keyHash, handedBack),
      buried: (member, seq) => {
        const failover = this.#failovers.get(member.id);
        failover?.done(member, seq);
        return failover === undefined || failover.standby !== member || failover.isAlone(member, seq);
      },
      note: (frame, attempt, error) => addFailure(frame, this.#decoder, frameBytesMax, attempt, error, resolved.clock.nowUs()),
      lettered: (entry, id) => this.#logLetter(entry, id),
      describe: (frame) => {
        const event = this.#decodeFrame(frame);
        return { id: event?.id ?? `${resolved.runId}-${frame.readDoubleLE(SEQ)}`, type: event?.type ?? this.#typeName(frame) };
      },
    });
    this.#dispatcher.delivery = this.#delivery;
    this.#recorded = new RecordedFrames({
      table: this.#table,
      intake: this.#intake,
      encoder: this.#encoder,
      sourceId: (name) => this.#sourceId(name),
    });
    const isDurable = resolved.log?.durable !== undefined && !resolved.lockstep;
    this.#letters = isDurable
      ? new DeadLetterLog({ log: resolved.log, logger: resolved.logger, publish: (draft) => this.#commitOwn(draft) })
      : null;
    this.#durable = isDurable ? this.#createDurable(resolved.log, hosts) : null;
    this.#waiting = new WaitingPublishers((views, length) => this.#dispatcher.commit(views, 0, length, 'wait'));
    resolved.log?.names({ run: resolved.runId, source: resolved.source });
    resolved.log?.onSpace(() => this.#progress(this.#local));
    resolved.log?.onFailure((failure) => this.#waiting.rejectAll(failure));
    this.#lockstep = resolved.lockstep
      ? new Lockstep({
          dispatcher: this.#dispatcher,
          decoder: this.#decoder,
          isIdle: () => this.#isSettled(),
          onFinished: () => this.#tellIdleWaiters(),
        })
      : null;
  }

  subscribe<P extends object>(
    topic: Topic | EventDefinition<P>,
    handler: Handler<never> | ModuleHandler,
    options: SubscribeOptions = {},
  ): SubscriptionHandle {
    if (this.#phase === 'stopping' || this.#phase === 'stopped') throw this.#notRunning('subscribe');
    const subscription = new Subscription(
      this.#subscriptionId(),
      topic as Topic,
      handler as Handler | ModuleHandler,
      options,
      this.#options,
    );
    this.#addSource(subscription.id, subscription.source);
    for (const host of this.#hostsFor(subscription)) this.#addMember(subscription, host);
    const [active, standby] = subscription.members;
    if (subscription.failover && standby !== undefined) {
      const failover = new Failover(active!, standby, (member, frame) => this.#onDerivedFrame(member.id, frame));
      this.#failovers.set(active!.id, failover);
      this.#failovers.set(standby.id, failover);
    }
    if (subscription.durable) this.#durable!.add(subscription);
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
      for (const load of this.#loads.splice(0)) await load;
      if (this.#remotes.length > 0) {
        this.#pool = this.#environment.createPool({
          workers: this.#options.workers,
          heapMb: this.#options.workerHeapMb,
          logger: this.#options.logger,
        });
        const pool = this.#pool;
        await Promise.all(this.#remotes.map((remote) => remote.start(pool)));
        if (this.#lockstep !== null) for (const remote of this.#remotes) remote.reportIdle(true);
        pool
          .warm(this.#moduleUrls())
          .catch((error: unknown) => this.#options.logger.warn({ err: error }, 'the spare thread could not be warmed'));
      }
      await this.#restoreLetters();
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
    if (this.#dedupe === null || event?.dedupeId === undefined) return this.#publish(event, options);
    return this.#publishOnce(this.#dedupe, event, event.dedupeId, options);
  }

  #publish(event: EventInput, options: PublishOptions): Promise<Receipt> {
    try {
      options.signal?.throwIfAborted();
      this.#checkRunning('publish');
      const limiter = this.#limiterOf(event);
      if (limiter !== null && !limiter.take()) {
        if (limiter.onLimit === 'delay') return this.#publishLater(limiter, event, options);
        this.#rateLimited++;
        return Promise.resolve({ seq: 0, level: 'memory' });
      }
      return this.#accept(event, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Resolves when the event is as safe as this bus makes it. */
  #receipt(seq: number): Promise<Receipt> {
    const { log } = this.#options;
    if (log === null || seq === 0) return Promise.resolve({ seq, level: 'memory' });
    return log.whenDurable(seq).then(() => ({ seq, level: log.level }));
  }

  /** What no limit holds back. */
  #accept(event: EventInput, options: PublishOptions): Promise<Receipt> {
    try {
      this.#checkRunning('publish');
      const length = this.#encode(event);
      if (this.#lockstep !== null) return this.#submit(length);
      const { views } = this.#encoder;
      const lane = views.u8[LANE]!;
      const policy = this.#options.fullPolicy;
      if (this.#waiting.isEmpty(lane)) {
        const seq = this.#dispatcher.commit(views, 0, length, policy);
        if (seq > 0) {
          this.#flushSoon();
          return this.#receipt(seq);
        }
        if (policy === 'reject') return Promise.reject(fullError(event.type));
      }
      return this.#waiting.wait(lane, copyFrame(views.bytes, 0, length), options.signal).then((seq) => this.#receipt(seq));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  tryPublish(event: EventInput): number {
    this.#checkRunning('publish');
    if (this.#lockstep !== null && this.#lockstep.isBusy) return BUSY;
    const dedupeId = event?.dedupeId;
    if (this.#dedupe === null || dedupeId === undefined) return this.#tryPublish(event);
    const known = this.#dedupe.find(dedupeId);
    if (known > 0) return known;
    // The first one still waits for room, which this one would have to do as well.
    if (this.#publishing.has(dedupeId)) return FULL;
    const seq = this.#tryPublish(event);
    if (seq > 0) this.#dedupe.add(dedupeId, seq);
    return seq;
  }

  #tryPublish(event: EventInput): number {
    const limiter = this.#limiterOf(event);
    if (limiter !== null && !limiter.take()) return LIMITED;
    const length = this.#encode(event);
    const { views } = this.#encoder;
    if (this.#lockstep !== null) {
      void this.#lockstep.submit([copyFrame(views.bytes, 0, length)]);
      return this.#dispatcher.seq;
    }
    if (!this.#waiting.isEmpty(views.u8[LANE]!)) return FULL;
    const seq = this.#dispatcher.commit(views, 0, length, this.#options.fullPolicy);
    if (seq < 0) {
      // What this thread has written must become visible, or nobody would ever make room.
      this.#flush();
      this.#readAllReplies();
      return FULL;
    }
    this.#flushSoon();
    return seq;
  }

  async publishBatch(events: readonly EventInput[]): Promise<BatchReceipt> {
    this.#checkRunning('publish');
    if (this.#lockstep !== null) {
      const frames = events.map((event) => copyFrame(this.#encoder.views.bytes, 0, this.#encode(event)));
      const seqs = await this.#lockstep.submit(frames);
      const { level } = await this.#receipt(seqs.at(-1) ?? 0);
      return { count: seqs.length, firstSeq: seqs[0] ?? 0, lastSeq: seqs.at(-1) ?? 0, level };
    }
    let firstSeq = 0;
    let lastSeq = 0;
    let published = 0;
    for (const event of events) {
      try {
        let seq = this.tryPublish(event);
        if (seq < 0) seq = (await this.publish(event)).seq;
        lastSeq = seq;
        if (firstSeq === 0) firstSeq = seq;
        published++;
      } catch (error) {
        this.#flush();
        if (error instanceof QtError)
          throw new QtError(error.code, error.message, { cause: error, details: { ...error.details, published } });
        throw error;
      }
    }
    this.#flush();
    const { level } = await this.#receipt(lastSeq);
    return { count: published, firstSeq, lastSeq, level };
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
      deadLetters: this.#deadLetterStore.length,
      rateLimited: this.#rateLimited,
      publishersWaiting: this.#waiting.length,
      failovers: new Set(this.#failovers.values()).values().reduce((sum, failover) => sum + failover.changes, 0),
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
    this.#flush();
    this.#readAllReplies();
    this.#logLetters();
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
    this.#waiting.rejectAll(this.#notRunning('publish'));
    for (const limiter of this.#limiters.values()) limiter.rejectAll(this.#notRunning('publish'));
    this.#delivery.close();
    this.#deadLetterStore.close();
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

  /** Told before the pool ends their threads, or they would start others. */
  async #closeRemotes(): Promise<void> {
    await Promise.all(this.#remotes.map((remote) => remote.close()));
    await this.#pool?.destroy();
  }

  #endListeners(): void {
    for (const listener of this.#stopListeners) listener();
    this.#stopListeners.clear();
  }

  #encode(event: EventInput): number {
    const length = this.#intake.encode(event);
    if (event.timestamp !== undefined) this.#encoder.views.f64[TIMESTAMP >> 3] = event.timestamp;
    return length;
  }

  #submit(length: number): Promise<Receipt> {
    return this.#lockstep!.submit([copyFrame(this.#encoder.views.bytes, 0, length)]).then(([seq]) => this.#receipt(seq!));
  }

  /** The token bucket of an event's type, if it has one. Most types have none, and a draft says so itself. */
  #limiterOf(event: EventInput): RateLimiter | null {
    // What is no event at all has no limit either; it is refused by the intake, with a code.
    const definition = event instanceof EventDraft ? event.definition : definitionOf(event?.type);
    const limit = definition?.rateLimit ?? null;
    if (limit === null) return null;
    let limiter = this.#limiters.get(event.type);
    if (limiter === undefined)
      this.#limiters.set(event.type, (limiter = new RateLimiter(limit, this.#options.clock, this.#environment.scheduler)));
    return limiter;
  }

  /** The second of two equal events gets the receipt of the first, also while the first still waits for room. */
  #publishOnce(window: DedupeWindow, event: EventInput, id: string, options: PublishOptions): Promise<Receipt> {
    const seq = window.find(id);
    if (seq > 0) return this.#receipt(seq).then((receipt) => ({ ...receipt, isDuplicate: true }));
    const first = this.#publishing.get(id);
    if (first !== undefined) return first.then((receipt) => ({ ...receipt, isDuplicate: true }));
    const publishing = this.#publish(event, options)
      .then((receipt) => {
        if (receipt.seq > 0) window.add(id, receipt.seq);
        return receipt;
      })
      .finally(() => this.#publishing.delete(id));
    this.#publishing.set(id, publishing);
    return publishing;
  }

  async #publishLater(limiter: RateLimiter, event: EventInput, options: PublishOptions): Promise<Receipt> {
    // Checked now, so that a bad event fails at once and not after its turn came.
    this.#encode(event);
    await limiter.wait(options.signal);
    return this.#accept(event, options);
  }

  /**
   * Publishing in a row stores the tail and looks at the sleeping word once per 32 events or once per tick, whichever
   * comes first: 32 because it takes most of the saving and adds less than 20 us for the first of them.
   */
  #flushSoon(): void {
    if (++this.#unflushed >= 32) {
      this.#flush();
      return;
    }
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#environment.scheduler.soon(this.#flushTick);
  }

  readonly #flushTick = (): void => {
    this.#flushScheduled = false;
    this.#flush();
  };

  #flush(): void {
    this.#unflushed = 0;
    this.#dispatcher.flush();
  }

  #hostsFor(subscription: Subscription): Host[] {
    return placeMembers(subscription, this.#remotes.length).map((thread) => (thread === 0 ? this.#local : this.#remotes[thread - 1]!));
  }

  #addMember(subscription: Subscription, host: Host): void {
    const { handler } = subscription;
    const member = this.#members.add(subscription, host);
    const isModule = isModuleHandler(handler);
    const spec: ConsumerSpec = {
      id: member.id,
      subscription: subscription.id,
      group: subscription.group,
      slot: member.slot,
      filter: subscription.filterFunction,
      timeoutMs: subscription.timeoutMs,
      limit: isModule ? MODULE_RUNS_MAX : subscription.concurrency,
      waitingMax: WAITING_MAX,
      ordered: subscription.ordered,
    };
    if (!isModule) {
      this.#local.addConsumer(spec, handler);
      return;
    }
    const module: HandlerModuleSpec = {
      url: handler.url,
      exportName: handler.exportName,
      options: handler.options,
      instance: handler.instance,
      group: subscription.group,
      member: subscription.members.length - 1,
    };
    if (host === this.#local) {
      const load = this.#local.addModuleConsumer(spec, module);
      // Reported by `start`, or by the log when the bus runs already.
      load.catch((error: unknown) => {
        if (this.#phase === 'running') this.#options.logger.error({ err: error }, 'a handler module could not be loaded');
      });
      this.#loads.push(load);
      return;
    }
    const record: ConsumerRecord = { ...spec, ...module, filter: subscription.filter, isDegraded: false };
    this.#consumers.set(member.id, record);
    (host as RemoteHost).command({ kind: 'consumer', consumer: record });
  }

  /**
   * Frames have 16 bits for the subscription that an event comes from. Old numbers are used again only when the fresh ones
   * are gone: by then every thread has long heard that they were forgotten.
   */
  #subscriptionId(): number {
    if (this.#nextSubscription <= SUBSCRIPTION_ID_MAX) return this.#nextSubscription++;
    const id = this.#freeSubscriptions.shift();
    if (id !== undefined) return id;
    throw new QtError(QT_BUS_SUBSCRIPTION_INVALID, `Cannot subscribe more than ${SUBSCRIPTION_ID_MAX} handlers at one time`);
  }

  /** Numbers of closed subscriptions and old routes that no frame carries any more. */
  #forget(unused: Unused): void {
    this.#local.forget(unused.pages, unused.consumers);
    for (const remote of this.#remotes) remote.command({ kind: 'forget', unused });
    for (const id of unused.pages) this.#router.drop(id);
    for (const id of unused.subscriptions) {
      this.#sources.delete(id);
      this.#freeSubscriptions.push(id);
    }
  }

  #watchHangs(): void {
    if (this.#remotes.length === 0) return;
    const limits = this.#router.subscriptions.filter(({ handler }) => isModuleHandler(handler)).map(({ timeoutMs }) => timeoutMs);
    if (limits.length > 0) this.#hangWatch.start(Math.min(...limits));
  }

  #unsubscribe(subscription: Subscription): void {
    if (subscription.closed) return;
    subscription.closed = true;
    this.#durable?.remove(subscription);
    this.#router.remove(subscription);
    for (const member of subscription.members) {
      if (member.host === this.#local) this.#local.closeConsumer(member.id);
      else (member.host as RemoteHost).command({ kind: 'close-consumer', id: member.id });
    }
    this.#members.close(subscription);
  }

  #replyTarget(): RemoteHostTarget {
    return {
      derived: (consumer, views, index, length) => {
        const failover = this.#failovers.size === 0 ? undefined : this.#failovers.get(consumer);
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
        this.#failovers.get(consumer)?.done(member, seq);
        if (this.#redriven.size > 0) this.#onRedriven(member, seq);
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
        const failover = this.#failovers.get(member.id);
        if (failover === undefined || failover.isAlone(member, seq)) return false;
        this.#delivery.forget(member, seq);
        member.dispatched--;
        return true;
      },
      moduleUrls: () => this.#moduleUrls(),
      progress: (host) => this.#progress(host),
      page: (route) => this.#router.page(route),
      task: (host) => this.#taskFor(host),
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

  #taskFor(host: RemoteHost): Omit<WorkerTask, 'buffer' | 'port' | 'epoch' | 'ringBytes' | 'replyBytes'> {
    const { runId, source, validate } = this.#options;
    const consumers = [...this.#consumers.values()].flatMap((record) => {
      const member = this.#members.get(record.id);
      return member?.host === host ? [{ ...record, isDegraded: member.subscription.isDegraded }] : [];
    });
    return {
      runId,
      source,
      validate,
      frameBytesMax: this.#frameBytesMax,
      types: this.#table.toRecords(),
      keyed: this.#keyedTypes(1),
      consumers,
      routes: this.#router.pages.map(toRouteRecord),
      sources: [...this.#sources],
      blocked: this.#delivery.blockedOf(host.index),
    };
  }

  #keyedTypes(firstId: number): string[] {
    return this.#table
      .toRecords(firstId)
      .map((record) => record.type)
      .filter((type) => (definitionOf(type)?.keyOf ?? null) !== null);
  }

  #announcePage(page: Page): void {
    for (const remote of this.#remotes) remote.command({ kind: 'route', route: toRouteRecord(page) });
  }

  #announceTypes(firstId: number): void {
    this.#options.log?.types(this.#table.toRecords(firstId));
    for (const remote of this.#remotes)
      remote.command({ kind: 'types', types: this.#table.toRecords(firstId), keyed: this.#keyedTypes(firstId) });
  }

  /** Standbys take over from the members that lived on a dead thread. */
  #onDeath(host: Host): void {
    this.#breaker.died();
    for (const [id, failover] of this.#failovers) {
      const member = this.#members.get(id);
      if (member === undefined || member.host !== host) continue;
      member.dispatched -= this.#delivery.abandon(member, (seq) => failover.isAlone(member, seq));
      failover.died(member, this.#dispatcher.seq);
      this.#options.logger.warn({ group: member.subscription.group, changes: failover.changes }, 'a member with a standby died');
    }
  }

  #moduleUrls(): string[] {
    return [...new Set([...this.#consumers.values()].map((record) => record.url))];
  }

  #announceDegraded(subscription: Subscription): void {
    for (const { id, host } of subscription.members) {
      if (host instanceof RemoteHost) host.command({ kind: 'degrade-consumer', id, isDegraded: subscription.isDegraded });
    }
  }

  /** Something moved on a host: there may be room, a retry may be due, somebody may wait for the end. */
  #progress(host: Host): void {
    for (const outlet of host.outlets) outlet.writer.setWaiting(false);
    this.#dispatcher.drainOverflow(host);
    this.#delivery.flush();
    this.#durable?.progress();
    this.#waiting.progress();
    this.#flush();
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
    if (this.#durable?.isCatchingUp === true || this.#letters?.isEmpty === false) return false;
    return this.#waiting.length === 0 && (this.#lockstep === null || this.#lockstep.isFinished) && this.#isSettled();
  }

  #createDurable(log: EventLog, hosts: readonly Host[]): DurableGroups {
    const { logger } = this.#options;
    const [members, router, delivery, dispatcher] = [this.#members, this.#router, this.#delivery, this.#dispatcher];
    return new DurableGroups({
      log,
      dispatcher,
      progress: new GroupProgress({ hosts, members, router, delivery }),
      frames: this.#recorded,
      scheduler: this.#environment.scheduler,
      logger,
      beforeLook: () => {
        this.#redriveRequested();
        this.#logLetters();
        this.#letters!.keepPosition(dispatcher.seq);
      },
      refuse: (member, frame, error) => delivery.refuse(member, frame, error),
      goLive: (subscription) => router.add(subscription),
      onChange: () => this.#tellIdleWaiters(),
    });
  }

  /** Commits an event of the engine itself. */
  #commitOwn(draft: EventDraft<object>): number {
    const length = this.#encode(draft);
    const seq = this.#dispatcher.commitOwn(this.#encoder.views, 0, length);
    this.#flushSoon();
    return seq;
  }

  /** Number of a source that may come from an earlier process. */
  #sourceId(name: string): number {
    if (name === this.#options.source) return 0;
    for (const [id, known] of this.#sources) if (known === name) return id;
    const id = this.#subscriptionId();
    this.#addSource(id, name);
    return id;
  }

  #addSource(id: number, source: string): void {
    this.#sources.set(id, source);
    this.#options.log?.names({ [`source.${id}`]: source });
    for (const remote of this.#remotes) remote.command({ kind: 'source', id, source });
  }

  #logLetter({ frame, letter, member }: DeadLetterEntry, id: string): void {
    if (this.#letters === null) return;
    const seq = frame.readDoubleLE(SEQ);
    this.#redriven.delete(nameOf(member!, seq));
    const event = this.#decodeFrame(frame);
    this.#letters.added({ ...letter, id }, seq, event?.id ?? `${this.#options.runId}-${seq}`, this.#failuresOf(frame), event);
    this.#logLettersSoon();
  }

  #logLettersSoon(): void {
    if (this.#letters?.isEmpty === false) this.#environment.scheduler.soon(() => this.#logLetters());
  }

  #logLetters(): void {
    if (this.#letters === null || this.#letters.isEmpty) return;
    this.#letters.flush();
    this.#tellIdleWaiters();
  }

  async #restoreLetters(): Promise<void> {
    for (const recorded of (await this.#letters?.restore()) ?? []) {
      const id = this.#deadLetterStore.add({ member: null, frame: this.#frameOf(recorded), letter: recorded.letter });
      if (recorded.isRedriveRequested) this.#redrivesRequested.add(id);
    }
  }

  /** The frame of a letter of an earlier process; empty if it cannot be had, and then the letter can only be looked at. */
  #frameOf({ event, eventSeq, failures, letter }: RecordedLetter): Buffer {
    try {
      const frame = event === null ? this.#readFrame(eventSeq) : this.#recorded.encode(event);
      const text = JSON.stringify(failures);
      return replaceMeta(frame, this.#decoder, this.#frameBytesMax, (meta) => ({ ...meta, f: text })) ?? frame;
    } catch (error) {
      this.#options.logger.warn(
        { letter: letter.id, error: toErrorRecord(error).message },
        'the event of a dead letter cannot be restored',
      );
      return Buffer.alloc(0);
    }
  }

  #readFrame(seq: number): Buffer {
    const reader = this.#options.log!.durable!.open({ fromSeq: seq });
    try {
      let frame: Buffer | null = null;
      reader.readBatch((views, index, length, at) => {
        if (at === seq) frame = this.#recorded.restore(views, index, length, reader).frame;
      });
      if (frame === null)
        throw new QtError(QT_DEAD_LETTER_UNKNOWN, `Cannot read the event ${seq} of a dead letter: the log has it no more`);
      return frame;
    } finally {
      reader.close();
    }
  }

  /** Who gets a dead letter if it is sent again. */
  #targetOf({ frame, letter, member }: DeadLetterEntry): Member | null {
    if (member !== null) return member.subscription.closed ? null : member;
    if (frame.length === 0) return null;
    const members = this.#router.subscriptions
      .filter((subscription) => subscription.group === letter.group && subscription.matches(letter.type))
      .flatMap((subscription) => subscription.members);
    return members[frame.readUInt32LE(KEY_HASH) % members.length] ?? null;
  }

  #redrive({ frame, letter, member: own }: DeadLetterEntry, member: Member): void {
    // A letter of an earlier process is in none of the books of this one.
    if (own === null) member.dispatched++;
    else member.deadLettered--;
    if (this.#letters !== null) {
      // It stays a letter in the log until it has been handled.
      this.#redriven.set(nameOf(member, frame.readDoubleLE(SEQ)), letter.id);
      frame.writeUInt8(frame.readUInt8(FLAGS) | FLAG_ACK, FLAGS);
    }
    this.#dispatcher.announceType(frame.readUInt16LE(TYPE_ID));
    this.#delivery.redrive(member, frame);
  }

  #onRedriven(member: Member, seq: number): void {
    const name = nameOf(member, seq);
    const id = this.#redriven.get(name);
    if (id === undefined) return;
    this.#redriven.delete(name);
    this.#letters!.removed(id, 'REDRIVEN');
    this.#logLettersSoon();
  }

  /** Somebody asked for it while no bus was running; it goes as soon as its group is there. */
  #redriveRequested(): void {
    for (const id of this.#redrivesRequested) {
      void this.#deadLetterStore.redrive({ id }).then(
        (sent) => sent > 0 && this.#redrivesRequested.delete(id),
        // It was purged or redriven in the meantime.
        () => this.#redrivesRequested.delete(id),
      );
    }
  }

  #failuresOf(frame: Buffer): readonly FailureRecord[] {
    if (frame.length === 0) return [];
    return parseFailures(this.#decoder.meta(new FrameViews(frame.buffer as ArrayBuffer), 0)?.f);
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

  #checkRunning(action: string): void {
    const failure = this.#options.log?.failure ?? null;
    if (failure !== null) throw failure;
    if (this.#phase !== 'running') throw this.#notRunning(action);
  }

  #notRunning(action: string): QtError {
    return new QtError(QT_BUS_NOT_RUNNING, `Cannot ${action}: the bus is ${this.#phase === 'new' ? 'not started' : this.#phase}`);
  }

  #drainTimeout(timeoutMs: number): QtError {
    const { pending } = this.#members.sums();
    const details = { pending, retriesWaiting: this.#delivery.retriesWaiting, publishersWaiting: this.#waiting.length };
    return new QtError(QT_BUS_DRAIN_TIMEOUT, `Cannot drain within ${timeoutMs} ms: ${pending} deliveries are pending`, { details });
  }
}

function toRouteRecord(page: Page): RouteRecord {
  return { id: page.id, consumers: page.members.map((member) => member.id) };
}
