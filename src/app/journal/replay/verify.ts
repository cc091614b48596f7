import { silentLogger, type Logger } from '../../../base/index.ts';
import type { Sink } from '../../../engine/index.ts';
import { measureJournal } from '../../../journal/index.ts';
import { SystemRunEnded, type SystemRunEndedPayload } from '../../../model/index.ts';
import { isDecisionType } from '../../../observe/index.ts';
import type { Subscribable } from '../../compose.ts';
import { LatencyMeter } from '../../latency.ts';
import type { OnProgress } from '../../progress.ts';
import { wireRun } from '../../run-bus.ts';
import { RunWatch } from '../../run-watch.ts';
import { loadUserModules } from '../../user-modules.ts';
import { causesOf } from './cause-chain.ts';
import type { Difference, EventSide } from './comparison.ts';
import { checkFreeRun } from './free-check.ts';
import { checkLockstep } from './lockstep-check.ts';
import { readRecordedRun, type RecordedRunSetup } from './recorded-run.ts';
import { RecordedFrames, toRecordedEvent } from '../recorded.ts';

export interface VerifyOptions {
  readonly directory: string;
  /** A YAML file with the settings to decide by, instead of those that stand beside the journal. */
  readonly file?: string;
  /** Files with the user's own handlers that the run had; of a free-running run they are not needed. */
  readonly handlers?: readonly string[];
  readonly logger?: Logger;
  /** In recorded events. */
  readonly onProgress?: OnProgress;
}

/** What came of a verification. */
export interface VerifyReplayReport {
  readonly directory: string;
  readonly runId: string;
  readonly engine: 'lockstep' | 'free-running';
  readonly isEqual: boolean;
  /** Recorded events that came out the same, inputs included, and those of them that are decisions. */
  readonly events: number;
  readonly decisions: number;
  /** Events of handlers that are no part of the system, in a free-running run: taken as inputs and not made again. */
  readonly given: number;
  /** Of the decisions that came out the same. */
  readonly decisionHash: string;
  /** What the run itself said at its end; null if it has none. */
  readonly recordedHash: string | null;
  /** The first difference, with what led to it, nearest cause first, the input last; null for none. */
  readonly difference: (Difference & { readonly causes: readonly EventSide[] }) | null;
}

interface Checked {
  readonly events: number;
  readonly given: number;
  readonly difference: Difference | null;
}

/**
 * Makes every decision of a recorded run again, on this thread, and holds it against the recording. Of a lockstep run the
 * inputs are enough; of one that was free running each component gets the recorded events in the order in which it saw them.
 * Writes nothing; a kill switch that keeps its latch in a file keeps it in memory here.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_APP_REPLAY_REFUSED, QT_APP_HANDLERS_INVALID, QT_CONFIG_INVALID,
 *   QT_CONFIG_UNREADABLE, QT_JOURNAL_DAMAGED
 */
export async function verifyReplay(options: VerifyOptions): Promise<VerifyReplayReport> {
  const { directory, file } = options;
  const run = await readRecordedRun(directory, file);
  const watch = new RunWatch(new LatencyMeter());
  const sink = watched(watch, options);
  const isFree = !run.engine.lockstep;
  const { difference, events, given } = isFree ? await checkFree(options, run, sink) : await checkInputs(options, run, sink);
  const decisionHash = watch.decisionHash();
  const recordedHash = difference === null ? endHashOf(directory, events) : null;
  return {
    directory,
    runId: run.identity.runId,
    engine: isFree ? 'free-running' : 'lockstep',
    isEqual: difference === null && (recordedHash ?? decisionHash) === decisionHash,
    events,
    decisions: [...watch.types].reduce((sum, [type, count]) => sum + (isDecisionType(type) ? count : 0), 0),
    given,
    decisionHash,
    recordedHash,
    difference: difference === null ? null : { ...difference, causes: causesOf(directory, difference) },
  };
}

/** Tells of every event on its way to the watch. */
function watched(watch: RunWatch, { directory, onProgress }: VerifyOptions): Sink {
  if (onProgress === undefined) return watch;
  const total = measureJournal(directory).lastSeq;
  let events = 0;
  return {
    write: (...args) => {
      watch.write(...args);
      onProgress(++events, total);
    },
  };
}

async function checkInputs({ directory, handlers, logger }: VerifyOptions, run: RecordedRunSetup, watch: Sink): Promise<Checked> {
  const modules = await loadUserModules(handlers ?? []);
  const { context, identity } = run;
  return { given: 0, ...(await checkLockstep({ directory, context, runId: identity.runId, watch, modules, logger })) };
}

function checkFree(options: VerifyOptions, { context, engine }: RecordedRunSetup, watch: Sink): Promise<Checked> {
  const { directory, logger = silentLogger } = options;
  const { validate } = context.config.engine;
  const wire = (bus: Subscribable): void => void wireRun(bus, context, engine);
  return checkFreeRun({ directory, workers: engine.workers, validate, wire, watch, logger });
}

function endHashOf(directory: string, lastSeq: number): string | null {
  using frames = new RecordedFrames(directory, { fromSeq: lastSeq });
  const frame = frames.next();
  const event = frame === null ? null : toRecordedEvent(frame);
  return event?.type === SystemRunEnded.type ? (event.payload as SystemRunEndedPayload).final_hash : null;
}
