/**
 * Checks what really happened to events against what the engine promises, from records that somebody outside the
 * engine wrote. Shared by the tests with real threads and by the simulated ones. Knows nothing of the engine.
 *
 * @module
 */
export { HistoryChecker } from './checker.ts';
export { tell, type GroupCounters, type GroupRules, type HistoryRecord, type Invariant, type Outcome, type Violation } from './record.ts';
