import { pino } from 'pino';
import type { Logger } from '../base/index.ts';

/**
 * A logger that writes JSON lines to stderr.
 *
 * @param level the least that is written
 */
export function createLogger(level: 'debug' | 'info' | 'warn' | 'error'): Logger {
  // Synchronous, so that the last words before an end are not lost.
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
}
