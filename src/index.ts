/**
 * The engine and the event catalogue: what another program embeds. Loads no trading code.
 *
 * @module
 */
export { ManualClock, QtError, hasCode, silentLogger, systemClock, type Clock, type ErrorRecord, type Logger } from './base/index.ts';
export * from './engine/index.ts';
export {
  allDefinitions,
  defineEvent,
  definitionOf,
  EventDefinition,
  EventDraft,
  matches,
  moduleHandler,
  PRIORITIES,
  RejectEvent,
  Type,
  type DraftOptions,
  type EventInput,
  type EventSpec,
  type FailureRecord,
  type Handler,
  type HandlerContext,
  type ModuleHandler,
  type ModuleHandlerOptions,
  type Priority,
  type QtEvent,
  type RateLimit,
  type SetupInfo,
  type Static,
  type TSchema,
} from './event/index.ts';
export {
  openJournal,
  replayJournal,
  verifyJournal,
  type AuditReport,
  type ChainState,
  type Journal,
  type JournalLevel,
  type JournalOptions,
  type ReplayCollaborators,
  type ReplayOptions,
  type ReplayProgress,
  type ReplayReport,
  type ReplayTarget,
  type RetainOptions,
  type RetentionReport,
  type RetentionRules,
  type VerifyReport,
} from './journal/index.ts';
export * from './model/index.ts';
