/**
 * The handler of a component in a run that is not in lockstep: the component's own, and a note of its place in the order
 * wherever that is not the order of commits.
 *
 * All events of a component share one lane and come in commit order, with three exceptions: kills overtake, an event
 * whose handling failed comes again later, and one that waited behind it comes later too. Each of those gets a note that
 * says which event the instance had handled before. So a recording tells exactly what every instance saw, in which order.
 */
import { resources } from '../base/index.ts';
import type { Handler, HandlerContext, QtEvent, SetupInfo } from '../event/index.ts';
import { SystemDeliveryPlaced } from '../model/index.ts';

export interface PlacedOptions {
  readonly component: string;
  /** URL of the component's handler module. */
  readonly module: string;
  /** Given to its `setup`. */
  readonly options: unknown;
  /** What outlives a thread: see `createPlaces`. */
  readonly places: Float64Array;
}

interface Placed {
  readonly component: string;
  readonly member: number;
  readonly handler: Handler;
  readonly places: Float64Array;
  /** Where its words are. */
  readonly at: number;
  /** True until the first event of a state that replaces one that was lost with its thread. */
  isFresh: boolean;
}

/** Words of an instance, each written by the one thread that has it. */
const STARTS = 0;
const LAST = 1;
const HIGHEST = 2;
const WORDS = 3;
const INSTANCES_MAX = 31;

/** By the component's own state, which is the state that the engine knows. */
const instances = new WeakMap<object, Placed>();

/** Memory for the places of a component's instances, shared with all threads. */
export function createPlaces(): Float64Array {
  return new Float64Array(new SharedArrayBuffer(INSTANCES_MAX * WORDS * Float64Array.BYTES_PER_ELEMENT));
}

export async function setup({ component, module, options, places }: PlacedOptions, info: SetupInfo): Promise<object> {
  const inner = (await resources.importModule(module)) as {
    setup: (options: unknown, info: SetupInfo) => object | Promise<object>;
    onEvent: Handler;
  };
  const state = await inner.setup(options, info);
  const at = info.member * WORDS;
  const isFresh = places[at + STARTS]! > 0;
  places[at + STARTS]! += 1;
  instances.set(state, { component, member: info.member, handler: inner.onEvent, places, at, isFresh });
  return state;
}

/** For what comes in commit order unless something failed. */
export function onEvent(event: QtEvent, ctx: HandlerContext<object>): void {
  const placed = instances.get(ctx.state)!;
  const { at, places } = placed;
  const isInOrder = event.seq > places[at + HIGHEST]! && ctx.attempt === 1 && !placed.isFresh;
  handle(placed, isInOrder, event, ctx);
  if (event.seq > places[at + HIGHEST]!) places[at + HIGHEST] = event.seq;
}

/** For what overtakes. */
export function onKill(event: QtEvent, ctx: HandlerContext<object>): void {
  handle(instances.get(ctx.state)!, false, event, ctx);
}

function handle(placed: Placed, isInOrder: boolean, event: QtEvent, ctx: HandlerContext<object>): void {
  const { at, component, handler, isFresh, member, places } = placed;
  handler(event, ctx);
  if (!isInOrder) {
    const { attempt } = ctx;
    ctx.publish(SystemDeliveryPlaced.create({ component, member, after_seq: places[at + LAST]!, attempt, is_fresh: isFresh }));
    placed.isFresh = false;
  }
  places[at + LAST] = event.seq;
}
