import { QtError } from '../base/index.ts';
import type { TypeTable } from '../codec/index.ts';
import { definitionOf, type Handler, type ModuleHandler } from '../event/index.ts';
import type { Unused } from './collector.ts';
import type { ConsumerSpec } from './consumer.ts';
import { QT_BUS_SUBSCRIPTION_INVALID } from './errors.ts';
import { Failover } from './failover.ts';
import type { HandlerModuleSpec } from './handler-loader.ts';
import type { Host } from './host.ts';
import type { LocalHost } from './local-host.ts';
import type { Member } from './member.ts';
import type { Members } from './members.ts';
import type { ResolvedBusOptions } from './options.ts';
import { placeMembers } from './placement.ts';
import type { RemoteHost } from './remote-host.ts';
import type { Page, Router } from './router.ts';
import { isModuleHandler, Subscription, type SubscribeOptions, type Topic } from './subscription.ts';
import type { ConsumerRecord, RouteRecord, WorkerTask } from './worker-task.ts';

/** Asynchronous deliveries that may wait for their key or turn on one consumer before its lane stalls. */
const WAITING_MAX = 10_000;
/** Asynchronous runs of a module handler at one time, per thread. */
const MODULE_RUNS_MAX = 64;
const SUBSCRIPTION_ID_MAX = 65_535;

export interface RosterParts {
  readonly options: ResolvedBusOptions;
  readonly table: TypeTable;
  readonly frameBytesMax: number;
  readonly router: Router;
  readonly members: Members;
  readonly local: () => LocalHost;
  readonly remotes: readonly RemoteHost[];
  /** What a standby published, when it is its turn. */
  readonly derived: (member: Member, frame: Buffer) => void;
  /** A module could not be loaded on this thread after the start. */
  readonly onLoadError: (error: unknown) => void;
}

/**
 * Who handles what, on which thread: makes members of subscriptions, and tells each thread what it must know of handlers,
 * routes, types and sources before a frame that refers to them.
 */
export class Roster {
  /** Modules being loaded on this thread. */
  readonly loads: Promise<unknown>[] = [];
  readonly #parts: RosterParts;
  readonly #sources = new Map<number, string>();
  readonly #consumers = new Map<number, ConsumerRecord>();
  /** By consumer id, of the active member and of the standby. */
  readonly #failovers = new Map<number, Failover>();
  readonly #freeIds: number[] = [];
  #nextId = 1;

  constructor(parts: RosterParts) {
    this.#parts = parts;
  }

