import type { EventInput, QtEvent } from '../../src/event/index.ts';

/** Publishes drafts as a bus would: stamps `seq`, takes time and key from the draft. */
export class Stamper {
  #seq = 0;

  event(draft: EventInput, timestamp = draft.timestamp ?? 0): QtEvent<object> {
    const seq = ++this.#seq;
    const definition = (draft as { definition?: { keyOf: ((payload: object) => string) | null } }).definition;
    return {
      id: `run-${seq}`,
      type: draft.type,
      v: 1,
      seq,
      timestamp,
      tsInitUs: timestamp,
      payload: draft.payload,
      priority: 'NORMAL',
      key: draft.key ?? definition?.keyOf?.(draft.payload) ?? null,
      source: draft.source ?? 'test',
      correlationId: `run-${seq}`,
      causationId: null,
      causeSeq: 0,
      emitIndex: 0,
      runId: 'run',
    };
  }
}
