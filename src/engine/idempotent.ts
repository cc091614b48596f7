import type { Handler, HandlerContext, QtEvent } from '../event/index.ts';

/** Remembers which events were handled. `add` must be as durable as the effect that it guards. */
export interface IdempotencyStore {
  has(id: string): boolean | Promise<boolean>;
  add(id: string): void | Promise<void>;
}

/**
 * Wraps a handler so that a redelivered event does nothing the second time. The id is `<event id>/<group>`, stable over
 * retries and crashes.
 *
 * The event is remembered after the handler succeeded: a crash in between repeats the handler. Who cannot bear that
 * stores the id in the same transaction as the effect, and does not need this helper.
 */
export function idempotent<P, S>(handler: Handler<P, S>, store: IdempotencyStore): Handler<P, S> {
  return (event: QtEvent<P>, ctx: HandlerContext<S>) => {
    const id = `${event.id}/${ctx.group}`;
    const known = store.has(id);
    if (known === true) return undefined;
    // Synchronous as long as store and handler are, so that the wrapped handler stays off the event loop.
    if (known === false) {
      const result = handler(event, ctx);
      if (!isPromise(result)) return store.add(id);
      return result.then(() => store.add(id));
    }
    return known.then(async (isKnown) => {
      if (isKnown) return;
      await handler(event, ctx);
      await store.add(id);
    });
  };
}

/** Remembers the latest `lengthMax` ids in memory: enough for redeliveries within one process. */
export function createMemoryIdempotencyStore(lengthMax = 100_000): IdempotencyStore {
  const ids = new Set<string>();
  return {
    has: (id) => ids.has(id),
    add: (id) => {
      ids.add(id);
      if (ids.size <= lengthMax) return;
      const oldest = ids.values().next().value;
      if (oldest !== undefined) ids.delete(oldest);
    },
  };
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
