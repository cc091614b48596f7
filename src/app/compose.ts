import type { EventBus } from '../engine/index.ts';
import { definitionOf, moduleHandler, type Priority } from '../event/index.ts';
import type { Component } from '../trading/component.ts';

/** Every handler module of a component exports it under this name. */
const HANDLER = 'onEvent';

/**
 * Subscribes trading components. Each is one group; the owner of an account is one instance, the owner of a symbol as
 * many as there are workers, each seeing the symbols whose keys fall to it.
 *
 * What every instance must see comes over groups of its own, `<name>.broadcast` and, for CRITICAL types, `<name>.kill`,
 * which reach the same state on each thread and publish under the component's own name. All events of a component share
 * one lane, so that one key keeps its order across priorities; only kills overtake.
 */
export function subscribeComponents(bus: EventBus, components: readonly Component[]): void {
  for (const component of components) subscribeComponent(bus, component);
}

function subscribeComponent(bus: EventBus, { name, module, patterns, broadcast, owner, options }: Component): void {
  const handler = moduleHandler(module, HANDLER, { options, instance: name });
  if (owner === 'account') {
    bus.subscribe([...patterns, ...broadcast], handler, { group: name, concurrency: 1, priority: 'HIGH' });
    return;
  }
  bus.subscribe(patterns, handler, { group: name, priority: 'HIGH' });
  const share = (suffix: string, types: string[], priority: Priority): void => {
    if (types.length > 0) bus.subscribe(types, handler, { group: `${name}.${suffix}`, source: name, broadcast: true, priority });
  };
  share(
    'broadcast',
    broadcast.filter((type) => !isCritical(type)),
    'HIGH',
  );
  share('kill', broadcast.filter(isCritical), 'CRITICAL');
}

function isCritical(type: string): boolean {
  return definitionOf(type)?.priority === 'CRITICAL';
}
