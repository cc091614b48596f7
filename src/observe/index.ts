/**
 * Watchers that decide nothing: performance figures, the event log, events as SQL tables, the audit trail and the
 * fingerprint by which two runs are compared.
 *
 * @module
 */
export * from './analytics/index.ts';
export * from './audit/index.ts';
export { canonicalJson } from './canonical-json.ts';
export { DECISION_ROOTS, DecisionHash, isDecisionType } from './decision-hash.ts';
export * from './errors.ts';
export * from './log/index.ts';
export * from './sql/index.ts';
