import type { EventDefinition } from './definition.ts';
import type { Priority } from './priority.ts';

/** What a publisher may say about an event beyond its payload. */
export interface DraftOptions {
  /** When it happened: integer microseconds since 1970 UTC. Default: the cause's time in a handler, else the bus clock. */
  readonly timestamp?: number;
  /** Partition key; default from the definition, else none. */
  readonly key?: string;
  /** Default from the definition, else NORMAL. */
  readonly priority?: Priority;
  /** Who says so; default the handler's group, else the bus's `source`. */
  readonly source?: string;
  /** Id of the first event of the chain; default carried over from the cause. */
  readonly correlationId?: string;
  /** Id of the event that caused this one; default set in a handler. */
  readonly causationId?: string;
  /** Names the fact: within the bus's `dedupe` window a second event with this name is not published again. */
  readonly dedupeId?: string;
}

/** An event that was made but not yet published: anything of this shape can be given to `publish`. */
export interface EventInput<P extends object = object> extends DraftOptions {
  readonly type: string;
  readonly payload: P;
}

/** What `Definition.create` returns: checked already, so `publish` does not check it again. */
export class EventDraft<P extends object = object> implements EventInput<P> {
  readonly type: string;
  readonly payload: P;
  readonly definition: EventDefinition;
  declare readonly timestamp?: number;
  declare readonly key?: string;
  declare readonly priority?: Priority;
  declare readonly source?: string;
  declare readonly correlationId?: string;
  declare readonly causationId?: string;
  declare readonly dedupeId?: string;

  constructor(type: string, payload: P, options: DraftOptions | undefined, definition: EventDefinition) {
    this.type = type;
    this.payload = payload;
    this.definition = definition;
    if (options !== undefined) Object.assign(this, options);
    Object.freeze(this);
  }
}
