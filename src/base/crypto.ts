import type * as Crypto from 'node:crypto';

/**
 * Node's cryptography, loaded when it is first needed: that takes 8 ms on each thread, and most threads never need it. What
 * needs it in any case imports `node:crypto`.
 */
export function cryptography(): typeof Crypto {
  return process.getBuiltinModule('node:crypto');
}
