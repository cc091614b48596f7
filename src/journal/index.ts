/**
 * The append-only log of events on disk: what a bus accepted, in commit order, as the bytes it delivered. Fed through a
 * ring by the bus's thread, written by a thread of its own, read by anyone. Knows frames, not what they mean; never the
 * engine. The files are drawn in `format.ts`.
 *
 * Limits: one writer per directory, on a local disk; seqs start at 1 and have no holes.
 *
 * @module
 */
export { CHAIN_START, type ChainState } from './audit-chain.ts';
export type { AuditBreak, AuditFault, AuditReport } from './audit-check.ts';
export type { RetentionReport } from './compactor.ts';
export { CursorStore, readCursors, type CursorOptions } from './cursors.ts';
export type { DictionaryRecords } from './dictionary.ts';
export * from './errors.ts';
export { measureJournal, type JournalExtent } from './extent.ts';
export { nodeFs, type JournalFs } from './file-system.ts';
export { openJournal, type Journal, type RetainOptions } from './journal.ts';
export { defaultJournalOptions, JOURNAL_LEVELS, type JournalLevel, type JournalOptions } from './options.ts';
export {
  JournalReader,
  openJournalReader,
  type FollowOptions,
  type FrameCallback,
  type JournalReaderOptions,
  type MissingCallback,
} from './reader.ts';
export type { ClosedSegment, RecoveryReport } from './recovery.ts';
export { repairJournal, type LostRange, type RepairReport } from './repair.ts';
export {
  replayJournal,
  type ReplayCollaborators,
  type ReplayOptions,
  type ReplayProgress,
  type ReplayReport,
  type ReplayTarget,
} from './replay.ts';
export { planRetention, type RetentionRule, type RetentionRules, type RetentionSituation, type RetentionStep } from './retention.ts';
export type { JournalFault } from './segments.ts';
export { verifyJournal, type VerifyOptions, type VerifyReport } from './verify.ts';