  /** Makes the subscription and its members; no event is routed to them yet. */
  add(topic: Topic, handler: Handler | ModuleHandler, options: SubscribeOptions): Subscription {
    const { local, options: busOptions, remotes } = this.#parts;
    const subscription = new Subscription(this.#takeId(), topic, handler, options, busOptions);
    this.#addSource(subscription.id, subscription.source);
    for (const thread of placeMembers(subscription, remotes.length))
      this.#addMember(subscription, thread === 0 ? local() : remotes[thread - 1]!);
    const [active, standby] = subscription.members;
    if (subscription.failover && standby !== undefined) {
      const failover = new Failover(active!, standby, this.#parts.derived);
      this.#failovers.set(active!.id, failover);
      this.#failovers.set(standby.id, failover);
    }
    return subscription;
  }

  /** Its handlers get nothing more; what they have begun they finish. */
  remove(subscription: Subscription): void {
    const { members } = this.#parts;
    const local = this.#parts.local();
    for (const member of subscription.members) {
      if (member.host === local) local.closeConsumer(member.id);
      else (member.host as RemoteHost).command({ kind: 'close-consumer', id: member.id });
    }
    members.close(subscription);
  }

  /** A member owes nothing any more. */
  retire(member: Member): void {
    this.#consumers.delete(member.id);
    this.#failovers.delete(member.id);
  }

  /** Numbers of closed subscriptions and old routes that no frame carries any more. */
  forget(unused: Unused): void {
    const { local, remotes, router } = this.#parts;
    local().forget(unused.pages, unused.consumers);
    for (const remote of remotes) remote.command({ kind: 'forget', unused });
    for (const id of unused.pages) router.drop(id);
    for (const id of unused.subscriptions) {
      this.#sources.delete(id);
      this.#freeIds.push(id);
    }
  }

  /** The pair that a member belongs to, if it has or is a standby. */
  failoverOf(consumer: number): Failover | undefined {
    return this.#failovers.size === 0 ? undefined : this.#failovers.get(consumer);
  }

  /** Each member of a pair with its pair, by consumer id. */
  get failovers(): ReadonlyMap<number, Failover> {
    return this.#failovers;
  }

  sourceOf(id: number): string {
    return this.#sources.get(id) ?? this.#parts.options.source;
  }

  /** Number of a source that may come from an earlier process. */
  sourceId(name: string): number {
    if (name === this.#parts.options.source) return 0;
    for (const [id, known] of this.#sources) if (known === name) return id;
    const id = this.#takeId();
    this.#addSource(id, name);
    return id;
  }

  moduleUrls(): string[] {
    return [...new Set([...this.#consumers.values()].map((record) => record.url))];
  }

  announcePage(page: Page): void {
    for (const remote of this.#parts.remotes) remote.command({ kind: 'route', route: toRouteRecord(page) });
  }

  announceTypes(firstId: number): void {
    const { options, remotes, table } = this.#parts;
    const types = table.toRecords(firstId);
    options.log?.types(types);
    for (const remote of remotes) remote.command({ kind: 'types', types, keyed: keyedTypes(table, firstId) });
  }

  announceDegraded(subscription: Subscription): void {
    const local = this.#parts.local();
    for (const { host, id } of subscription.members) {
      if (host !== local) (host as RemoteHost).command({ kind: 'degrade-consumer', id, isDegraded: subscription.isDegraded });
    }
  }

  /** Everything that a thread must know to begin. */
  taskFor(host: Host): Omit<WorkerTask, 'buffer' | 'port' | 'epoch' | 'ringBytes' | 'replyBytes' | 'blocked'> {
    const { frameBytesMax, members, options, router, table } = this.#parts;
    const { runId, source, validate } = options;
    const consumers = [...this.#consumers.values()].flatMap((record) => {
      const member = members.get(record.id);
      return member?.host === host ? [{ ...record, isDegraded: member.subscription.isDegraded }] : [];
    });
    return {
      runId,
      source,
      validate,
      frameBytesMax,
      types: table.toRecords(),
      keyed: keyedTypes(table, 1),
      consumers,
      routes: router.pages.map(toRouteRecord),
      sources: [...this.#sources],
    };
  }

  #addMember(subscription: Subscription, host: Host): void {
    const { handler } = subscription;
    const { members, onLoadError } = this.#parts;
    const local = this.#parts.local();
    const member = members.add(subscription, host);
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
      local.addConsumer(spec, handler);
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
    if (host === local) {
      const load = local.addModuleConsumer(spec, module);
      load.catch(onLoadError);
      this.loads.push(load);
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
  #takeId(): number {
    if (this.#nextId <= SUBSCRIPTION_ID_MAX) return this.#nextId++;
    const id = this.#freeIds.shift();
    if (id !== undefined) return id;
    throw new QtError(QT_BUS_SUBSCRIPTION_INVALID, `Cannot subscribe more than ${SUBSCRIPTION_ID_MAX} handlers at one time`);
  }

  #addSource(id: number, source: string): void {
    const { options, remotes } = this.#parts;
    this.#sources.set(id, source);
    options.log?.names({ [`source.${id}`]: source });
    for (const remote of remotes) remote.command({ kind: 'source', id, source });
  }
}

function keyedTypes(table: TypeTable, firstId: number): string[] {
  return table
    .toRecords(firstId)
    .map((record) => record.type)
    .filter((type) => (definitionOf(type)?.keyOf ?? null) !== null);
}

function toRouteRecord(page: Page): RouteRecord {
  return { id: page.id, consumers: page.members.map((member) => member.id) };
}
