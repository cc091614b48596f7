import { checkNumber, checkOneOf, describe, QtError } from '../base/index.ts';
import { checkPattern, laneOf, matches, PRIORITIES, type Handler, type ModuleHandler, type Priority } from '../event/index.ts';
import { QT_BUS_SUBSCRIPTION_INVALID } from './errors.ts';
import { compileFilter, type Filter, type FilterFunction } from './filter.ts';
import type { Member } from './member.ts';
import { resolveRetry, type ResolvedBusOptions, type ResolvedRetry, type RetryOptions } from './options.ts';

export interface SubscribeOptions {
  /** Each group gets every event once; its members share the keys. Default: a group of this subscription alone. */
  readonly group?: string;
  /**
   * Module handlers: on how many threads, default all workers. Main-thread handlers: how many asynchronous runs at one
   * time, default 64. One key never runs twice at once either way.
   */
  readonly concurrency?: number;
  /** Every member gets every event. Default false. */
  readonly broadcast?: boolean;
  /** Lane for all its events instead of each event's own; with it, one key keeps its order across priorities. */
  readonly priority?: Priority;
  /** Rules as data, or for main-thread handlers a function. What it refuses counts as acknowledged. */
  readonly filter?: Filter | FilterFunction;
  readonly retry?: RetryOptions;
  /** An asynchronous run is given up after this many ms. */
  readonly processingTimeoutMs?: number;
  /** Later events of a key wait while an earlier one is retried. Default true. */
  readonly orderedRetry?: boolean;
  /**
   * Module handlers, with at least two workers: one active member owns all state, a standby on another thread sees the
   * same events and takes over with what was in flight when the active one dies or stops answering. Default false.
   */
  readonly failover?: boolean;
  /** `source` of what its handlers publish; default the group. */
  readonly source?: string;
  /**
   * The group's position is kept in the bus's log: after a restart it continues with what it had not acknowledged. Needs a
   * `group` and a `log` that keeps positions, and no lockstep. Default false.
   */
  readonly durable?: boolean;
  /** Where a durable group begins that the log does not know yet. Default `latest`. */
  readonly from?: DurableStart;
}

/** `latest`: after what is in the log now; or from the oldest event, from a seq, or from a time (us since 1970) on. */
export type DurableStart = 'latest' | 'earliest' | { readonly seq: number } | { readonly timeUs: number };

/** What `subscribe` accepts as topic. */
export type Topic = string | TypedTopic | readonly (string | TypedTopic)[];

/** A definition stands for its type. */
export interface TypedTopic {
  readonly type: string;
}

const CONCURRENCY_DEFAULT = 64;
/** A route has 31 places, and a group must fit into one. */
const MEMBERS_MAX = 31;
const GROUP = /^[\w.:/-]{1,100}$/;

/** A subscription with its options filled in. */
export class Subscription {
  readonly id: number;
  readonly patterns: readonly string[];
  readonly handler: Handler | ModuleHandler;
  readonly group: string;
  readonly source: string;
  readonly concurrency: number;
  readonly broadcast: boolean;
  readonly failover: boolean;
  /** Lane for all its events, or -1 for each event's own. */
  readonly lane: number;
  readonly filter: Filter | null;
  readonly filterFunction: FilterFunction | null;
  readonly retry: ResolvedRetry;
  readonly timeoutMs: number;
  readonly ordered: boolean;
  readonly durable: boolean;
  readonly from: DurableStart;
  readonly members: Member[] = [];
  closed = false;
  /** Out of service: see `Breaker`. */
  isDegraded = false;

