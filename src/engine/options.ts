import { checkNumber, checkOneOf, invalidOption, silentLogger, systemClock, type Clock, type Logger } from '../base/index.ts';
import type { BootedThreads } from './booted-threads.ts';
import type { EventLog } from './event-log.ts';
import type { Sink } from './sink.ts';

/** What happens to a publish that finds a queue full. */
export const FULL_POLICIES = ['wait', 'reject', 'dropOldest', 'dropNewest'] as const;
export type FullPolicy = (typeof FULL_POLICIES)[number];

export interface RetryOptions {
  /** Redeliveries after the first delivery, 0..100. */
  readonly maxRetries?: number;
  /** Delay before each redelivery, in ms; the last one repeats. */
  readonly backoffMs?: readonly number[];
  /** Up to this share is added to each delay at random, 0..1, default 0. */
  readonly jitterRatio?: number;
}

export interface BusOptions {
  /** `threads` runs module handlers on worker threads; `inline` runs everything on the calling thread. Default `threads`. */
  readonly mode?: 'threads' | 'inline';
  /** Worker threads, 1..64, default 2. `inline` has none. */
  readonly workers?: number;
  /**
   * Commit derived events in waves, ordered by (cause seq, emit index), so that every run gives the same log whatever
   * the number of threads. Publishing then waits for its turn, and priorities do not reorder. Default false.
   */
  readonly lockstep?: boolean;
  /** Check payloads against their schemas at publish. Default true. */
  readonly validate?: boolean;
  /** Default `wait`. */
  readonly fullPolicy?: FullPolicy;
  /** Bytes of each lane ring, power of two, 64 KiB..256 MiB, default 1 MiB. The largest event is an eighth of it. */
  readonly ringBytes?: number;
  /** Bytes of each worker's reply ring, power of two, default 1 MiB. */
  readonly replyBytes?: number;
  /** Bytes of derived events and retries that may wait outside a full ring, default 64 MiB. */
  readonly overflowBytesMax?: number;
  /** How long a group whose handlers only kill threads stays out of service, in ms, default 30 000. */
  readonly breakerCoolDownMs?: number;
  /**
   * Suppress events whose `dedupeId` was published within the window: they get the seq of the first. Default off.
   * `lengthMax` ids are remembered, default 100 000.
   */
  readonly dedupe?: { readonly windowMs: number; readonly lengthMax?: number };
  /** Retries that may wait at one time, 1..1e8, default 1 000 000; a failure beyond it is dead-lettered at once. */
  readonly retriesMax?: number;
  /** How many of the latest events `getHistory` can see, 0..1e6, default 1000. */
  readonly historyLength?: number;
  /** How many dead letters are kept, default 10 000; beyond it the oldest is forgotten and counted. */
  readonly deadLettersMax?: number;
  /** Default for subscriptions: three redeliveries after 100, 500 and 2000 ms. */
  readonly retry?: RetryOptions;
  /** Default for subscriptions, ms, default 30 000. */
  readonly processingTimeoutMs?: number;
  /** Prefix of event ids; default random, given for repeatable runs. */
  readonly runId?: string;
  /** `source` of events that do not name one, default `main`. */
  readonly source?: string;
  readonly clock?: Clock;
  /** A pino logger or anything of its shape; default silent. */
  readonly logger?: Logger;
  /** Sees the bytes of every event in commit order, before its handlers. */
  readonly sink?: Sink;
  /** A durable log, such as an opened journal: events go there first, and `publish` waits for its level. Default none. */
  readonly log?: EventLog;
  /** Heap limit of each worker thread in MiB; default that of Node. */
  readonly workerHeapMb?: number;
  /** Threads that boot already, as many as `workers`, with a heap limit of their own; see `bootThreads`. Default none. */
  readonly threads?: BootedThreads;
}

export interface ResolvedBusOptions {
  readonly mode: 'threads' | 'inline';
  readonly workers: number;
  readonly lockstep: boolean;
  readonly validate: boolean;
  readonly fullPolicy: FullPolicy;
  readonly ringBytes: number;
  readonly replyBytes: number;
  readonly overflowBytesMax: number;
  readonly breakerCoolDownMs: number;
  readonly dedupe: { readonly windowMs: number; readonly lengthMax: number } | null;
  readonly retriesMax: number;
  readonly historyLength: number;
  readonly deadLettersMax: number;
  readonly retry: ResolvedRetry;
  readonly processingTimeoutMs: number;
  readonly runId: string;
  readonly source: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sink: Sink | null;
  readonly log: EventLog | null;
  readonly workerHeapMb: number | null;
  readonly threads: BootedThreads | null;
}

