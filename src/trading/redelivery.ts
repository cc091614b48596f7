import type { EventInput, QtEvent } from '../event/index.ts';

/**
 * Remembers the last `seq` applied of each input stream, so that an event that is delivered again changes nothing. A
 * stream is what arrives in order: one event type of one key.
 */
export class AppliedSequences {
  readonly #last = new Map<string, number>();

  /** Applies an event unless it was applied before. One whose application threw was not, and may come again. */
  once(event: QtEvent<object>, apply: () => EventInput[]): EventInput[] {
    const stream = `${event.type}/${event.key ?? ''}`;
    if (event.seq <= (this.#last.get(stream) ?? 0)) return [];
    const derived = apply();
    this.#last.set(stream, event.seq);
    return derived;
  }
}
