import { hash32, QtError } from '../base/index.ts';
import { laneOf, type EventDefinition, type TSchema } from '../event/index.ts';
import {
  compileBuild,
  compileRead,
  compileWrite,
  type BuildPayload,
  type FieldKind,
  type ReadPayload,
  type WritePayload,
} from './_positional.ts';
import { QT_CODEC_SCHEMA_MISMATCH, QT_CODEC_TABLE_FULL, QT_CODEC_TYPE_INVALID, QT_CODEC_TYPE_UNKNOWN } from './errors.ts';

const TYPE_ID_MAX = 65_535;
const SCALAR_TYPES: ReadonlySet<string> = new Set(['string', 'number', 'integer', 'boolean', 'null']);

/** One catalogued type as plain data, for `workerData` and messages. */
export interface TypeRecord {
  /** 1 to 65535. */
  readonly id: number;
  readonly type: string;
  readonly version: number;
  readonly schemaHash: number;
  /** Payload fields in wire order. */
  readonly fields: readonly string[];
  /** Plain JSON Schema of the payload. */
  readonly schema: TSchema;
  readonly lane: number;
}

/** A type as the codec uses it. Made by `TypeTable`. */
export class TypeEntry implements TypeRecord {
  readonly id: number;
  readonly type: string;
  readonly version: number;
  readonly schemaHash: number;
  readonly fields: readonly string[];
  readonly schema: TSchema;
  readonly lane: number;
  /** In no catalogue: travels as a map with its name. */
  readonly isDynamic: boolean;
  /** `hash32` of the type, the partition hash of events without a key. */
  readonly typeHash: number;
  readonly fieldSet: ReadonlySet<string>;
  /** All fields are scalars by their schema, so the reader for flat payloads is worth a try. */
  readonly isFlat: boolean;
  #write: WritePayload | null;
  #read: ReadPayload | null;
  #build: BuildPayload | null;

  constructor(record: TypeRecord, isDynamic: boolean) {
    this.id = record.id;
    this.type = record.type;
    this.version = record.version;
    this.schemaHash = record.schemaHash;
    this.fields = record.fields;
    this.schema = record.schema;
    this.lane = record.lane;
    this.isDynamic = isDynamic;
    this.typeHash = hash32(record.type);
    this.fieldSet = new Set(record.fields);
    this.isFlat = record.fields.every((field) => !hasType(this.schema, field, isComposite));
    this.#write = null;
    this.#read = null;
    this.#build = null;
  }