export interface ResolvedRetry {
  readonly maxRetries: number;
  readonly backoffMs: readonly number[];
  readonly jitterRatio: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const defaultBusOptions = {
  mode: 'threads',
  workers: 2,
  lockstep: false,
  validate: true,
  fullPolicy: 'wait',
  // A second of 5000 events/s of 200 bytes; a larger ring leaves the second-level cache and gets slower.
  ringBytes: MIB,
  replyBytes: MIB,
  overflowBytesMax: 64 * MIB,
  breakerCoolDownMs: 30_000,
  retriesMax: 1_000_000,
  historyLength: 1000,
  deadLettersMax: 10_000,
  retry: { maxRetries: 3, backoffMs: [100, 500, 2000], jitterRatio: 0 },
  processingTimeoutMs: 30_000,
  source: 'main',
} as const satisfies Partial<BusOptions>;

/**
 * Fills in the defaults and refuses what is out of range.
 *
 * @throws QtError QT_OPTION_INVALID naming the field, the value and the allowed range
 */
export function resolveBusOptions(options: BusOptions): ResolvedBusOptions {
  const merged = { ...defaultBusOptions, ...dropUndefined(options) };
  const mode = checkOneOf('mode', merged.mode, ['threads', 'inline']);
  const workers = mode === 'inline' ? 0 : checkNumber('workers', merged.workers, { min: 1, max: 64, integer: true });
  const { threads = null } = merged;
  if (threads !== null && threads.workers !== workers)
    throw invalidOption('workers', workers, `${threads.workers}, as many as threads has`);
  return {
    mode,
    workers,
    lockstep: merged.lockstep,
    validate: merged.validate,
    fullPolicy: checkOneOf('fullPolicy', merged.fullPolicy, FULL_POLICIES),
    ringBytes: checkPowerOfTwo('ringBytes', merged.ringBytes, 64 * KIB, 256 * MIB),
    replyBytes: checkPowerOfTwo('replyBytes', merged.replyBytes, 64 * KIB, 256 * MIB),
    overflowBytesMax: checkNumber('overflowBytesMax', merged.overflowBytesMax, { min: 0, max: 2 ** 40, integer: true }),
    breakerCoolDownMs: checkNumber('breakerCoolDownMs', merged.breakerCoolDownMs, { min: 1, max: 86_400_000 }),
    dedupe: merged.dedupe === undefined ? null : resolveDedupe(merged.dedupe),
    retriesMax: checkNumber('retriesMax', merged.retriesMax, { min: 1, max: 100_000_000, integer: true }),
    historyLength: checkNumber('historyLength', merged.historyLength, { min: 0, max: 1_000_000, integer: true }),
    deadLettersMax: checkNumber('deadLettersMax', merged.deadLettersMax, { min: 1, max: 10_000_000, integer: true }),
    retry: resolveRetry(merged.retry, defaultBusOptions.retry),
    processingTimeoutMs: checkNumber('processingTimeoutMs', merged.processingTimeoutMs, { min: 1, max: 86_400_000 }),
    runId: merged.runId ?? merged.log?.journalId.slice(0, 8) ?? globalThis.crypto.randomUUID().slice(0, 8),
    source: merged.source,
    clock: merged.clock ?? systemClock,
    logger: merged.logger ?? silentLogger,
    sink: merged.sink ?? null,
    log: merged.log ?? null,
    workerHeapMb: merged.workerHeapMb === undefined ? null : checkNumber('workerHeapMb', merged.workerHeapMb, { min: 8, max: 65_536 }),
    threads,
  };
}

/** @throws QtError QT_OPTION_INVALID */
export function resolveRetry(options: RetryOptions | undefined, defaults: ResolvedRetry): ResolvedRetry {
  const maxRetries = checkNumber('retry.maxRetries', options?.maxRetries ?? defaults.maxRetries, { min: 0, max: 100, integer: true });
  const backoffMs = options?.backoffMs ?? defaults.backoffMs;
  if (!Array.isArray(backoffMs) || (backoffMs.length === 0 && maxRetries > 0)) {
    throw invalidOption('retry.backoffMs', backoffMs, 'a list of delays in ms');
  }
  for (const delay of backoffMs) checkNumber('retry.backoffMs', delay, { min: 0, max: 2_592_000_000 });
  const jitterRatio = checkNumber('retry.jitterRatio', options?.jitterRatio ?? defaults.jitterRatio, { min: 0, max: 1 });
  return { maxRetries, backoffMs: [...backoffMs], jitterRatio };
}

function resolveDedupe(dedupe: NonNullable<BusOptions['dedupe']>): { windowMs: number; lengthMax: number } {
  return {
    windowMs: checkNumber('dedupe.windowMs', dedupe.windowMs, { min: 1, max: 2_592_000_000 }),
    lengthMax: checkNumber('dedupe.lengthMax', dedupe.lengthMax ?? 100_000, { min: 1, max: 10_000_000, integer: true }),
  };
}

function checkPowerOfTwo(field: string, value: number, min: number, max: number): number {
  checkNumber(field, value, { min, max, integer: true });
  if ((value & (value - 1)) !== 0) throw invalidOption(field, value, 'a power of two');
  return value;
}

/** An option given as undefined means its default, as a missing one does. */
function dropUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
