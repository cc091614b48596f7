/**
 * The event engine: publishes events, routes them to groups of handlers on worker threads or the calling thread, and
 * settles what becomes of them: acknowledged, retried, dead-lettered. Knows nothing of trading.
 *
 * @module
 */
export { bootThreads, type BootedThreads, type BootOptions } from './booted-threads.ts';
export type { DeadLetter, DeadLetterQuery, DeadLetterQueue, DeadLetterReason, RedriveOptions } from './dead-letters.ts';
export { createEventBus, getDefaultEventBus, InMemoryEventBus, setDefaultEventBus } from './default-bus.ts';
export * from './errors.ts';
export {
  BUSY,
  FULL,
  LIMITED,
  type BatchReceipt,
  type DrainOptions,
  type DurabilityLevel,
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
export type { EventLog } from './event-log.ts';
export type { Filter, FilterFunction, FilterRule } from './filter.ts';
export { defaultBusOptions, type BusOptions, type FullPolicy, type RetryOptions } from './options.ts';
export { createMemoryIdempotencyStore, idempotent, type IdempotencyStore } from './idempotent.ts';
export { Rerun, type RerunMember, type RerunOptions } from './rerun.ts';
export type { Sink, SinkEvent } from './sink.ts';
export type { BusStats, GroupStats } from './stats.ts';
export type { SubscribeOptions, Topic } from './subscription.ts';
