/**
 * The nouns of trading and the catalogue of every event type. Pure data and conversions: no bus, no clock, no I/O.
 *
 * @module
 */
export { accountKey, MAIN_ACCOUNT } from './account.ts';
export * from './catalogue/index.ts';
export * from './words.ts';
export {
  HealthStatusChanged as HealthStatusChangedEvent,
  ModelPromoted as ModelPromotedEvent,
  OpportunitiesUpdated as OpportunitiesUpdatedEvent,
  PolicyUpdated as PolicyUpdatedEvent,
  StrategyPromoted as StrategyPromotedEvent,
  TradeExecuted as TradeExecutedEvent,
} from './catalogue/index.ts';