  /** @throws QtError QT_BUS_SUBSCRIPTION_INVALID, QT_EVENT_TOPIC_INVALID, QT_OPTION_INVALID */
  constructor(id: number, topic: Topic, handler: Handler | ModuleHandler, options: SubscribeOptions, bus: ResolvedBusOptions) {
    const isModule = isModuleHandler(handler);
    if (!isModule && typeof handler !== 'function') {
      throw new QtError(QT_BUS_SUBSCRIPTION_INVALID, `Cannot subscribe ${describe(handler)}: expected a function or moduleHandler(...)`);
    }
    this.id = id;
    this.patterns = patternsOf(topic);
    this.handler = handler;
    this.group = options.group ?? `subscription-${id}`;
    if (!GROUP.test(this.group)) {
      throw new QtError(
        QT_BUS_SUBSCRIPTION_INVALID,
        `Cannot use ${describe(this.group)} as a group: 1 to 100 letters, digits and . _ : / -`,
      );
    }
    this.source = options.source ?? this.group;
    const concurrency = options.concurrency ?? (isModule ? Math.max(1, bus.workers) : CONCURRENCY_DEFAULT);
    this.concurrency = checkNumber('concurrency', concurrency, { min: 1, max: isModule ? MEMBERS_MAX : 100_000, integer: true });
    this.broadcast = options.broadcast ?? false;
    this.failover = options.failover ?? false;
    if (this.failover && (!isModule || this.broadcast || bus.workers === 1 || options.concurrency !== undefined)) {
      throw new QtError(
        QT_BUS_SUBSCRIPTION_INVALID,
        `Cannot give group ${this.group} a standby: failover needs a module handler, two workers, and neither broadcast nor concurrency`,
      );
    }
    this.lane = options.priority === undefined ? -1 : laneOf(checkOneOf('priority', options.priority, PRIORITIES));
    if (typeof options.filter === 'function') {
      if (isModule) {
        throw new QtError(
          QT_BUS_SUBSCRIPTION_INVALID,
          'Cannot filter a module handler by a function: it runs on another thread, so give { field, op, value }',
        );
      }
      this.filter = null;
      this.filterFunction = options.filter;
    } else {
      this.filter = options.filter ?? null;
      this.filterFunction = this.filter === null ? null : compileFilter(this.filter);
    }
    this.retry = resolveRetry(options.retry, bus.retry);
    this.timeoutMs = checkNumber('processingTimeoutMs', options.processingTimeoutMs ?? bus.processingTimeoutMs, {
      min: 1,
      max: 86_400_000,
    });
    this.ordered = options.orderedRetry ?? true;
    this.durable = options.durable ?? false;
    this.from = checkStart(options.from ?? 'latest');
    this.#checkDurable(options, bus);
  }

  #checkDurable(options: SubscribeOptions, bus: ResolvedBusOptions): void {
    if (!this.durable && options.from === undefined) return;
    const refuse = (reason: string): never => {
      throw new QtError(QT_BUS_SUBSCRIPTION_INVALID, `Cannot make group ${this.group} durable: ${reason}`);
    };
    if (!this.durable) refuse('"from" is for groups with "durable: true"');
    if (options.group === undefined) refuse('give "group", a name that is the same after a restart');
    if (bus.log?.durable === undefined) refuse('the bus has no log that keeps positions, such as a journal');
    if (bus.lockstep) refuse('a lockstep bus is brought back by recomputing it');
  }

  matches(type: string): boolean {
    return this.patterns.some((pattern) => matches(pattern, type));
  }
}

function checkStart(from: DurableStart): DurableStart {
  if (typeof from !== 'object' || from === null) return checkOneOf('from', from, ['latest', 'earliest'] as const);
  const [field, value] = 'seq' in from ? (['from.seq', from.seq] as const) : (['from.timeUs', from.timeUs] as const);
  checkNumber(field, value, { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true });
  return from;
}

export function isModuleHandler(handler: Handler | ModuleHandler): handler is ModuleHandler {
  return typeof handler === 'object' && handler !== null && handler.kind === 'module';
}

/** @throws QtError QT_EVENT_TOPIC_INVALID, QT_BUS_SUBSCRIPTION_INVALID */
export function patternsOf(topic: Topic): string[] {
  const list = Array.isArray(topic) ? (topic as readonly (string | TypedTopic)[]) : [topic as string | TypedTopic];
  if (list.length === 0) throw new QtError(QT_BUS_SUBSCRIPTION_INVALID, 'Cannot subscribe to nothing: give at least one pattern');
  return list.map((item) => {
    const pattern = typeof item === 'object' && item !== null ? item.type : item;
    checkPattern(pattern);
    return pattern;
  });
}
