import { describe, QtError } from '../base/index.ts';
import type { FrameEncoder, TypeEntry, TypeTable } from '../codec/index.ts';
import {
  checkPayload,
  checkType,
  compileSchema,
  definitionOf,
  EventDraft,
  PRIORITIES,
  QT_EVENT_ENVELOPE_INVALID,
  QT_EVENT_PAYLOAD_INVALID,
  type EventDefinition,
  type EventInput,
  type SchemaCheck,
} from '../event/index.ts';

export interface IntakeScope {
  /** True on the main thread, which alone numbers the types; elsewhere an unknown type travels by name. */
  readonly canDefine: boolean;
  /** True for a type that has a key function, which may not be loaded on this thread. */
  isKeyed(type: string): boolean;
}

/**
 * Takes what somebody wants to publish, refuses what is wrong with it, and encodes the rest into the encoder's
 * scratch. The same on the main thread and in `ctx.publish` on a worker.
 */
export class Intake {
  readonly #table: TypeTable;
  readonly #encoder: FrameEncoder;
  readonly #validate: boolean;
  readonly #scope: IntakeScope;
  readonly #checks = new Map<string, SchemaCheck>();
  #lastDefinition: EventDefinition | undefined = undefined;
  #lastEntry: TypeEntry | null = null;

  constructor(table: TypeTable, encoder: FrameEncoder, validate: boolean, scope: IntakeScope) {
    this.#table = table;
    this.#encoder = encoder;
    this.#validate = validate;
    this.#scope = scope;
  }

  /**
   * Encodes key, meta and payload; the caller fills in seq, times and cause.
   *
   * @returns bytes of the frame in the encoder's scratch
   * @throws QtError QT_EVENT_TOPIC_INVALID, QT_EVENT_PAYLOAD_INVALID, QT_EVENT_ENVELOPE_INVALID, QT_CODEC_UNSUPPORTED_VALUE,
   *   QT_CODEC_TOO_LARGE, QT_CODEC_SCHEMA_MISMATCH
   */
  encode(input: EventInput): number {
    const isDraft = input instanceof EventDraft;
    const definition = isDraft ? input.definition : definitionOf(input?.type);
    const entry = definition !== undefined && definition === this.#lastDefinition ? this.#lastEntry! : this.#entryOf(input, definition);
    if (this.#validate && !isDraft) this.#checkPayload(entry, definition, input.payload);
    if (input.timestamp !== undefined) checkTimestamp(input.type, input.timestamp);
    if (input.priority !== undefined && !PRIORITIES.includes(input.priority)) {
      throw envelopeError(input.type, 'priority', input.priority, `one of ${PRIORITIES.join(', ')}`);
    }
    return this.#encoder.encode(entry, input, this.#keyFor(definition, input));
  }

  /** The entry of a type, checked against the definition at hand; remembered, because events of a type come in rows. */
  #entryOf(input: EventInput, definition: EventDefinition | undefined): TypeEntry {
    const entry = this.#table.byType(input?.type) ?? this.#newType(input, definition);
    if (definition === undefined || entry.isDynamic) return entry;
    if (entry.schemaHash !== definition.schemaHash) this.#table.checkDefinition(definition);
    this.#lastDefinition = definition;
    this.#lastEntry = entry;
    return entry;
  }

  #keyFor(definition: EventDefinition | undefined, input: EventInput): string | null {
    if (input.key !== undefined) {
      if (typeof input.key === 'string') return input.key;
      throw envelopeError(input.type, 'key', input.key, 'a string');
    }
    if (definition === undefined) {
      if (!this.#scope.isKeyed(input.type)) return null;
      throw new QtError(
        QT_EVENT_ENVELOPE_INVALID,
        `Cannot publish ${input.type} by name on this thread: its key function is not loaded here, so import its definition or give "key"`,
      );
    }
    if (definition.keyOf === null) return null;
    const key: unknown = definition.keyOf(input.payload);
    if (typeof key === 'string') return key;
    throw envelopeError(input.type, 'key', key, 'a string from the key function of its definition');
  }

  #newType(input: EventInput, definition: EventDefinition | undefined): TypeEntry {
    if (typeof input !== 'object' || input === null)
      throw new QtError(QT_EVENT_ENVELOPE_INVALID, `Cannot publish ${describe(input)}: expected { type, payload }`);
    checkType(input.type);
    return definition === undefined || !this.#scope.canDefine ? this.#table.addDynamic(input.type) : this.#table.addDefinition(definition);
  }

  #checkPayload(entry: TypeEntry, definition: EventDefinition | undefined, payload: unknown): void {
    if (definition !== undefined) return definition.validate(payload);
    if (entry.isDynamic) {
      if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) return;
      throw new QtError(QT_EVENT_PAYLOAD_INVALID, `Cannot publish ${entry.type}: payload is ${describe(payload)}, expected an object`);
    }
    let check = this.#checks.get(entry.type);
    if (check === undefined) this.#checks.set(entry.type, (check = compileSchema(entry.schema)));
    checkPayload(entry.type, check, payload);
  }
}

function checkTimestamp(type: string, timestamp: number): void {
  // Not 0, which stands for "none" in a frame.
  if (Number.isSafeInteger(timestamp) && timestamp > 0) return;
  throw envelopeError(type, 'timestamp', timestamp, 'integer microseconds since 1970 UTC');
}

function envelopeError(type: string, field: string, value: unknown, expected: string): QtError {
  return new QtError(QT_EVENT_ENVELOPE_INVALID, `Cannot publish ${type}: ${field} is ${describe(value)}, expected ${expected}`, {
    details: { type, field },
  });
}