  /** Compiled on first use, as the next two: a catalogue has a hundred types and a run uses twenty. */
  get write(): WritePayload {
    return (this.#write ??= compileWrite(this.fields, this.#kinds()));
  }

  get read(): ReadPayload {
    return (this.#read ??= compileRead(this.fields, this.#kinds()));
  }

  get build(): BuildPayload {
    return (this.#build ??= compileBuild(this.fields));
  }

  #kinds(): FieldKind[] {
    return this.fields.map((field) => {
      if (hasType(this.schema, field, isText)) return 'text';
      return hasType(this.schema, field, isNumber) ? 'number' : 'other';
    });
  }

  toRecord(): TypeRecord {
    const { id, type, version, schemaHash, fields, schema, lane } = this;
    return { id, type, version, schemaHash, fields: [...fields], schema, lane };
  }
}

/**
 * Type names and their numbers. The router builds it from definitions and ships its records; other threads rebuild it
 * and never number a catalogued type themselves, because two threads that number types apart decode each other's
 * payloads into the wrong fields without noticing.
 *
 * Catalogued types count up from 1. Dynamic types, whose number is private to this table because their frames carry
 * the name, count down from 65535.
 */
export class TypeTable {
  readonly #byType: Map<string, TypeEntry>;
  readonly #byId: (TypeEntry | undefined)[];
  #catalogued: TypeEntry[];
  #nextId: number;
  #nextDynamicId: number;

  constructor() {
    this.#byType = new Map();
    this.#byId = [undefined];
    this.#catalogued = [];
    this.#nextId = 1;
    this.#nextDynamicId = TYPE_ID_MAX;
  }

  /**
   * Rebuilds a table on another thread.
   *
   * @throws QtError QT_CODEC_TYPE_INVALID, QT_CODEC_SCHEMA_MISMATCH
   */
  static fromRecords(records: readonly TypeRecord[]): TypeTable {
    const table = new TypeTable();
    table.addRecords(records);
    return table;
  }

  /**
   * Numbers a definition, or returns its entry if it is there already. Router only.
   *
   * @throws QtError QT_CODEC_SCHEMA_MISMATCH when the type is there with another schema, QT_CODEC_TYPE_INVALID,
   *   QT_CODEC_TABLE_FULL
   */
  addDefinition(definition: EventDefinition): TypeEntry {
    const known = this.#byType.get(definition.type);
    if (known !== undefined && !known.isDynamic) return sameSchema(known, definition);
    if (this.#nextId > this.#nextDynamicId) throw tableFull(definition.type);
    return this.#addCatalogued({
      id: this.#nextId,
      type: definition.type,
      version: definition.version,
      schemaHash: definition.schemaHash,
      fields: definition.fields,
      schema: JSON.parse(JSON.stringify(definition.schema)) as TSchema,
      lane: laneOf(definition.priority),
    });
  }

  /**
   * Makes or finds the entry of a type without a definition. Its payloads travel as maps, with the type's name.
   *
   * @throws QtError QT_CODEC_TABLE_FULL
   */
  addDynamic(type: string): TypeEntry {
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    if (this.#nextDynamicId < this.#nextId) throw tableFull(type);
    const record = { id: this.#nextDynamicId, type, version: 1, schemaHash: 0, fields: [], schema: {} as TSchema, lane: laneOf('NORMAL') };
    const entry = new TypeEntry(record, true);
    this.#nextDynamicId--;
    this.#byId[entry.id] = entry;
    this.#byType.set(type, entry);
    return entry;
  }

  /**
   * Takes over records of the router's table; those that are here already must be the same.
   *
   * @throws QtError QT_CODEC_TYPE_INVALID, QT_CODEC_SCHEMA_MISMATCH
   */
  addRecords(records: readonly TypeRecord[]): void {
    for (const record of records) {
      const known = this.#byType.get(record.type);
      if (known === undefined || known.isDynamic) {
        this.#addCatalogued(record);
      } else if (known.id !== record.id) {
        throw invalidType(record.type, `its number is ${record.id} here and ${known.id} there`);
      } else {
        sameSchema(known, record);
      }
    }
  }

  /** The catalogued types as plain data, by number; those from `firstId` on if only the newest are wanted. */
  toRecords(firstId = 1): TypeRecord[] {
    return this.#catalogued.filter((entry) => entry.id >= firstId).map((entry) => entry.toRecord());
  }

  byId(id: number): TypeEntry | undefined {
    return this.#byId[id];
  }

  byType(type: string): TypeEntry | undefined {
    return this.#byType.get(type);
  }

  /**
   * The entry of a definition that this thread loaded itself, if both mean the same.
   *
   * @throws QtError QT_CODEC_TYPE_UNKNOWN, QT_CODEC_SCHEMA_MISMATCH
   */
  checkDefinition(definition: EventDefinition): TypeEntry {
    const known = this.#byType.get(definition.type);
    if (known === undefined || known.isDynamic) {
      throw new QtError(QT_CODEC_TYPE_UNKNOWN, `Cannot use ${definition.type}: it is not in the type table`, {
        details: { type: definition.type },
      });
    }
    return sameSchema(known, definition);
  }

  /** One number for all catalogued types, their numbers and schemas: two tables that agree on it can talk. */
  get fingerprint(): number {
    return hash32(this.#catalogued.map((entry) => `${entry.id}:${entry.type}:${entry.schemaHash}`).join(' '));
  }

  #addCatalogued(record: TypeRecord): TypeEntry {
    const { id, type } = record;
    if (!Number.isInteger(id) || id < 1 || id > TYPE_ID_MAX) throw invalidType(type, `${id} is not a number from 1 to ${TYPE_ID_MAX}`);
    const holder = this.#byId[id];
    if (holder !== undefined) throw invalidType(type, `number ${id} belongs to ${holder.type}`);
    // In an object literal this name would set the prototype instead of a field.
    if (record.fields.includes('__proto__')) throw invalidType(type, 'a field may not be called __proto__');
    const entry = new TypeEntry(record, false);
    this.#byId[id] = entry;
    this.#byType.set(type, entry);
    this.#catalogued.push(entry);
    this.#nextId = Math.max(this.#nextId, id + 1);
    return entry;
  }
}

function sameSchema(known: TypeEntry, other: { type: string; version: number; schemaHash: number }): TypeEntry {
  if (known.schemaHash === other.schemaHash && known.version === other.version) return known;
  throw new QtError(
    QT_CODEC_SCHEMA_MISMATCH,
    `Cannot use ${other.type}: its schema (version ${other.version}) differs from the one in the type table (version ${known.version})`,
    { details: { type: other.type, version: other.version, versionExpected: known.version } },
  );
}

type Property = Record<string, unknown>;

/** Whether the schema of a field, or one of its alternatives, is of this kind. */
function hasType(schema: TSchema, field: string, isKind: (property: Property) => boolean): boolean {
  const property = (schema as { properties?: Record<string, Property> }).properties?.[field] ?? {};
  const alternatives = property['anyOf'];
  return Array.isArray(alternatives) ? (alternatives as Property[]).some(isKind) : isKind(property);
}

function isText(property: Property): boolean {
  const choices = property['enum'];
  if (Array.isArray(choices)) return choices.every((choice) => typeof choice === 'string');
  return property['type'] === 'string' || typeof property['const'] === 'string';
}

function isNumber(property: Property): boolean {
  return property['type'] === 'number' || property['type'] === 'integer' || typeof property['const'] === 'number';
}

function isComposite(property: Property): boolean {
  return property['const'] === undefined && property['enum'] === undefined && !SCALAR_TYPES.has(property['type'] as string);
}

function invalidType(type: string, reason: string): QtError {
  return new QtError(QT_CODEC_TYPE_INVALID, `Cannot add ${type} to the type table: ${reason}`, { details: { type } });
}

function tableFull(type: string): QtError {
  return new QtError(QT_CODEC_TABLE_FULL, `Cannot add ${type} to the type table: all ${TYPE_ID_MAX} numbers are in use`, {
    details: { type },
  });
}
