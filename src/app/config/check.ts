import { describe, QtError } from '../../base/index.ts';
import { compileSchema, type SchemaCheck, type TSchema } from '../../event/index.ts';
import { QT_CONFIG_INVALID } from '../errors.ts';
import { expectationOf, isSection, type FieldSchema } from './fields.ts';

const checks = new WeakMap<FieldSchema, SchemaCheck>();

/**
 * Refuses what a part of a configuration may not say. Keys may be missing: whatever is not given has its default.
 *
 * @param source where it was read, put before the path: a file name, `QT_...` or a flag
 * @throws QtError QT_CONFIG_INVALID naming the path and the value
 */
export function checkConfig(schema: FieldSchema, value: unknown, source: string, path: readonly string[] = []): void {
  if (!isSection(schema)) return checkValue(schema, value, source, path);
  if (!isRecord(value)) throw invalid(source, path, `is ${describe(value)}: expected ${expectationOf(schema)}`);
  const properties = schema.properties ?? {};
  for (const [name, part] of Object.entries(value)) {
    const field = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (field === undefined) throw unknownKey(source, path, name, Object.keys(properties));
    checkConfig(field, part, source, [...path, name]);
  }
}

function checkValue(schema: FieldSchema, value: unknown, source: string, path: readonly string[]): void {
  if (checkOf(schema).check(value)) return;
  if (schema.items !== undefined && Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkEntry(schema.items, item, source, [...path, String(index)]);
  }
  const [values] = Object.values(schema.patternProperties ?? {});
  if (values !== undefined && isRecord(value)) {
    for (const [name, item] of Object.entries(value)) checkEntry(values, item, source, [...path, name]);
  }
  throw invalid(source, path, `is ${describe(value)}: expected ${expectationOf(schema)}`);
}

/** Inside a list or a map nothing has a default of ours, so a missing key is a fault. */
function checkEntry(schema: FieldSchema, value: unknown, source: string, path: readonly string[]): void {
  checkConfig(schema, value, source, path);
  const missing = schema.required?.find((name) => !Object.hasOwn(value as object, name));
  if (missing !== undefined) throw invalid(source, [...path, missing], 'is missing');
}

function checkOf(schema: FieldSchema): SchemaCheck {
  let check = checks.get(schema);
  if (check === undefined) checks.set(schema, (check = compileSchema(schema as TSchema)));
  return check;
}

function unknownKey(source: string, path: readonly string[], name: string, known: readonly string[]): QtError {
  const near = known.find((other) => distance(other.toLowerCase(), name.toLowerCase()) <= 2);
  const hint = near === undefined ? `known here are ${known.join(', ')}` : `did you mean ${near}?`;
  return invalid(source, [...path, name], `is not known: ${hint}`);
}

function invalid(source: string, path: readonly string[], message: string): QtError {
  const field = path.join('.');
  const where = [source, field].filter((part) => part !== '').join(': ');
  return new QtError(QT_CONFIG_INVALID, `Cannot use the configuration: ${where} ${message}`, { details: { source, field } });
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Edits from one word to the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
