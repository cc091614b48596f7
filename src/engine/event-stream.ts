import { QtError } from '../base/index.ts';
import type { QtEvent } from '../event/index.ts';
import { QT_BUS_NOT_RUNNING, QT_BUS_WAIT_TIMEOUT } from './errors.ts';
import type { EventBus, EventsOptions, OnceOptions, SubscriptionHandle } from './event-bus.ts';
import { patternsOf, type Topic } from './subscription.ts';

const HIGH_WATER_DEFAULT = 256;

/**
 * Events as an async iterator. A reader that falls behind by `highWater` events holds back its own group, and publishers
 * with it in the end; nothing is dropped.
 */
export function iterateEvents(
  bus: EventBus,
  topic: Topic,
  options: EventsOptions,
  stopListeners: Set<() => void>,
): AsyncIterableIterator<QtEvent> {
  return new EventStream(bus, topic, options, stopListeners);
}

class EventStream implements AsyncIterableIterator<QtEvent> {
  readonly #buffered: QtEvent[] = [];
  readonly #highWater: number;
  readonly #handle: SubscriptionHandle;
  readonly #signal: AbortSignal | undefined;
  readonly #stopListeners: Set<() => void>;
  #isDone = false;
  #wakeReader: (() => void) | null = null;
  #releaseWriter: (() => void) | null = null;

  constructor(bus: EventBus, topic: Topic, options: EventsOptions, stopListeners: Set<() => void>) {
    const { signal, filter, highWater = HIGH_WATER_DEFAULT } = options;
    this.#highWater = highWater;
    this.#signal = signal;
    this.#stopListeners = stopListeners;
    this.#handle = bus.subscribe(topic, (event) => this.#take(event), { concurrency: 1, ...(filter === undefined ? {} : { filter }) });
    stopListeners.add(this.#end);
    if (signal?.aborted === true) this.#end();
    else signal?.addEventListener('abort', this.#end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<QtEvent>> {
    while (this.#buffered.length === 0 && !this.#isDone) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
      this.#wakeReader = null;
    }
    const event = this.#buffered.shift();
    if (event === undefined) return { done: true, value: undefined };
    if (this.#buffered.length < this.#highWater) {
      this.#releaseWriter?.();
      this.#releaseWriter = null;
    }
    return { done: false, value: event };
  }

  return(): Promise<IteratorResult<QtEvent>> {
    this.#end();
    this.#buffered.length = 0;
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Holds the delivery open, and with it the group, while the reader is behind. */
  #take(event: QtEvent): Promise<void> | undefined {
    this.#buffered.push(event);
    this.#wakeReader?.();
    if (this.#buffered.length < this.#highWater) return undefined;
    return new Promise((resolve) => {
      this.#releaseWriter = resolve;
    });
  }

  readonly #end = (): void => {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#handle.unsubscribe();
    this.#signal?.removeEventListener('abort', this.#end);
    this.#stopListeners.delete(this.#end);
    this.#wakeReader?.();
    this.#releaseWriter?.();
  };
}

/** The next matching event; nothing stays subscribed whatever comes of it. */
export function nextEvent(bus: EventBus, topic: Topic, options: OnceOptions, stopListeners: Set<() => void>): Promise<QtEvent> {
  const { timeoutMs, filter, signal } = options;
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      handle.unsubscribe();
      signal?.removeEventListener('abort', onAbort);
      stopListeners.delete(onStop);
      outcome();
    };
    const onTimeout = (): void =>
      settle(() => reject(new QtError(QT_BUS_WAIT_TIMEOUT, `No ${patternsOf(topic).join(', ')} within ${timeoutMs} ms`)));
    const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
    const onAbort = (): void => settle(() => reject(signal!.reason as Error));
    const onStop = (): void =>
      settle(() => reject(new QtError(QT_BUS_NOT_RUNNING, `Cannot wait for ${patternsOf(topic).join(', ')}: the bus stopped`)));
    const handle = bus.subscribe(topic, (event) => settle(() => resolve(event)), filter === undefined ? {} : { filter });
    stopListeners.add(onStop);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
  });
}
