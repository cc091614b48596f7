import { describe, QtError } from '../base/index.ts';
import { QT_OBSERVE_NOT_CANONICAL } from './errors.ts';

/**
 * JSON with sorted keys and no spaces: equal values give equal text, whatever order their keys were set in. Fields
 * that are undefined are left out, as JSON does.
 *
 * @throws QtError QT_OBSERVE_NOT_CANONICAL for what JSON would alter: NaN, infinities, bigint, functions, class instances
 * @see RFC 8785, whose number and string forms are those of ECMAScript
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      if (Number.isFinite(value)) return String(value === 0 ? 0 : value);
      break;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : ofObject(value);
  }
  throw new QtError(QT_OBSERVE_NOT_CANONICAL, `Cannot write ${describe(value)} as canonical JSON: expected plain data`);
}

function ofObject(value: object): string {
  if (Array.isArray(value)) {
    let items = '';
    for (let i = 0; i < value.length; i++) items += (i === 0 ? '' : ',') + canonicalJson(value[i]);
    return `[${items}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new QtError(QT_OBSERVE_NOT_CANONICAL, `Cannot write a ${value.constructor.name} as canonical JSON: expected plain data`);
  }
  let fields = '';
  // The default order is that of UTF-16 code units, which is what the RFC asks for.
  for (const key of Object.keys(value).toSorted()) {
    const field = (value as Record<string, unknown>)[key];
    if (field !== undefined) fields += `${fields === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(field)}`;
  }
  return `{${fields}}`;
}
