import { QtError, type Logger } from '../../base/index.ts';
import type { EventBus, Sink } from '../../engine/index.ts';
import { resolveFeed, type FeedInfo } from '../../feed/index.ts';
import { SystemRunEnded, SystemRunStarted, type SystemRunEndedPayload, type SystemRunStartedPayload } from '../../model/index.ts';
import { isDecisionType } from '../../observe/index.ts';
import type { RunContext } from '../components.ts';
import { profileOf, readLayers, resolveConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { QT_APP_INPUT_UNREADABLE, QT_APP_REPLAY_REFUSED } from '../errors.ts';
import { toFeedOptions } from '../feed-options.ts';
import { LatencyMeter } from '../latency.ts';
import { createRunBus, type RunEngine } from '../run-bus.ts';
import { RunWatch } from '../run-watch.ts';
import { loadUserModules } from '../user-modules.ts';
import { ComparingLog } from './comparing-log.ts';
import { toSide, type Difference, type EventSide } from './comparison.ts';
import { recordedWindows } from './recorded-inputs.ts';
import { RecordedFrames, toRecordedEvent } from './recorded.ts';
import { readRunFile } from './run-file.ts';

export interface ReplayOptions {
  readonly directory: string;
  /** A YAML file with the settings to decide by, instead of those that stand beside the journal. */
  readonly file?: string;
  /** Files with the user's own handlers that the run had. */
  readonly handlers?: readonly string[];
  readonly logger?: Logger;
}

/** What came of a replay. */
export interface ReplayReport {
  readonly directory: string;
  readonly runId: string;
  readonly isEqual: boolean;
  /** Recorded events that came out the same, and those of them that are decisions. */
  readonly events: number;
  readonly decisions: number;
  /** Of the decisions that came out the same. */
  readonly decisionHash: string;
  /** What the run itself said at its end; null if it has none. */
  readonly recordedHash: string | null;
  /** The first difference, with what led to it, nearest cause first; null for none. */
  readonly difference: (Difference & { readonly causes: readonly EventSide[] }) | null;
}

const INLINE: RunEngine = { mode: 'inline', workers: 0, lockstep: true, isPaced: false };

/**
 * Gives the inputs of a recorded lockstep run to the same components again, on this thread, and holds every event that
 * follows against the recording. Writes nothing; a kill switch that keeps its latch in a file keeps it in memory here.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_APP_REPLAY_REFUSED, QT_CONFIG_INVALID, QT_CONFIG_UNREADABLE, QT_JOURNAL_DAMAGED
 */
export async function replayJournal({ directory, file, handlers, logger }: ReplayOptions): Promise<ReplayReport> {
  const header = headerOf(directory);
  const context = await contextOf(directory, file, header);
  const modules = await loadUserModules(handlers ?? []);
  using recorded = new RecordedFrames(directory);
  using inputs = new RecordedFrames(directory);
  const log = new ComparingLog(recorded);
  const watch = new RunWatch(new LatencyMeter());
  const sink: Sink = { write: (...args) => void (log.isInside && watch.write(...args)) };
  const { bus } = createRunBus({ context, engine: INLINE, runId: header.run_id, sink, log, logger, modules });
  try {
    await bus.start();
    await publishAll(bus, inputs, log);
  } finally {
    await bus.stop({ drainTimeoutMs: 0 });
  }
  const { difference } = log;
  const decisionHash = watch.decisionHash();
  const recordedHash = difference === null ? endHashOf(directory, log.compared) : null;
  return {
    directory,
    runId: header.run_id,
    isEqual: difference === null && (recordedHash ?? decisionHash) === decisionHash,
    events: log.compared,
    decisions: [...watch.types].reduce((sum, [type, count]) => sum + (isDecisionType(type) ? count : 0), 0),
    decisionHash,
    recordedHash,
    difference: difference === null ? null : { ...difference, causes: causesOf(directory, difference) },
  };
}

async function publishAll(bus: EventBus, inputs: RecordedFrames, log: ComparingLog): Promise<void> {
  try {
    for (const window of recordedWindows(inputs)) await bus.publishBatch(window);
    await bus.drain();
    log.finish();
  } catch (error) {
    // A difference stops the bus, so that nothing is computed in vain; it is told by the report.
    if (log.difference === null) throw error;
  }
}

function headerOf(directory: string): SystemRunStartedPayload {
  using frames = new RecordedFrames(directory);
  const frame = frames.next();
  const event = frame === null ? null : toRecordedEvent(frame);
  if (event?.seq === 1 && event.type === SystemRunStarted.type) return event.payload as SystemRunStartedPayload;
  const reason = event === null ? 'there is no event in it' : 'it does not begin with the start of a run';
  throw new QtError(QT_APP_INPUT_UNREADABLE, `Cannot replay ${directory}: ${reason}`, { details: { directory } });
}

async function contextOf(directory: string, file: string | undefined, { mode }: SystemRunStartedPayload): Promise<RunContext> {
  const run = await readRunFile(directory);
  if (run !== null && !run.engine.lockstep) {
    const message = `Cannot replay ${directory}: its run was free-running, so its order of events came from the clock; record it with --lockstep`;
    throw new QtError(QT_APP_REPLAY_REFUSED, message, { details: { directory } });
  }
  if (file === undefined) {
    if (run !== null) return { ...run.context, config: inMemory(run.context.config), mode };
    const message = `Cannot replay ${directory}: there is no run.json in it; give the configuration of the run with --config`;
    throw new QtError(QT_APP_INPUT_UNREADABLE, message, { details: { directory } });
  }
  const layers = await readLayers({ file });
  const info = run?.context.info ?? (await feedInfo(resolveConfig(layers, 'daily')));
  return { config: inMemory(resolveConfig(layers, profileOf(layers, info.timeframe))), info, mode, slackUs: run?.context.slackUs ?? 0 };
}

async function feedInfo(config: Config): Promise<FeedInfo> {
  return (await resolveFeed(toFeedOptions(config))).info;
}

/** A replay must not latch the switch of a system that is trading, nor find it latched. */
function inMemory(config: Config): Config {
  return { ...config, killSwitch: { ...config.killSwitch, latchFile: null } };
}

function endHashOf(directory: string, lastSeq: number): string | null {
  using frames = new RecordedFrames(directory, { fromSeq: lastSeq });
  const frame = frames.next();
  const event = frame === null ? null : toRecordedEvent(frame);
  return event?.type === SystemRunEnded.type ? (event.payload as SystemRunEndedPayload).final_hash : null;
}

/** All causes lie before the first difference, so the recording has them. */
function causesOf(directory: string, { recomputed, recorded }: Difference): EventSide[] {
  const causes: EventSide[] = [];
  let seq = (recorded ?? recomputed)?.causeSeq ?? 0;
  while (seq > 0) {
    using frames = new RecordedFrames(directory, { fromSeq: seq });
    const frame = frames.next();
    if (frame === null) break;
    causes.push(toSide(frame.views, frame.decoder, frame.seq));
    seq = frame.causeSeq;
  }
  return causes;
}
