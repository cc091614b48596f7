/**
 * The JSON text of a payload. What JSON has no word for is written as what comes next to it: a bigint as its digits in
 * quotes, a typed array as an array, a time as ISO 8601, NaN and the infinities as null.
 */
export function toJsonText(payload: object): string {
  return isJson(payload) ? JSON.stringify(payload) : JSON.stringify(payload, replace);
}

/** True if JSON.stringify needs no help: a function that looks at every value costs it several times its time. */
function isJson(value: object): boolean {
  if (ArrayBuffer.isView(value)) return false;
  for (const field of Object.values(value) as unknown[]) {
    if (typeof field === 'bigint' || (typeof field === 'object' && field !== null && !isJson(field))) return false;
  }
  return true;
}

function replace(this: Record<string, unknown>, name: string, value: unknown): unknown {
  // A Buffer has been turned into something else already.
  const original = this[name];
  if (ArrayBuffer.isView(original)) return Array.from(original as unknown as ArrayLike<unknown>);
  return typeof value === 'bigint' ? String(value) : value;
}
