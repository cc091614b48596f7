/**
 * Decides whether a value survives the bytes exactly, before any byte is written. What does is returned as it is (or
 * as a copy in which -0 is marked); what does not is refused by the path of its field.
 */
import { types } from 'node:util';
import { isPlainObject, QtError } from '../base/index.ts';
import { NEGATIVE_ZERO } from './_msgpack.ts';
import { QT_CODEC_TOO_LARGE, QT_CODEC_UNSUPPORTED_VALUE } from './errors.ts';
import { DEPTH_MAX } from './frame.ts';

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

// Exactly these, not subclasses, which would come back as their base.
const TYPED_ARRAYS = new Set<object>([
  Buffer.prototype,
  Int8Array.prototype,
  Uint8Array.prototype,
  Uint8ClampedArray.prototype,
  Int16Array.prototype,
  Uint16Array.prototype,
  Int32Array.prototype,
  Uint32Array.prototype,
  Float32Array.prototype,
  Float64Array.prototype,
  BigInt64Array.prototype,
  BigUint64Array.prototype,
]);

/** The way to the value under inspection, by depth. Kept here so that the walk allocates nothing. */
const trail: (string | number)[] = [];
/** Bytes that the values seen so far need at least. Ends the walk over a small graph that unfolds to a huge tree. */
let spent = 0;
let limit = 0;

/** Starts the count for one event. */
export function startWalk(bytesMax: number): void {
  spent = 0;
  limit = bytesMax;
}

/**
 * Checks one field of a payload, of any type. `startWalk` must have been called for the event.
 *
 * @throws QtError QT_CODEC_UNSUPPORTED_VALUE, QT_CODEC_TOO_LARGE
 */
export function plainField(name: string, value: unknown): unknown {
  trail[0] = name;
  return plainAt(value, 1);
}

/**
 * Checks that a payload is a plain object and, for an uncatalogued type, all its fields.
 *
 * @throws QtError QT_CODEC_UNSUPPORTED_VALUE, QT_CODEC_TOO_LARGE
 */
export function plainPayload(payload: object): object {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload) || !isPlainObject(payload)) {
    throw refusal(0, 'a payload must be a plain object');
  }
  return plainAt(payload, 0) as object;
}

/** A string without lone surrogates, which UTF-8 cannot express. */
export function plainString(name: string, value: string): string {
  trail[0] = name;
  if (!value.isWellFormed()) throw refusal(1, 'a string with a lone surrogate');
  spent += value.length;
  if (spent > limit) throw tooLarge();
  return value;
}

/** For the caller who found the reason: `symbol keys`, `a class instance`. */
export function refusePayload(reason: string): never {
  throw refusal(0, reason);
}

function plainAt(value: unknown, depth: number): unknown {
  spent += 1;
  if (spent > limit) throw tooLarge();
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw refusal(depth, 'a string with a lone surrogate');
      spent += value.length;
      return value;
    case 'number':
      return value === 0 && 1 / value < 0 ? NEGATIVE_ZERO : value;
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
      if (value < INT64_MIN || value > UINT64_MAX) throw refusal(depth, 'a bigint of more than 64 bits');
      return value;
    case 'object':
      return value === null ? null : plainObjectAt(value, depth);
    default:
      throw refusal(depth, `a ${typeof value}`);
  }
}

function plainObjectAt(value: object, depth: number): unknown {
  if (depth > DEPTH_MAX) throw refusal(depth, `nested deeper than ${DEPTH_MAX} levels, or a cycle`);
  if (Array.isArray(value)) return plainArrayAt(value, depth);
  if (isPlainObject(value)) return plainFieldsAt(value as Record<string, unknown>, depth);
  const prototype = Object.getPrototypeOf(value) as object;
  if (types.isDate(value) && prototype === Date.prototype && Object.keys(value).length === 0) return value;
  if (ArrayBuffer.isView(value) && TYPED_ARRAYS.has(prototype)) {
    spent += value.byteLength;
    if (spent > limit) throw tooLarge();
    return value;
  }
  throw refusal(depth, `a ${nameOf(prototype)}`);
}

function plainArrayAt(items: readonly unknown[], depth: number): unknown {
  // Array.prototype is itself an array, in every realm; the prototype of a subclass is not.
  if (!Array.isArray(Object.getPrototypeOf(items))) throw refusal(depth, `a ${nameOf(Object.getPrototypeOf(items) as object | null)}`);
  let copy: unknown[] | null = null;
  // Fewer keys than items: holes. More: fields hung on the array, as on the result of a match. 6 ns per item.
  if (Object.keys(items).length !== items.length) throw refusal(depth, 'a sparse array, or one with fields of its own');
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    trail[depth] = i;
    if (item === undefined && !(i in items)) throw refusal(depth, 'a sparse array');
    const plain = plainAt(item, depth + 1);
    if (plain !== item && item === item) (copy ??= items.slice())[i] = plain;
  }
  return copy ?? items;
}

function plainFieldsAt(fields: Record<string, unknown>, depth: number): unknown {
  if (Object.getOwnPropertySymbols(fields).length > 0) throw refusal(depth, 'an object with symbol keys');
  let copy: Record<string, unknown> | null = null;
  const keys = Object.keys(fields);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    trail[depth] = key;
    if (key === '__proto__') throw refusal(depth + 1, 'a key that would become the prototype');
    if (!key.isWellFormed()) throw refusal(depth, 'a key with a lone surrogate');
    spent += key.length;
    const field = fields[key];
    const plain = plainAt(field, depth + 1);
    if (plain !== field && field === field) (copy ??= { ...fields })[key] = plain;
  }
  return copy ?? fields;
}

function refusal(depth: number, what: string): QtError {
  const field = trail.slice(0, depth).join('.');
  const place = field === '' ? 'payload' : field.length > 200 ? `${field.slice(0, 200)}...` : field;
  return new QtError(QT_CODEC_UNSUPPORTED_VALUE, `Cannot encode ${place}: ${what}`, { details: { field: place } });
}

/** For the caller who met the limit of the event under way. */
export function tooLarge(): QtError {
  return new QtError(QT_CODEC_TOO_LARGE, `Cannot encode: the payload needs more than ${limit} bytes`, { details: { lengthMax: limit } });
}

function nameOf(prototype: object | null): string {
  const made = (prototype as { constructor?: unknown } | null)?.constructor;
  return typeof made === 'function' && made.name !== '' ? made.name : 'class instance';
}
