/**
 * The small vocabulary that the machinery and the trading logic share: types and patterns, definitions, drafts,
 * published events, priorities and the handler's contract. Knows nothing of threads or of trading.
 *
 * @module
 */
export { DeadLetterAdded, DeadLetterRedriveRequested, DeadLetterRemoved } from './dead-letter-events.ts';
export { allDefinitions, checkPayload, defineEvent, definitionOf, EventDefinition, type EventSpec, type RateLimit } from './definition.ts';
export { EventDraft, type DraftOptions, type EventInput } from './draft.ts';
export * from './errors.ts';
export type { QtEvent } from './event.ts';
export {
  moduleHandler,
  RejectEvent,
  type FailureRecord,
  type Handler,
  type HandlerContext,
  type ModuleHandler,
  type ModuleHandlerOptions,
  type SetupInfo,
} from './handler.ts';
export { laneOf, PRIORITIES, type Priority } from './priority.ts';
export { compileSchema, Type, type SchemaCheck, type SchemaFault, type Static, type TSchema } from './schema.ts';
export { checkPattern, checkType, matches } from './topic.ts';
