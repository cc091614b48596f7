/**
 * What the configuration is made of: JSON schemas that also carry their description, unit and default, so that checking,
 * merging, the commented file and the names of variables all come from one place.
 */
import { Type, type TSchema } from '../../event/index.ts';
import { DURATION_PATTERN } from './duration.ts';

/** The parts of a schema that we read ourselves. */
export interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly FieldSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly items?: FieldSchema;
  readonly patternProperties?: Readonly<Record<string, FieldSchema>>;
  /** A map from names that the user chooses. */
  readonly isMap?: boolean;
}

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}

const closed = { additionalProperties: false } as const;

function meta(description: string, value: unknown, unit?: string): { description: string; default: unknown; unit?: string } {
  return { description, default: value, ...(unit === undefined ? {} : { unit }) };
}

export function number(description: string, value: number, { min, max, unit }: NumberRange) {
  return Type.Number({ ...meta(description, value, unit), minimum: min, maximum: max });
}

export function integer(description: string, value: number, { min, max, unit }: NumberRange) {
  return Type.Integer({ ...meta(description, value, unit), minimum: min, maximum: max });
}

/** A number, or null for "no such limit" or "told from the data". */
export function numberOrNull(description: string, value: number | null, { min, max, unit }: NumberRange) {
  return Type.Union([Type.Number({ minimum: min, maximum: max }), Type.Null()], meta(description, value, unit));
}

export function choice<const T extends readonly string[]>(description: string, value: T[number], allowed: T) {
  return Type.Unsafe<T[number]>(Type.Enum([...allowed], meta(description, value)));
}

export function choiceOrNull<const T extends readonly string[]>(description: string, value: T[number] | null, allowed: T) {
  return Type.Union([Type.Unsafe<T[number]>(Type.Enum([...allowed])), Type.Null()], meta(description, value));
}

export function flag(description: string, value: boolean) {
  return Type.Boolean(meta(description, value));
}

export function text(description: string, value: string) {
  return Type.String({ ...meta(description, value), minLength: 1 });
}

export function textOrNull(description: string, value: string | null) {
  return Type.Union([Type.String({ minLength: 1 }), Type.Null()], meta(description, value));
}

/** Seed and the like: a text or a number, both taken as text. */
export function label(description: string, value: string | number) {
  return Type.Union([Type.String({ minLength: 1 }), Type.Number()], meta(description, value));
}

export function duration(description: string, value: string) {
  return Type.String({ ...meta(description, value), pattern: DURATION_PATTERN });
}

export function durationOrNull(description: string, value: string | null) {
  return Type.Union([Type.String({ pattern: DURATION_PATTERN }), Type.Null()], meta(description, value));
}

export function list<T extends TSchema>(description: string, items: T, value: readonly unknown[]) {
  return Type.Array(items, meta(description, value));
}

export function map<T extends TSchema>(description: string, values: T, value: Readonly<Record<string, unknown>>) {
  return Type.Record(Type.String(), values, { ...meta(description, value), isMap: true });
}

/** Fields that may be left out inside a list or a map. */
export function entry<T extends Record<string, TSchema>>(properties: T) {
  return Type.Object(properties, closed);
}

export function section<T extends Record<string, TSchema>>(description: string, properties: T) {
  return Type.Object(properties, { ...closed, description });
}

/** True for a node whose fields are merged and documented one by one. */
export function isSection(schema: FieldSchema): boolean {
  return schema.properties !== undefined;
}

/** Every single setting with its path, sections left out. */
export function leavesOf(schema: FieldSchema, path: readonly string[] = []): { path: readonly string[]; schema: FieldSchema }[] {
  if (!isSection(schema)) return [{ path, schema }];
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => leavesOf(field, [...path, name]));
}

/** The configuration in which nothing was set. */
export function defaultsOf(schema: FieldSchema): unknown {
  if (!isSection(schema)) return structuredClone(schema.default);
  return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, defaultsOf(field)]));
}

/** What a value may be, in words for a message or a comment. */
export function expectationOf(schema: FieldSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(expectationOf).join(' or ');
  if (schema.enum !== undefined) return `one of ${schema.enum.map(String).join(', ')}`;
  if (schema.type === 'null') return 'null';
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'array') return 'a list';
  if (schema.type === 'object') return schema.isMap === true ? 'a map' : 'a section with keys of its own';
  if (schema.type === 'string') return schema.pattern === DURATION_PATTERN ? 'a duration such as 30s, 72h or 20d' : 'a text';
  const kind = schema.type === 'integer' ? 'an integer' : 'a number';
  return schema.minimum === undefined ? kind : `${kind} from ${schema.minimum} to ${schema.maximum}`;
}
