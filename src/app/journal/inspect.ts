import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { QtError } from '../../base/index.ts';
import { SystemRunEnded, SystemRunStarted, type SystemRunEndedPayload, type SystemRunStartedPayload } from '../../model/index.ts';
import {
  measureJournal,
  nodeFs,
  QT_JOURNAL_VERSION_UNSUPPORTED,
  repairJournal,
  verifyJournal,
  type ChainState,
  type JournalFault,
  type RepairReport,
  type VerifyOptions,
  type VerifyReport,
} from '../../journal/index.ts';
import { TIMESTAMP } from '../../codec/index.ts';
import { QT_APP_INPUT_UNREADABLE } from '../errors.ts';
import type { OnProgress } from '../progress.ts';
import { checkDirectory, RecordedFrames, toRecordedEvent, type RecordedFrame } from './recorded.ts';

/** A run that a journal tells of. */
export interface RecordedRun {
  readonly runId: string;
  readonly mode: string;
  readonly startedSeq: number;
  /** Null while it has not ended, because it is going on or was killed. */
  readonly outcome: string | null;
  readonly decisionHash: string | null;
}

/** What is in a journal. */
export interface JournalInfo {
  readonly directory: string;
  /** Files that hold events, and their size, damaged or not. */
  readonly segments: number;
  readonly bytes: number;
  readonly records: number;
  /** 0 for none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Earliest and latest event time, microseconds since 1970; null for none. */
  readonly fromUs: number | null;
  readonly toUs: number | null;
  readonly types: Readonly<Record<string, number>>;
  /** Prefixes of the event ids, of runs or of buses that somebody embedded. */
  readonly runIds: readonly string[];
  readonly runs: readonly RecordedRun[];
  readonly removedRecords: number;
  readonly lostRecords: number;
  /** The chain of the audited events. */
  readonly audit: ChainState;
  /** Bytes at the end that are being written, or were when a crash came. */
  readonly unfinishedBytes: number;
  /** Where it is damaged, null for nowhere; all other figures but the size are then of what lies before. */
  readonly fault: JournalFault | null;
}

/** What a repair did. */
export interface RepairOutcome extends RepairReport {
  readonly directory: string;
  /** What was wrong before; null if nothing but an unfinished end. */
  readonly fault: JournalFault | null;
  /** Bytes of an unfinished end that were cut off. */
  readonly unfinishedBytes: number;
  /** What is wrong still: a forged event can be read, so there is nothing to give up. Null when the journal is sound. */
  readonly remaining: JournalFault | null;
}

/** What a check may be told. */
export interface CheckOptions extends Pick<VerifyOptions, 'expectedHead'> {
  /** In bytes. */
  readonly onProgress?: OnProgress;
}

/**
 * Tells what is in a journal, of a running process too.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_JOURNAL_VERSION_UNSUPPORTED
 */
export function describeJournal(directory: string, onProgress: OnProgress = () => {}): JournalInfo {
  // Read twice: to check it, and to tell of its events.
  const report = checkJournal(directory, { onProgress: (done, total) => onProgress(done, 2 * total) });
  const { bytes, lastSeq } = report;
  const tally = new Tally();
  using frames = new RecordedFrames(directory);
  try {
    for (let frame = frames.next(); frame !== null; frame = frames.next()) {
      tally.add(frame);
      if (frame.seq % PROGRESS_EVENTS === 0) onProgress(bytes * (1 + Math.min(1, frame.seq / lastSeq)), 2 * bytes);
    }
  } catch (error) {
    // The report names the place already.
    if (!(error instanceof QtError) || report.fault === null) throw error;
  }
  const { audit, removedRecords, lostRecords, unfinishedBytes, fault } = report;
  const { head, records } = audit;
  return {
    directory,
    ...sizeOf(directory),
    ...tally.figures(),
    removedRecords,
    lostRecords,
    audit: { records, head },
    unfinishedBytes,
    fault,
  };
}

/**
 * Reads a whole journal and checks it, with its audit chain; changes nothing.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_JOURNAL_VERSION_UNSUPPORTED, QT_OPTION_INVALID
 */
