/**
 * Every event type of the system, each defined once: payload in wire order, priority, key, retention, who publishes
 * and who reads it. A topic is spelled here and nowhere else.
 *
 * @module
 */
export type { KeyKind, PayloadOf } from './_define.ts';
export * from './aliases.ts';
export { AUDITED_TYPES } from './audited.ts';
export * from './events.ts';
export { ALERT_PRIORITY, EXIT_PRIORITY, HEALTH_PRIORITY } from './lanes.ts';
export { catalogueRetention, type CatalogueRetention, type CatalogueRetentionOptions, type RetentionLimits } from './retention.ts';
export { ALL_EVENTS, catalogueRows, type CatalogueRow } from './rows.ts';
