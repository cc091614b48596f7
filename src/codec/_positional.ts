/**
 * Generates, per event type, the functions that turn a payload into an array in schema field order and back.
 * Straight-line code over constant field names lets V8 use one object shape per type and keep each field's branch warm.
 */
import { freezeDecoded } from './_msgpack.ts';
import { readEnd, readScalar, startRead } from './_read.ts';
import { textAt } from './_text-cache.ts';
import { arrayHeadBytes, writeArrayHead, writeNumber, writeOther, writeText } from './_write.ts';
import type { FrameViews } from './frame.ts';

/** What a schema says of a field; decides only what is tried first. */
export type FieldKind = 'text' | 'number' | 'other';

/** Writes a payload at `at` and returns where it ends; negative if there are fields that the schema does not know. */
export type WritePayload = (payload: object, at: number, views: FrameViews, limit: number) => number;
/** Reads a payload of scalars, or null if it is not one and msgpackr must look at it. */
export type ReadPayload = (views: FrameViews, start: number, end: number) => object | null;
/** Makes the frozen payload from an array in field order. */
export type BuildPayload = (values: readonly unknown[]) => object;

/** @param fields names as in the schema; none is `__proto__` */
export function compileWrite(fields: readonly string[], kinds: readonly FieldKind[]): WritePayload {
  const body = fields.map((field, i) => {
    const name = JSON.stringify(field);
    // A name that every object inherits is there only if the payload owns it.
    const read = field in Object.prototype ? `(Object.hasOwn(p, ${name}) ? p[${name}] : undefined)` : `p[${name}]`;
    const text = `if (typeof v === 'string') { ${kinds[i] === 'text' ? textHere(name) : `at = writeText(at, v, ${name});`} }`;
    const numeric = `if (typeof v === 'number') { ${kinds[i] === 'number' ? NUMBER_HERE : 'at = writeNumber(at, v);'} }`;
    const tests = kinds[i] === 'text' ? `${text} else ${numeric}` : `${numeric} else ${text}`;
    return `v = ${read}; ${tests} else { if (v === undefined) absent++; at = writeOther(at, v, ${name}); }`;
  });
  // Counting fields is free where looking names up is not; the caller compares names only when the count says so.
  const source = `return (p, start, views, limit) => {
    const { data, u8 } = views;
    let v, n, from, all, absent = 0, owned = 0, at = start + ${arrayHeadBytes(fields.length)};
    ${body.join('\n')}
    writeArrayHead(start, ${fields.length}, ${fields.length});
    for (const _ in p) owned++;
    return owned + absent === ${fields.length} ? at : -at;
  };
  //# sourceURL=codec/write`;
  // oxlint-disable-next-line typescript/no-implied-eval -- all that varies in the source is quoted field names
  const make = new Function('writeText', 'writeNumber', 'writeOther', 'writeArrayHead', source) as (...scope: unknown[]) => WritePayload;
  return make(writeText, writeNumber, writeOther, writeArrayHead);
}

/** A short ASCII string is written in place, which costs a call less; what turns out to be another is written over it. */
function textHere(name: string): string {
  return `n = v.length;
    if (n < 32 && at + n < limit) {
      from = at + 1; all = 0;
      for (let i = 0; i < n; i++) { const unit = v.charCodeAt(i); all |= unit; u8[from + i] = unit; }
      if (all < 128) { u8[at] = 0xa0 | n; at = from + n; } else at = writeText(at, v, ${name});
    } else at = writeText(at, v, ${name});`;
}

/** Fractions and the smallest counts in place; 0 may be -0, so it goes the long way. */
const NUMBER_HERE = `if (at <= limit && (v >>> 0) !== v && (v >> 0) !== v) { u8[at] = 0xcb; data.setFloat64(at + 1, v); at += 9; }
    else if (at <= limit && v > 0 && v < 128) u8[at++] = v;
    else at = writeNumber(at, v);`;

export function compileRead(fields: readonly string[], kinds: readonly FieldKind[]): ReadPayload {
  const load = fields.map((_, i) => `let v${i}; tag = u8[at]; ${readHere(kinds[i]!, `v${i}`)}`).join('\n');
  const source = `return (views, start, end) => {
    const { data, u8 } = views;
    let tag, n, at = startRead(views, start, end, ${fields.length});
    if (at < 0) return null;
    ${load}
    if (at !== end) return null;
    ${assemble(fields)}
  };
  //# sourceURL=codec/read`;
  // oxlint-disable-next-line typescript/no-implied-eval -- all that varies in the source is quoted field names
  const make = new Function('startRead', 'readScalar', 'readEnd', 'textAt', source) as (...scope: unknown[]) => ReadPayload;
  return make(startRead, readScalar, readEnd, textAt);
}

/** What the schema leads to expect is read in place, anything else by `readScalar`. */
function readHere(kind: FieldKind, value: string): string {
  const rest = `{ ${value} = readScalar(at); at = readEnd(); }`;
  if (kind === 'text') {
    return `if ((tag & 0xe0) === 0xa0) { n = tag & 31; at += n + 1; if (at > end) return null; ${value} = textAt(views, at - n, n); } else ${rest}`;
  }
  if (kind === 'number') {
    return `if (tag === 0xcb && at + 9 <= end) { ${value} = data.getFloat64(at + 1); at += 9; } else if (tag < 0x80) { ${value} = tag; at++; } else ${rest}`;
  }
  return rest;
}

export function compileBuild(fields: readonly string[]): BuildPayload {
  const load = fields.map(
    (_, i) => `const v${i} = values[${i}]; if (typeof v${i} === 'object' && v${i} !== null) freezeDecoded(v${i}, 1);`,
  );
  const source = `return (values) => { ${load.join('\n')} ${assemble(fields)} };`;
  // oxlint-disable-next-line typescript/no-implied-eval -- all that varies in the source is quoted field names
  const make = new Function('freezeDecoded', source) as (...scope: unknown[]) => BuildPayload;
  return make(freezeDecoded);
}

/** Absent fields stay absent, and fields come in one order always, so a type has one shape per set of present fields. */
function assemble(fields: readonly string[]): string {
  const names = fields.map((field) => JSON.stringify(field));
  const isComplete = names.map((_, i) => `v${i} !== undefined`).join(' && ') || 'true';
  const literal = names.map((name, i) => `${name}: v${i}`).join(', ');
  const present = names.map((name, i) => `if (v${i} !== undefined) o[${name}] = v${i};`).join('\n');
  return `if (${isComplete}) return Object.freeze({ ${literal} }); const o = {}; ${present} return Object.freeze(o);`;
}
