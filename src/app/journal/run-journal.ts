import { QtError, type Logger } from '../../base/index.ts';
import type { EventLog } from '../../engine/index.ts';
import { openJournal, type ChainState, type Journal, type JournalLevel } from '../../journal/index.ts';
import { AUDITED_TYPES, catalogueRetention, SystemRunEnded, SystemRunStarted, type SystemRunStartedPayload } from '../../model/index.ts';
import { createFileLatchStore } from '../../trading/kill-switch/index.ts';
import type { RunContext } from '../components.ts';
import { QT_APP_JOURNAL_NOT_EMPTY, QT_APP_JOURNAL_OTHER_RUN } from '../errors.ts';
import type { RunIdentity } from '../identity.ts';
import { isRepeatable, type RunEngine } from '../run-bus.ts';
import { toRunHeader } from '../run-header.ts';
import { RecordedFrames, toRecordedEvent } from './recorded.ts';
import { ResumingLog } from './resuming-log.ts';
import { writeRunFile } from './run-file.ts';
import { Trimming } from './trimming.ts';

/** Where a run records its events. */
export interface RunJournalOptions {
  readonly directory: string;
  /** What every event must survive before it counts as accepted: the death of the process, or the loss of power. Default `written`. */
  readonly level?: JournalLevel;
  /**
   * What a free-running run removes on its way: `catalogue`, what is past the time that the catalogue keeps it for, or
   * `none`. Default `catalogue`. A lockstep run removes nothing, because it can be computed again only from all its inputs.
   */
  readonly retention?: 'catalogue' | 'none';
}

/** What came of the journal of a run. */
export interface JournalReport {
  readonly directory: string;
  readonly level: JournalLevel;
  /** `new`: it was empty; `resumed`: it held the beginning of this run; `complete`: it held all of it. */
  readonly state: 'new' | 'resumed' | 'complete';
  /** Events that were there already. */
  readonly recordedEvents: number;
  /** How many of them came out the same again; all, unless the run was interrupted before. */
  readonly comparedEvents: number;
  readonly appendedEvents: number;
  /** How many of them were removed again, because the catalogue keeps them no longer. */
  readonly removedEvents: number;
  /** The audit chain at the end: note its head elsewhere, and `qt journal verify --head` shows that nothing was taken away. Null after a failure. */
  readonly audit: ChainState | null;
}

/** The journal of a run, opened. */
export interface RunJournal {
  readonly log: EventLog;
  report(): Promise<JournalReport>;
  /** @throws QtError the failure, if the journal failed on the way */
  close(): Promise<void>;
}

export interface RunJournalParts {
  readonly context: RunContext;
  readonly engine: RunEngine;
  readonly identity: RunIdentity;
  readonly logger: Logger;
}

/**
 * Opens the journal of a run. An empty one gets a description of the run; one that holds this very run, or its
 * beginning, is compared and continued; anything else is refused. Decisions are chained by hash.
 *
 * @throws QtError QT_APP_JOURNAL_NOT_EMPTY, QT_APP_JOURNAL_OTHER_RUN, and those of `openJournal`
 */
export async function openRunJournal(
  { directory, level = 'written', retention = 'catalogue' }: RunJournalOptions,
  parts: RunJournalParts,
): Promise<RunJournal> {
  const journal = await openJournal(directory, { level, audit: AUDITED_TYPES, retention: catalogueRetention(), logger: parts.logger });
  try {
    return await opened(journal, parts, retention);
  } catch (error) {
    await journal.close();
    throw error;
  }
}

async function opened(journal: Journal, parts: RunJournalParts, retention: RunJournalOptions['retention']): Promise<RunJournal> {
  const { context, engine, identity } = parts;
  const { directory, lastSeq: recordedSeq, level } = journal;
  const report = async (state: JournalReport['state'], comparedEvents: number, removedEvents = 0): Promise<JournalReport> => {
    const appendedEvents = journal.lastSeq - recordedSeq;
    const audit = await journal.auditChain().catch(() => null);
    return { directory, level, state, recordedEvents: recordedSeq, comparedEvents, appendedEvents, removedEvents, audit };
  };
  if (recordedSeq === 0) {
    await writeRunFile(directory, { identity, engine, context: withLatch(context) });
    // What was computed in lockstep is verified, and goes on after a crash, by computing it again from its first input on.
    const trimming = engine.lockstep || retention === 'none' ? null : new Trimming(journal, parts.logger);
    return {
      log: journal,
      report: () => report('new', 0, trimming?.removedEvents),
      close: () => {
        trimming?.end();
        return journal.close();
      },
    };
  }
  if (!isRepeatable(engine)) throw notEmpty(directory, recordedSeq);
  refuseOtherRun(directory, toRunHeader(context, identity));
  const isComplete = lastTypeOf(directory, recordedSeq) === SystemRunEnded.type;
  const log = new ResumingLog(journal);
  return {
    log,
    report: () => report(isComplete ? 'complete' : 'resumed', log.compared),
    close: async () => {
      log.close();
      await journal.close();
    },
  };
}

/** The latch of the kill switch outlives runs, so what a run finds there is one of its inputs. */
function withLatch(context: RunContext): RunContext {
  const { latchFile } = context.config.killSwitch;
  return latchFile === null ? context : { ...context, latch: createFileLatchStore(latchFile).read() };
}

const NAMES: Readonly<Partial<Record<keyof SystemRunStartedPayload, string>>> = {
  mode: 'mode',
  seed: 'seed',
  config_hash: 'settings',
  data_hash: 'data',
  code_version: 'version of the code',
  // Last, because it says the least: a run that was paced or free-running has a name of its own.
  run_id: 'run',
};

function refuseOtherRun(directory: string, own: SystemRunStartedPayload): void {
  using frames = new RecordedFrames(directory);
  const first = frames.next();
  const event = first === null ? null : toRecordedEvent(first);
  const refuse = (reason: string): never => {
    throw new QtError(QT_APP_JOURNAL_OTHER_RUN, `Cannot use the journal ${directory}: ${reason}; give the run a directory of its own`, {
      details: { directory },
    });
  };
  if (event?.seq !== 1 || event.type !== SystemRunStarted.type) return refuse('it does not begin with the start of a run');
  const recorded = event.payload as SystemRunStartedPayload;
  for (const [field, name] of Object.entries(NAMES) as [keyof SystemRunStartedPayload, string][]) {
    // A seed that is a text is only there as its hash, which tells nobody anything.
    const values = field === 'seed' ? '' : ` (${recorded[field]}, not ${own[field]})`;
    if (recorded[field] !== own[field]) refuse(`its run has another ${name}${values}`);
  }
}

function lastTypeOf(directory: string, seq: number): string | null {
  using frames = new RecordedFrames(directory, { fromSeq: seq });
  const frame = frames.next();
  return frame === null ? null : frame.decoder.type(frame.views, 0);
}

function notEmpty(directory: string, lastSeq: number): QtError {
  const why = 'a paced or free-running run cannot be repeated, so it needs an empty directory';
  return new QtError(QT_APP_JOURNAL_NOT_EMPTY, `Cannot use the journal ${directory}: it holds ${lastSeq} events; ${why}`, {
    details: { directory, lastSeq },
  });
}
