import { checkNumber, checkOneOf, invalidOption, silentLogger, systemClock, type Clock, type Logger } from '../base/index.ts';
import { checkPattern } from '../event/index.ts';
import type { JournalFs } from './file-system.ts';
import type { RetentionRules } from './retention.ts';

export const JOURNAL_LEVELS = ['written', 'fsynced'] as const;
/** What durable means: `written` survives the death of the process, `fsynced` the loss of power. */
export type JournalLevel = (typeof JOURNAL_LEVELS)[number];

export interface JournalOptions {
  /** Default `written`. */
  readonly level?: JournalLevel;
  /** Bytes after which a new segment file begins, 4 KiB..1 GiB, default 64 MiB. */
  readonly segmentBytes?: number;
  /** Bytes of frames that share a checksum and a write, 1 KiB..16 MiB, default 64 KiB. */
  readonly batchBytes?: number;
  /** How long an event waits for company while nobody waits for it, in ms, 0..1000, default 1. */
  readonly batchMs?: number;
  /** Bytes of the ring to the writer, power of two, 8 KiB..256 MiB, default 8 MiB. The longest frame is an eighth of it. */
  readonly ringBytes?: number;
  /** Bytes that may wait outside a full ring, default 64 MiB; beyond it the journal stops. */
  readonly overflowBytesMax?: number;
  /**
   * Types, or patterns such as `audit.**`, whose events are chained by hash, so that `verifyJournal` finds every change of
   * one of them, and which are never removed. Default: none. `AUDITED_TYPES` of the catalogue is meant for it.
   */
  readonly audit?: readonly string[];
  /** What `retain` removes. Default: nothing. */
  readonly retention?: RetentionRules;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** 32 hexadecimal digits for a journal that is made anew, such as a copy; one that exists keeps its own. Default: random. */
  readonly journalId?: string;
  /**
   * What is appended are frames of another journal. Those that were in its audit chain are chained again, whatever `audit`
   * says, and must come to the marks they bring along. Default false.
   */
  readonly isCopy?: boolean;
  /**
   * A file system that lives in this thread, for tests. The writer then runs in this thread too, between other work,
   * because functions do not travel between threads. Default: the real one, on a thread of its own.
   */
  readonly fs?: JournalFs;
}

export interface ResolvedJournalOptions extends Required<Omit<JournalOptions, 'fs' | 'journalId'>> {
  readonly journalId: string | null;
  readonly fs: JournalFs | null;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const defaultJournalOptions: ResolvedJournalOptions = {
  level: 'written',
  segmentBytes: 64 * MIB,
  batchBytes: 64 * KIB,
  batchMs: 1,
  ringBytes: 8 * MIB,
  overflowBytesMax: 64 * MIB,
  audit: [],
  retention: {},
  clock: systemClock,
  logger: silentLogger,
  journalId: null,
  isCopy: false,
  fs: null,
};

/** @throws QtError QT_OPTION_INVALID, QT_EVENT_TOPIC_INVALID */
export function resolveJournalOptions(options: JournalOptions): ResolvedJournalOptions {
  const merged = { ...defaultJournalOptions, ...options };
  const { ringBytes } = merged;
  checkNumber('ringBytes', ringBytes, { min: 8 * KIB, max: 256 * MIB, integer: true });
  if ((ringBytes & (ringBytes - 1)) !== 0) throw invalidOption('ringBytes', ringBytes, 'a power of two');
  const { journalId } = merged;
  if (journalId !== null && !/^[0-9a-f]{32}$/.test(journalId)) throw invalidOption('journalId', journalId, '32 hexadecimal digits');
  for (const pattern of [...merged.audit, ...(merged.retention.auditTypes ?? [])]) checkPattern(pattern);
  return {
    ...merged,
    audit: [...merged.audit],
    level: checkOneOf('level', merged.level, JOURNAL_LEVELS),
    segmentBytes: checkNumber('segmentBytes', merged.segmentBytes, { min: 4 * KIB, max: 1024 * MIB, integer: true }),
    batchBytes: checkNumber('batchBytes', merged.batchBytes, { min: KIB, max: 16 * MIB, integer: true }),
    batchMs: checkNumber('batchMs', merged.batchMs, { min: 0, max: 1000 }),
    overflowBytesMax: checkNumber('overflowBytesMax', merged.overflowBytesMax, { min: 0, integer: true }),
  };
}
