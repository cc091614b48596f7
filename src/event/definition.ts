import { checkNumber, checkOneOf, hash32, isPlainObject, QtError } from '../base/index.ts';
import { EventDraft, type DraftOptions } from './draft.ts';
import { QT_EVENT_DEFINITION_INVALID, QT_EVENT_PAYLOAD_INVALID, QT_EVENT_REDEFINED } from './errors.ts';
import { PRIORITIES, type Priority } from './priority.ts';
import { compileSchema, type SchemaCheck, type Static, type TSchema } from './schema.ts';
import { checkType } from './topic.ts';

/** How many events of a type may pass, as a token bucket. */
export interface RateLimit {
  /** Tokens refilled each second, > 0. */
  readonly perSecond: number;
  /** Bucket size in events, >= 1; default `perSecond` rounded up. */
  readonly burst?: number;
  /** `delay` makes `publish` wait, `drop` counts and discards. */
  readonly onLimit: 'delay' | 'drop';
}

export interface EventSpec<S extends TSchema> {
  /** An object schema. The order of its properties is the order on the wire. */
  readonly payload: S;
  /** Default NORMAL. */
  readonly priority?: Priority;
  /** Partition key of a payload: events of one key keep their order and their state has one owner. */
  readonly key?: (payload: Static<S>) => string;
  /** How long the journal keeps it: milliseconds, or `forever`. */
  readonly retentionMs?: number | 'forever';
  /** How many of the newest are kept in memory windows, Redis streams and a trimmed journal; `unlimited` for audit streams. */
  readonly maxLength?: number | 'unlimited';
  readonly rateLimit?: RateLimit;
  /** Schema version, >= 1, default 1. Raise it when a field is renamed, removed or reordered. */
  readonly version?: number;
  /** One line for people: who publishes it and when. */
  readonly description?: string;
  /** Names of the components that may publish it; empty means anyone. */
  readonly publishers?: readonly string[];
  /** Names of the components that read it; documentation only. */
  readonly consumers?: readonly string[];
}

/** An event type: its name, schema and delivery data, with a factory for events of it. */
export class EventDefinition<P extends object = object> {
  readonly type: string;
  readonly version: number;
  readonly schema: TSchema;
  /** Payload fields in wire order. */
  readonly fields: readonly string[];
  /** Fingerprint of name, version and schema; two sides that disagree refuse each other. */
  readonly schemaHash: number;
  readonly priority: Priority;
  readonly keyOf: ((payload: P) => string) | null;
  readonly retentionMs: number | 'forever' | null;
  readonly maxLength: number | 'unlimited' | null;
  readonly rateLimit: RateLimit | null;
  readonly description: string;
  readonly publishers: readonly string[];
  readonly consumers: readonly string[];
  readonly #check: SchemaCheck;

  constructor(type: string, spec: EventSpec<TSchema>) {
    checkType(type);
    const properties = (spec.payload as { properties?: Record<string, unknown> }).properties;
    if ((spec.payload as { type?: unknown }).type !== 'object' || properties === undefined) {
      throw new QtError(QT_EVENT_DEFINITION_INVALID, `Cannot define ${type}: its payload must be an object schema`);
    }
    this.type = type;
    this.version = checkNumber('version', spec.version ?? 1, { min: 1, max: 65_535, integer: true });
    this.schema = spec.payload;
    this.fields = Object.freeze(Object.keys(properties));
    this.schemaHash = hash32(`${type}/${this.version}/${JSON.stringify(spec.payload)}`);
    this.priority = checkOneOf('priority', spec.priority ?? 'NORMAL', PRIORITIES);
    this.keyOf = (spec.key as ((payload: P) => string) | undefined) ?? null;
    this.retentionMs = spec.retentionMs ?? null;
    this.maxLength = spec.maxLength ?? null;
    this.rateLimit = spec.rateLimit ?? null;
    this.description = spec.description ?? '';
    this.publishers = spec.publishers ?? [];
    this.consumers = spec.consumers ?? [];
    this.#check = compileSchema(spec.payload);
  }

  /** True if the payload fits the schema. */
  fits(payload: unknown): payload is P {
    return this.#check.check(payload);
  }

  /**
   * Refuses a payload that does not fit.
   *
   * @throws QtError QT_EVENT_PAYLOAD_INVALID naming the field and its value
   */
  validate(payload: unknown): asserts payload is P {
    checkPayload(this.type, this.#check, payload);
  }

  /**
   * Makes an event of this type, ready to publish. The payload is not copied: it belongs to the event from here on.
   *
   * @throws QtError QT_EVENT_PAYLOAD_INVALID naming the field and its value
   */
  create(payload: P, options?: DraftOptions): EventDraft<P> {
    this.validate(payload);
    // Looked at here, once, so that publishing does not have to.
    if (!isPlainObject(payload) || Object.getOwnPropertySymbols(payload).length > 0) {
      throw new QtError(QT_EVENT_PAYLOAD_INVALID, `Cannot make ${this.type}: its payload must be a plain object without symbol keys`, {
        details: { type: this.type, field: '' },
      });
    }
    return new EventDraft<P>(this.type, Object.freeze(payload), options, this as unknown as EventDefinition);
  }
}

/**
 * Refuses a payload that does not fit the schema of its type.
 *
 * @throws QtError QT_EVENT_PAYLOAD_INVALID naming the field and its value
 */
export function checkPayload(type: string, check: SchemaCheck, payload: unknown): void {
  if (check.check(payload)) return;
  const fault = check.firstFault(payload);
  throw new QtError(
    QT_EVENT_PAYLOAD_INVALID,
    `Cannot publish ${type}: ${fault?.field || 'payload'} ${fault?.message ?? 'does not fit the schema'}`,
    { details: { type, field: fault?.field ?? '' } },
  );
}

const defined = new Map<string, EventDefinition>();

/**
 * Defines an event type. Call it once per type, at module level; buses find it by its name.
 *
 * @throws QtError QT_EVENT_TOPIC_INVALID, QT_EVENT_DEFINITION_INVALID, QT_OPTION_INVALID,
 *   QT_EVENT_REDEFINED when the name already stands for another schema
 * @example
 * const Heartbeat = defineEvent('system.health.heartbeat', {
 *   payload: Type.Object({ service: Type.String(), uptime_seconds: Type.Integer() }),
 *   priority: 'LOW',
 *   key: (payload) => payload.service,
 * });
 * await bus.publish(Heartbeat.create({ service: 'feed', uptime_seconds: 12 }));
 */
export function defineEvent<S extends TSchema>(type: string, spec: EventSpec<S>): EventDefinition<Static<S> & object> {
  const definition = new EventDefinition<Static<S> & object>(type, spec as unknown as EventSpec<TSchema>);
  const known = defined.get(type);
  if (known !== undefined && known.schemaHash !== definition.schemaHash) {
    throw new QtError(QT_EVENT_REDEFINED, `Cannot define ${type} again with another schema`, { details: { type } });
  }
  defined.set(type, definition as unknown as EventDefinition);
  return definition;
}

/** The definition of a type in this thread, if there is one. */
export function definitionOf(type: string): EventDefinition | undefined {
  return defined.get(type);
}

/** Every definition of this thread, by name. */
export function allDefinitions(): EventDefinition[] {
  return [...defined.values()].toSorted((a, b) => (a.type < b.type ? -1 : 1));
}
