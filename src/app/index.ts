/**
 * Composition: one configuration becomes a feed, a bus and all trading components on it, and a run of them a report.
 *
 * @module
 */
export { createComponents, type RunContext } from './components.ts';
export { subscribeComponents } from './compose.ts';
export { configSchema, MODES, PROFILES, type Config, type Profile } from './config/schema.ts';
export { readLayers, resolveConfig, profileOf, type ConfigSources } from './config/load.ts';
export type { ConfigFlag, ConfigLayer } from './config/layers.ts';
export { configTemplate } from './config/template.ts';
export { writeConfigFile } from './config/write.ts';
export * from './errors.ts';
export { toEventLine } from '../observe/index.ts';
export { catalogueRows, type CatalogueRow } from '../model/index.ts';
export { identifyRun, type RunIdentity } from './identity.ts';
export { exportJournal, type ExportOptions } from './journal/transfer/export.ts';
export { importJournal, type ImportOptions } from './journal/transfer/import.ts';
export { checkJournal, describeJournal, mendJournal, type JournalInfo, type RecordedRun, type RepairOutcome } from './journal/inspect.ts';
export type { Difference, EventSide } from './journal/replay/comparison.ts';
export { checkFreeRun, type FreeCheckParts, type FreeCheckResult } from './journal/replay/free-check.ts';
export { describeCause, describeFields, describeSide } from './journal/replay/difference-text.ts';
export { listDeadLetters, readDeadLetter, type LetterQuery, type RecordedLetter } from './journal/dead-letters.ts';
export { purgeDeadLetters, requestRedrive } from './journal/dead-letter-orders.ts';
export { toEventJson, toPayloadJson } from './journal/event-json.ts';
export type { EventSelection } from './journal/event-filter.ts';
export { queryJournal, type JournalQuery } from './journal/query.ts';
export { tailJournal, type TailQuery } from './journal/tail.ts';
export { toTimeUs } from './journal/time-text.ts';
export type { TransferRange, TransferReport } from './journal/transfer/lines.ts';
export { catchUpSql } from './journal/sql/build.ts';
export { EventLogger, startEventLogger, type EventLoggerOptions, type EventLoggerReport } from './journal/sql/logger.ts';
export { replayRun, type ReplayRunOptions, type ReplayRunReport } from './journal/replay/run.ts';
export { verifyReplay, type VerifyOptions, type VerifyReplayReport } from './journal/replay/verify.ts';
export { createLogger } from './log.ts';
export type { LatencyFigures } from './latency.ts';
export { formatReport, type ReportOptions } from './report/text.ts';
export { createResult, type EngineReport, type FeedReport, type PeriodRow, type RunOutcome, type RunResult } from './result.ts';
export type { RunEngine } from './run-bus.ts';
export type { JournalReport, RunJournalOptions } from './journal/run-journal.ts';
export type { OnProgress } from './progress.ts';
export { prepareRun, type Run, type RunOptions, type RunProgress } from './run.ts';
export type { KillReport } from './run-watch.ts';
export type { UserSubscription } from './user-modules.ts';
export { subscribeWatchdog } from './watchdog.ts';
