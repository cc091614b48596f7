/**
 * Generates, per event type, the functions that turn a payload into an array in schema field order and back.
 * Straight-line code over constant field names lets V8 use one object shape per type and keep each field's branch warm.
 */
import { freezeDecoded } from './_msgpack.ts';
import { isReadWhole, readScalar, startRead } from './_read.ts';
import { arrayHeadBytes, writeArrayHead, writeNumber, writeOther, writeText } from './_write.ts';
import type { FrameViews } from './frame.ts';

/** Writes a payload at `at` and returns where it ends; negative if there are fields that the schema does not know. */
export type WritePayload = (payload: object, at: number) => number;
/** Reads a payload of scalars, or null if it is not one and msgpackr must look at it. */
export type ReadPayload = (views: FrameViews, start: number, end: number) => object | null;
/** Makes the frozen payload from an array in field order. */
export type BuildPayload = (values: readonly unknown[]) => object;

/**
 * @param fields names as in the schema; none is `__proto__`
 * @param isText for each field, whether its schema says string: decides only which test comes first
 */
export function compileWrite(fields: readonly string[], isText: readonly boolean[]): WritePayload {
  const body = fields.map((field, i) => {
    const name = JSON.stringify(field);
    // A name that every object inherits is there only if the payload owns it.
    const read = field in Object.prototype ? `(Object.hasOwn(p, ${name}) ? p[${name}] : undefined)` : `p[${name}]`;
    const text = `if (typeof v === 'string') at = writeText(at, v, ${name});`;
    const numeric = `if (typeof v === 'number') at = writeNumber(at, v);`;
    const tests = isText[i] === true ? `${text} else ${numeric}` : `${numeric} else ${text}`;
    return `v = ${read}; ${tests} else { if (v === undefined) absent++; at = writeOther(at, v, ${name}); }`;
  });
  // Counting fields is free where looking names up is not; the caller compares names only when the count says so.
  const source = `return (p, start) => {
    let v, absent = 0, owned = 0, at = start + ${arrayHeadBytes(fields.length)};
    ${body.join('\n')}
    writeArrayHead(start, ${fields.length}, ${fields.length});
    for (const _ in p) owned++;
    return owned + absent === ${fields.length} ? at : -at;
  };`;
  // oxlint-disable-next-line typescript/no-implied-eval -- all that varies in the source is quoted field names
  const make = new Function('writeText', 'writeNumber', 'writeOther', 'writeArrayHead', source) as (...scope: unknown[]) => WritePayload;
  return make(writeText, writeNumber, writeOther, writeArrayHead);
}

export function compileRead(fields: readonly string[]): ReadPayload {
  const load = fields.map((_, i) => `const v${i} = readScalar();`).join('\n');
  const source = `return (views, start, end) => {
    if (!startRead(views, start, end, ${fields.length})) return null;
    ${load}
    if (!isReadWhole()) return null;
    ${assemble(fields)}
  };`;
  // oxlint-disable-next-line typescript/no-implied-eval -- all that varies in the source is quoted field names
  const make = new Function('startRead', 'readScalar', 'isReadWhole', source) as (...scope: unknown[]) => ReadPayload;
  return make(startRead, readScalar, isReadWhole);
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
