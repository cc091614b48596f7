/**
 * Every event type of the system, each defined once: payload in wire order, priority, key, retention, who publishes
 * and who reads it. A topic is spelled here and nowhere else.
 *
 * @module
 */
export * from './exits.ts';
export * from './market.ts';
export * from './orders.ts';
export * from './policy.ts';
export * from './positions.ts';
export * from './risk.ts';
export * from './safety.ts';
export * from './signals.ts';
export * from './system.ts';
export * from './trades.ts';
export type { KeyKind, PayloadOf } from './_define.ts';
export { ALL_EVENTS, catalogueRows, type CatalogueRow } from './rows.ts';
