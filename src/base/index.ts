/**
 * What everything else stands on: errors with codes, clocks, seeded randomness, hashes, option checks and the logger
 * port. Knows nothing of events, threads or trading.
 *
 * @module
 */
export { checkNumber, checkOneOf, describe, invalidOption, QT_OPTION_INVALID } from './check.ts';
export { ManualClock, systemClock, type Clock } from './clock.ts';
export { cryptography } from './crypto.ts';
export { hasCode, QtError, toErrorRecord, type ErrorRecord, type QtErrorOptions } from './error.ts';
export { HASH_START, hash32, hashEnd, hashNext } from './hash.ts';
export { silentLogger, type Logger } from './logger.ts';
export { isPlainObject } from './plain-object.ts';
export { createPrng, type Prng } from './prng.ts';
export { resources, type Resources } from './resources.ts';
export { zoneOffset, type ZoneOffset } from './zone-offset.ts';
