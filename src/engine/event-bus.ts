import type { EventDefinition, EventInput, Handler, HandlerContext, ModuleHandler, QtEvent } from '../event/index.ts';
import type { DeadLetterQueue } from './dead-letters.ts';
import type { Filter, FilterFunction } from './filter.ts';
import type { BusStats } from './stats.ts';
import type { SubscribeOptions, Topic } from './subscription.ts';

/** How safe an accepted event is: `memory` dies with the process. */
export type DurabilityLevel = 'memory' | 'written' | 'fsynced';

export interface Receipt {
  /** Commit order; 0 if the event was dropped by its rate limit. */
  readonly seq: number;
  readonly level: DurabilityLevel;
  /** True if an event with the same `dedupeId` had been published before: `seq` is that one's. */
  readonly isDuplicate?: boolean;
}

export interface PublishOptions {
  /** Gives up waiting for room. An event that is accepted already stays accepted. */
  readonly signal?: AbortSignal;
}

export interface BatchReceipt {
  readonly count: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly level: DurabilityLevel;
}

/** What `subscribe` gives back. */
export interface SubscriptionHandle {
  readonly group: string;
  /** No further event is routed to it; on the main thread its handler is not called again either. Safe at any time. */
  unsubscribe(): void;
}

export interface DrainOptions {
  /** Default 30 000. */
  readonly timeoutMs?: number;
}

export interface StopOptions {
  /** How long to wait for what was accepted, in ms, default 5000; 0 stops at once. */
  readonly drainTimeoutMs?: number;
}

export interface StopReport {
  /** Deliveries that had no outcome when the bus stopped. */
  readonly pending: number;
}

export interface HistoryQuery {
  /** Type or pattern, default all. */
  readonly type?: string;
  readonly source?: string;
  /** Newest first, default 100. */
  readonly limit?: number;
}

export interface EventsOptions {
  readonly signal?: AbortSignal;
  readonly filter?: Filter | FilterFunction;
  /** Events read ahead before publishers feel back-pressure, default 256. */
  readonly highWater?: number;
}

export interface OnceOptions {
  /** Default: for ever. */
  readonly timeoutMs?: number;
  readonly filter?: Filter | FilterFunction;
  readonly signal?: AbortSignal;
}

/**
 * The contract of every bus, whatever carries its events.
 *
 * At least once to every group; per group and key, first deliveries in publish order; a failed delivery is retried and
 * then kept as a dead letter. See the delivery contract in the README.
 */
export interface EventBus {
  /**
   * Subscribes a function on the main thread, or a module handler on worker threads. Before `start` or at any time after.
   *
   * @throws QtError QT_BUS_SUBSCRIPTION_INVALID, QT_EVENT_TOPIC_INVALID, QT_OPTION_INVALID
   */
  subscribe<P extends object>(
    topic: EventDefinition<P>,
    handler: (event: QtEvent<P>, ctx: HandlerContext) => unknown,
    options?: SubscribeOptions,
  ): SubscriptionHandle;
  subscribe(topic: Topic, handler: Handler | ModuleHandler, options?: SubscribeOptions): SubscriptionHandle;

  /**
   * Starts threads and handlers; resolves when all are loaded.
   *
   * @throws QtError QT_BUS_STARTED_TWICE, QT_HANDLER_LOAD_FAILED, QT_WORKER_FAILED
   */
  start(): Promise<void>;

  /**
   * Publishes an event; resolves when it is accepted at the bus's level. Waits while a queue is full, if that is the policy.
   *
   * @throws QtError QT_EVENT_TOPIC_INVALID, QT_EVENT_PAYLOAD_INVALID, QT_EVENT_ENVELOPE_INVALID, QT_CODEC_UNSUPPORTED_VALUE,
   *   QT_CODEC_TOO_LARGE, QT_BUS_FULL, QT_BUS_NOT_RUNNING, or the signal's reason
   */
  publish(event: EventInput, options?: PublishOptions): Promise<Receipt>;

  /**
   * Publishes without waiting: the hot path. Allocates no promise. The event is accepted at level `memory`, also with a
   * durable log.
   *
   * @returns the seq, > 0, or FULL (-1), LIMITED (-2) or BUSY (-3, a lockstep window is running)
   * @throws QtError as `publish`, for bad input; never for a full queue
   */
  tryPublish(event: EventInput): number;

  /**
   * Publishes several in order, waking each handler once. In lockstep they are one window.
   *
   * @throws QtError as `publish`; its details say how many were published before the bad one
   */
  publishBatch(events: readonly EventInput[]): Promise<BatchReceipt>;

  getStats(): BusStats;
  /** Copies of the latest events, newest first. */
  getHistory(query?: HistoryQuery): QtEvent[];
  readonly deadLetters: DeadLetterQueue;

  /** Events as an async iterator; ends when the signal aborts or the bus stops. */
  events(topic: Topic, options?: EventsOptions): AsyncIterableIterator<QtEvent>;
  /**
   * The next matching event.
   *
   * @throws QtError QT_BUS_WAIT_TIMEOUT, or the signal's reason
   */
  once(topic: Topic, options?: OnceOptions): Promise<QtEvent>;

  /**
   * Resolves when every accepted event has an outcome.
   *
   * @throws QtError QT_BUS_DRAIN_TIMEOUT; its details say what was left
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Refuses new events, drains, ends threads and timers. Calling it again gives the same answer. */
  stop(options?: StopOptions): Promise<StopReport>;
  /** Starts if need be, runs until the signal aborts, then stops. */
  runForever(options?: { readonly signal?: AbortSignal }): Promise<StopReport>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `tryPublish`: a queue is full. */
export const FULL = -1;
/** `tryPublish`: the type's rate limit is used up. */
export const LIMITED = -2;
/** `tryPublish`: a lockstep window is running; use `publish`. */
export const BUSY = -3;