export function checkJournal(directory: string, { expectedHead, onProgress = () => {} }: CheckOptions = {}): VerifyReport {
  checkDirectory(directory);
  const total = measureJournal(directory).bytes;
  const report = verifyJournal(directory, nodeFs, {
    ...(expectedHead === undefined ? {} : { expectedHead }),
    onProgress: (bytes) => onProgress(bytes, total),
  });
  if (report.segments === 0 && report.fault === null) {
    throw new QtError(QT_APP_INPUT_UNREADABLE, `Cannot read the journal ${directory}: there is none in it`, { details: { directory } });
  }
  refuseOtherVersion(directory);
  return report;
}

/**
 * Gives up what cannot be read of a journal, and nothing else.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_JOURNAL_LOCKED, QT_JOURNAL_DISK_FULL, QT_JOURNAL_WRITE_FAILED,
 *   QT_JOURNAL_VERSION_UNSUPPORTED
 */
export function mendJournal(directory: string, onProgress: OnProgress = () => {}): RepairOutcome {
  const { fault, lastSeq, unfinishedBytes } = checkJournal(directory, { onProgress });
  const isWhole = fault === null && unfinishedBytes === 0;
  const report = isWhole ? { lost: [], keptAside: [], lastSeq } : repairJournal(directory);
  const remaining = isWhole ? null : verifyJournal(directory).fault;
  return { directory, fault, unfinishedBytes, ...report, remaining };
}

/** By the files alone: what is damaged has a size too. */
function sizeOf(directory: string): { segments: number; bytes: number } {
  let bytes = 0;
  const names = readdirSync(directory).filter((name) => SEGMENT.test(name));
  // Retention may take one away meanwhile.
  for (const name of names) bytes += statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;
  return { segments: names.length, bytes };
}

/** Between two reports: less than a hundredth of a second of reading. */
const PROGRESS_EVENTS = 1024;
const SEGMENT = /^\d{16}\.qtj$/;

/** To a check, a format it does not know is damage like any other; to its reader it is something to be told apart. */
function refuseOtherVersion(directory: string): void {
  try {
    using frames = new RecordedFrames(directory);
    frames.next();
  } catch (error) {
    if (error instanceof QtError && error.code === QT_JOURNAL_VERSION_UNSUPPORTED) throw error;
  }
}

class Tally {
  readonly #types = new Map<string, number>();
  readonly #runIds = new Set<string>();
  readonly #runs = new Map<string, RecordedRun>();
  #records = 0;
  #firstSeq = 0;
  #lastSeq = 0;
  #fromUs = Infinity;
  #toUs = -Infinity;

  add(frame: RecordedFrame): void {
    const { decoder, names, seq, views } = frame;
    const type = decoder.type(views, 0);
    const timestamp = views.f64[TIMESTAMP >> 3]!;
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1);
    this.#records++;
    if (this.#firstSeq === 0) this.#firstSeq = seq;
    this.#lastSeq = seq;
    this.#fromUs = Math.min(this.#fromUs, timestamp);
    this.#toUs = Math.max(this.#toUs, timestamp);
    if (names['run'] !== undefined) this.#runIds.add(names['run']);
    if (type === SystemRunStarted.type) this.#onStarted(toRecordedEvent(frame).payload as SystemRunStartedPayload, seq);
    if (type === SystemRunEnded.type) this.#onEnded(toRecordedEvent(frame).payload as SystemRunEndedPayload);
  }

  figures() {
    const isEmpty = this.#records === 0;
    return {
      records: this.#records,
      firstSeq: this.#firstSeq,
      lastSeq: this.#lastSeq,
      fromUs: isEmpty ? null : this.#fromUs,
      toUs: isEmpty ? null : this.#toUs,
      types: Object.fromEntries([...this.#types].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
      runIds: [...this.#runIds],
      runs: [...this.#runs.values()],
    };
  }

  #onStarted({ mode, run_id: runId }: SystemRunStartedPayload, startedSeq: number): void {
    this.#runs.set(runId, { runId, mode, startedSeq, outcome: null, decisionHash: null });
  }

  #onEnded({ final_hash: decisionHash, outcome, run_id: runId }: SystemRunEndedPayload): void {
    const run = this.#runs.get(runId);
    if (run !== undefined) this.#runs.set(runId, { ...run, outcome, decisionHash });
  }
}
