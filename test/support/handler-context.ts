import { silentLogger, type Logger } from '../../src/base/index.ts';
import type { EventInput, HandlerContext, QtEvent } from '../../src/event/index.ts';
import type { Component } from '../../src/trading/component.ts';

interface HandlerModule {
  setup(options: unknown, info: { group: string; member: number; logger: Logger }): unknown;
  onEvent(event: QtEvent<object>, ctx: HandlerContext<unknown>): unknown;
}

/** Loads the handler of a component as a worker thread would, and returns what it publishes for each event. */
export async function loadHandler(component: Component, logger: Logger = silentLogger): Promise<(event: QtEvent<object>) => EventInput[]> {
  const module = (await import(component.module.href)) as HandlerModule;
  const state = await module.setup(structuredClone(component.options), { group: component.name, member: 0, logger });
  return (event) => {
    const published: EventInput[] = [];
    module.onEvent(event, {
      attempt: 1,
      failures: [],
      previousError: null,
      group: component.name,
      state,
      publish: (input) => void published.push(input),
      signal: new AbortController().signal,
      now: () => event.timestamp,
      logger,
    });
    return published;
  };
}
