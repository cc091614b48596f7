import { QtError } from '../base/index.ts';
import type { QtEvent } from '../event/index.ts';
import { QT_BUS_NOT_RUNNING, QT_BUS_WAIT_TIMEOUT } from './errors.ts';
import type { EventBus, EventsOptions, OnceOptions } from './event-bus.ts';
import { patternsOf, type Topic } from './subscription.ts';

const HIGH_WATER_DEFAULT = 256;

/**
 * Events as an async iterator. A reader that falls behind by `highWater` events holds back its own group, and publishers
 * with it in the end; nothing is dropped.
 */
export function iterateEvents(bus: EventBus, topic: Topic, options: EventsOptions, stopListeners: Set<() => void>): AsyncIterableIterator<QtEvent> {
  const { signal, filter, highWater = HIGH_WATER_DEFAULT } = options;
  const buffered: QtEvent[] = [];
  let isDone = false;
  let wakeReader: (() => void) | null = null;
  let releaseWriter: (() => void) | null = null;

  const handle = bus.subscribe(
    topic,
    (event) => {
      buffered.push(event);
      wakeReader?.();
      if (buffered.length < highWater) return undefined;
      return new Promise<void>((resolve) => {
        releaseWriter = resolve;
      });
    },
    { concurrency: 1, ...(filter === undefined ? {} : { filter }) },
  );
  const end = (): void => {
    if (isDone) return;
    isDone = true;
    handle.unsubscribe();
    signal?.removeEventListener('abort', end);
    stopListeners.delete(end);
    wakeReader?.();
    releaseWriter?.();
  };
  stopListeners.add(end);
  if (signal?.aborted === true) end();
  else signal?.addEventListener('abort', end);

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      while (buffered.length === 0 && !isDone) {
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
        wakeReader = null;
      }
      const event = buffered.shift();
      if (event === undefined) return { done: true, value: undefined };
      if (buffered.length < highWater) {
        releaseWriter?.();
        releaseWriter = null;
      }
      return { done: false, value: event };
    },
    return() {
      end();
      buffered.length = 0;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

/** The next matching event; nothing stays subscribed whatever comes of it. */
export function nextEvent(bus: EventBus, topic: Topic, options: OnceOptions, stopListeners: Set<() => void>): Promise<QtEvent> {
  const { timeoutMs, filter, signal } = options;
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      handle.unsubscribe();
      signal?.removeEventListener('abort', onAbort);
      stopListeners.delete(onStop);
      outcome();
    };
    const onAbort = (): void => settle(() => reject(signal!.reason as Error));
    const onStop = (): void => settle(() => reject(new QtError(QT_BUS_NOT_RUNNING, `Cannot wait for ${patternsOf(topic).join(', ')}: the bus stopped`)));
    const handle = bus.subscribe(topic, (event) => settle(() => resolve(event)), filter === undefined ? {} : { filter });
    stopListeners.add(onStop);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
    if (timeoutMs === undefined) return;
    timer = setTimeout(() => {
      settle(() => reject(new QtError(QT_BUS_WAIT_TIMEOUT, `No ${patternsOf(topic).join(', ')} within ${timeoutMs} ms`)));
    }, timeoutMs);
  });
}
