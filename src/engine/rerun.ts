/**
 * Runs handlers outside any bus, one delivery at a time, on this thread: the caller has the events and says who handles
 * which when, and gets back what they publish. For making recorded decisions again, where the order is what is known.
 */
import { silentLogger, type Logger } from '../base/index.ts';
import { FrameDecoder, FrameEncoder, TypeTable, type DeliveredEvent } from '../codec/index.ts';
import { allDefinitions, type EventDefinition, type Handler, type HandlerContext, type ModuleHandler } from '../event/index.ts';
import { DeliveryContext, type Emission } from './delivery-context.ts';
import type { SubscriptionHandle } from './event-bus.ts';
import { HandlerLoader, type HandlerModuleSpec } from './handler-loader.ts';
import { Intake } from './intake.ts';
import { resolveBusOptions, type ResolvedBusOptions } from './options.ts';
import { placeMembers } from './placement.ts';
import { REPLY_HEAD_BYTES } from './replies.ts';
import { isModuleHandler, Subscription, type SubscribeOptions, type Topic } from './subscription.ts';

export interface RerunOptions {
  /** Worker threads of the bus that is made again; 0 for an inline bus. */
  readonly workers: number;
  /** Check payloads against their schemas. Default true. */
  readonly validate?: boolean;
  readonly logger?: Logger;
}

/** A handler where a bus would have it: each thread has its own, and those of one instance on a thread share their state. */
export interface RerunMember {
  readonly group: string;
  readonly source: string;
  /** Number of the member in its group, from 0. */
  readonly member: number;
  /** Names the state that the handler works on; members with the same name share it. */
  readonly stateId: string;
  /** Lane for all its events, or -1 for each event's own. */
  readonly lane: number;
  /**
   * Delivers an event once. Not again before it has come back.
   *
   * @param attempt which delivery of it this is, for the handler to see; default 1
   * @returns frames of what it published, in order, with the words of the header that a handler's context fills in
   * @throws what the handler throws; it has published nothing then
   */
  run(event: DeliveredEvent, attempt?: number): Promise<readonly Buffer[]>;
}

/**
 * Takes subscriptions as a bus does, with as many members on as many threads, all of them played on this one. Nothing is
 * delivered by itself, retried or timed out, and what a handler publishes goes nowhere.
 */
export class Rerun {
  /** Reads the frames that members return. */
  readonly decoder: FrameDecoder;
  readonly #workers: number;
  readonly #logger: Logger;
  readonly #options: ResolvedBusOptions;
  readonly #emission: Emission;
  readonly #subscriptions: { readonly subscription: Subscription; readonly members: LoadedMember[] }[] = [];
  readonly #loaders = new Map<string, HandlerLoader>();
  readonly #routes = new Map<string, (readonly LoadedMember[])[]>();

