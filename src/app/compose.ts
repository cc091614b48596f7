import type { EventBus } from '../engine/index.ts';
import { definitionOf, moduleHandler, type ModuleHandler, type Priority } from '../event/index.ts';
import type { Component } from '../trading/component.ts';
import { createPlaces, type PlacedOptions } from './placed-handler.ts';

/** Every handler module of a component exports it under this name. */
const HANDLER = 'onEvent';
/** As `HANDLER`, of the module that notes places, for events that overtake. */
const KILL_HANDLER = 'onKill';

/** What takes subscriptions: a bus, or something that plays one. */
export type Subscribable = Pick<EventBus, 'subscribe'>;

/**
 * Subscribes trading components. Each is one group; the owner of an account is one instance, the owner of a symbol as
 * many as there are workers, each seeing the symbols whose keys fall to it.
 *
 * What every instance must see comes over groups of its own, `<name>.broadcast` and, for CRITICAL types, `<name>.kill`,
 * which reach the same state on each thread and publish under the component's own name. All events of a component share
 * one lane, so that one key keeps its order across priorities; only kills overtake.
 *
 * @param isFree not in lockstep: then components note where an event was handled out of commit order
 */
export function subscribeComponents(bus: Subscribable, components: readonly Component[], isFree = false): void {
  for (const component of components) subscribeComponent(bus, component, isFree);
}

function subscribeComponent(bus: Subscribable, component: Component, isFree: boolean): void {
  const { name, patterns, broadcast, owner } = component;
  const [handler, killHandler] = isFree ? placedHandlers(component) : plainHandlers(component);
  if (owner === 'account') {
    bus.subscribe([...patterns, ...broadcast], handler, { group: name, concurrency: 1, priority: 'HIGH' });
    return;
  }
  bus.subscribe(patterns, handler, { group: name, priority: 'HIGH' });
  const share = (suffix: string, types: string[], priority: Priority): void => {
    const own = priority === 'CRITICAL' ? killHandler : handler;
    if (types.length > 0) bus.subscribe(types, own, { group: `${name}.${suffix}`, source: name, broadcast: true, priority });
  };
  share(
    'broadcast',
    broadcast.filter((type) => !isCritical(type)),
    'HIGH',
  );
  share('kill', broadcast.filter(isCritical), 'CRITICAL');
}

type Handlers = readonly [handler: ModuleHandler, killHandler: ModuleHandler];

function plainHandlers({ name, module, options }: Component): Handlers {
  const handler = moduleHandler(module, HANDLER, { options, instance: name });
  return [handler, handler];
}

function placedHandlers({ name, module, options: own }: Component): Handlers {
  const options: PlacedOptions = { component: name, module: module.href, options: own, places: createPlaces() };
  const url = new URL('./placed-handler.ts', import.meta.url);
  return [moduleHandler(url, HANDLER, { options, instance: name }), moduleHandler(url, KILL_HANDLER, { options, instance: name })];
}

function isCritical(type: string): boolean {
  return definitionOf(type)?.priority === 'CRITICAL';
}
