import { Bus } from './bus.ts';
import type { EventBus } from './event-bus.ts';
import type { BusOptions } from './options.ts';

/**
 * Makes a bus. `mode: 'threads'` runs module handlers on worker threads; `mode: 'inline'` runs everything on the
 * calling thread, deterministically.
 *
 * @throws QtError QT_OPTION_INVALID naming the field, the value and the allowed range
 * @example
 * const bus = createEventBus({ mode: 'threads', workers: 2 });
 * bus.subscribe('policy.updated', (event) => console.log(event.payload));
 * await bus.start();
 */
export function createEventBus(options: BusOptions = {}): EventBus {
  return new Bus(options);
}

let defaultBus: EventBus | null = null;

/** The bus of this process for code that is not given one; an inline bus is made on first use. */
export function getDefaultEventBus(): EventBus {
  return (defaultBus ??= createEventBus({ mode: 'inline' }));
}

/** Replaces the default bus; null forgets it. Does not stop the old one. */
export function setDefaultEventBus(bus: EventBus | null): void {
  defaultBus = bus;
}

/** The source documents' in-memory bus: everything on the calling thread. */
export class InMemoryEventBus extends Bus {
  constructor(options: Omit<BusOptions, 'mode' | 'workers'> = {}) {
    super({ ...options, mode: 'inline' });
  }
}