  /** @throws QtError QT_OPTION_INVALID */
  constructor({ logger = silentLogger, validate = true, workers }: RerunOptions) {
    this.#workers = workers;
    this.#logger = logger;
    this.#options = resolveBusOptions(workers === 0 ? { mode: 'inline' } : { mode: 'threads', workers });
    const table = new TypeTable();
    for (const definition of allDefinitions()) table.addDefinition(definition);
    const frameBytesMax = Math.min(this.#options.ringBytes, this.#options.replyBytes) / 8 - REPLY_HEAD_BYTES;
    const encoder = new FrameEncoder(table, { frameBytesMax });
    const intake = new Intake(table, encoder, validate, { canDefine: true, isKeyed: () => false });
    this.decoder = new FrameDecoder(table);
    this.#emission = { intake, encoder, replies: NO_REPLIES };
  }

  /** All members, in the order of their subscriptions. */
  get members(): RerunMember[] {
    return this.#subscriptions.flatMap(({ members }) => members);
  }

  /** As `EventBus.subscribe`. */
  subscribe<P extends object>(
    topic: Topic | EventDefinition<P>,
    handler: Handler<never> | ModuleHandler,
    options: SubscribeOptions = {},
  ): SubscriptionHandle {
    const id = this.#subscriptions.length + 1;
    const subscription = new Subscription(id, topic as Topic, handler as Handler | ModuleHandler, options, this.#options);
    const members = placeMembers(subscription, this.#workers).map((thread, i) => new LoadedMember(subscription, thread, i));
    this.#subscriptions.push({ subscription, members });
    const unsubscribe = (): void => {
      throw new TypeError('What is made again has all its subscriptions from the start');
    };
    return { group: subscription.group, unsubscribe };
  }

  /**
   * Loads the handlers.
   *
   * @throws QtError QT_HANDLER_LOAD_FAILED
   */
  async start(): Promise<void> {
    for (const { members } of this.#subscriptions) for (const member of members) await this.#load(member);
  }

  /** The members to which a bus delivers an event of this type and key: one of each group, all of a broadcast. */
  membersOf(type: string, keyHash: number): RerunMember[] {
    let legs = this.#routes.get(type);
    if (legs === undefined) this.#routes.set(type, (legs = this.#legsOf(type)));
    return legs.map((members) => members[members.length === 1 ? 0 : keyHash % members.length]!);
  }

  /** Gives the handlers of a state a new one, as when their thread was replaced. */
  async renew(stateId: string): Promise<void> {
    this.#loaders.delete(stateId);
    for (const { members } of this.#subscriptions) {
      for (const member of members) if (member.stateId === stateId) await this.#load(member);
    }
  }

  /** Runs every teardown. */
  async close(): Promise<void> {
    for (const loader of this.#loaders.values()) await loader.close();
  }

  #legsOf(type: string): (readonly LoadedMember[])[] {
    const legs: (readonly LoadedMember[])[] = [];
    const groups = new Map<string, LoadedMember[]>();
    for (const { members, subscription } of this.#subscriptions) {
      if (!subscription.matches(type)) continue;
      const shared = groups.get(subscription.group);
      if (subscription.broadcast) legs.push(...members.map((member) => [member]));
      else if (shared !== undefined) shared.push(...members);
      else {
        const own = [...members];
        groups.set(subscription.group, own);
        legs.push(own);
      }
    }
    return legs;
  }

  async #load(member: LoadedMember): Promise<void> {
    const { stateId, subscription } = member;
    const { handler, group } = subscription;
    if (!isModuleHandler(handler)) {
      member.open(handler, undefined, this.#logger, this.#emission);
      return;
    }
    let loader = this.#loaders.get(stateId);
    if (loader === undefined) this.#loaders.set(stateId, (loader = new HandlerLoader(this.#logger)));
    const { exportName, instance, options, url } = handler;
    const spec: HandlerModuleSpec = { url, exportName, options, instance, group, member: member.member };
    const loaded = await loader.load(spec);
    member.open(loaded.handler, loaded.state, this.#logger, this.#emission);
  }
}

class LoadedMember implements RerunMember {
  readonly group: string;
  readonly source: string;
  readonly member: number;
  readonly stateId: string;
  readonly lane: number;
  readonly subscription: Subscription;
  #handler: Handler | null = null;
  #context: DeliveryContext | null = null;

  constructor(subscription: Subscription, thread: number, member: number) {
    const { group, handler, id, lane, source } = subscription;
    this.group = group;
    this.source = source;
    this.member = member;
    this.lane = lane;
    this.stateId = isModuleHandler(handler) ? `${thread}/${handler.instance}/${handler.url}` : `${thread}/${id}`;
    this.subscription = subscription;
  }

  open(handler: Handler, state: unknown, logger: Logger, emission: Emission): void {
    const { group, id } = this.subscription;
    this.#handler = handler;
    this.#context = new DeliveryContext(0, id, group, state, logger, emission);
  }

  async run(event: DeliveredEvent, attempt = 1): Promise<readonly Buffer[]> {
    const { filterFunction } = this.subscription;
    if (filterFunction !== null && !filterFunction(event)) return [];
    const context = this.#context!;
    const published: Buffer[] = [];
    context.begin(event, attempt);
    context.detach(published);
    try {
      await this.#handler!(event, context as HandlerContext);
    } finally {
      context.end();
    }
    return published;
  }
}

/** Contexts keep what is published themselves here, so nothing is ever reported. */
const NO_REPLIES: Emission['replies'] = {
  derived: () => {},
  commit: () => {},
  rollback: () => {},
  takeBack: () => [],
  fail: () => {},
  park: () => {},
};
