/**
 * Generates, per event type, the two functions that turn a payload into an array in schema field order and back.
 * Straight-line code over constant field names lets V8 use one object shape per type; a loop over names is 3x slower.
 */
import { NEGATIVE_ZERO, freezeDecoded } from './_msgpack.ts';
import { plainField, plainString } from './_plain.ts';

/** Writes the fields of a payload into `values`, checked. Returns how many fields are present. */
export type Fill = (payload: object, values: unknown[]) => number;
/** Makes the frozen payload from an array in field order. */
export type Build = (values: readonly unknown[]) => object;

/**
 * @param fields names as in the schema; none is `__proto__`
 * @param isText for each field, whether its schema says string: decides only which test comes first
 */
export function compileFill(fields: readonly string[], isText: readonly boolean[]): Fill {
  const body = fields.map((field, i) => {
    const name = JSON.stringify(field);
    // A name that every object inherits is there only if the payload owns it.
    const read = field in Object.prototype ? `(Object.hasOwn(p, ${name}) ? p[${name}] : undefined)` : `p[${name}]`;
    const text = `if (typeof v === 'string') values[${i}] = plainString(${name}, v);`;
    const numeric = `if (typeof v === 'number') values[${i}] = v === 0 && 1 / v < 0 ? NEGATIVE_ZERO : v;`;
    const rest = `if (v === null || v === true || v === false) values[${i}] = v; else values[${i}] = plainField(${name}, v);`;
    const tests = isText[i] === true ? [text, numeric, rest] : [numeric, text, rest];
    return `v = ${read}; if (v === undefined) values[${i}] = undefined; else { present++; ${tests.join(' else ')} }`;
  });
  const source = `return (p, values) => { let v, present = 0; ${body.join('\n')} return present; };`;
  // oxlint-disable-next-line typescript/no-implied-eval -- all that varies in the source is quoted field names
  const make = new Function('plainField', 'plainString', 'NEGATIVE_ZERO', source) as (...scope: unknown[]) => Fill;
  return make(plainField, plainString, NEGATIVE_ZERO);
}

export function compileBuild(fields: readonly string[]): Build {
  const names = fields.map((field) => JSON.stringify(field));
  const load = names.map((_, i) => `const v${i} = values[${i}]; if (typeof v${i} === 'object' && v${i} !== null) freezeDecoded(v${i});`);
  const all = names.map((_, i) => `v${i} !== undefined`).join(' && ') || 'true';
  const literal = names.map((name, i) => `${name}: v${i}`).join(', ');
  // Absent fields stay absent, in the same order always, so a type has one shape per set of fields.
  const some = names.map((name, i) => `if (v${i} !== undefined) o[${name}] = v${i};`).join('\n');
  const source = `return (values) => { ${load.join('\n')} if (${all}) return Object.freeze({ ${literal} }); const o = {}; ${some} return Object.freeze(o); };`;
  // oxlint-disable-next-line typescript/no-implied-eval -- all that varies in the source is quoted field names
  const make = new Function('freezeDecoded', source) as (...scope: unknown[]) => Build;
  return make(freezeDecoded);
}
