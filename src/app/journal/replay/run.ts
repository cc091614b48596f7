import type { Logger } from '../../../base/index.ts';
import type { FeedStatus } from '../../../feed/index.ts';
import { replayJournal, type ReplayOptions, type ReplayReport } from '../../../journal/index.ts';
import { MarketCandleNew, MarketTickPrice } from '../../../model/index.ts';
import { LatencyMeter } from '../../latency.ts';
import { createResult, type RunResult } from '../../result.ts';
import { createRunBus, type RunEngine } from '../../run-bus.ts';
import { RunWatch } from '../../run-watch.ts';
import { loadUserModules } from '../../user-modules.ts';
import { readRecordedRun } from './recorded-run.ts';
import { checkDirectory } from '../recorded.ts';

/** Which inputs of a recorded run are played, how fast, and to what. */
export interface ReplayRunOptions extends Pick<
  ReplayOptions,
  'fromSeq' | 'fromTimeUs' | 'fromCursor' | 'toSeq' | 'types' | 'speed' | 'signal' | 'onProgress'
> {
  readonly directory: string;
  /** A YAML file with the settings to decide by, instead of those that stand beside the journal. */
  readonly file?: string;
  /** Files with the user's own handlers. */
  readonly handlers?: readonly string[];
  readonly logger?: Logger;
}

/** What the system made of the inputs this time. */
export interface ReplayRunReport {
  readonly directory: string;
  readonly replay: ReplayReport;
  readonly result: RunResult;
}

const MARKET_TYPES = [MarketTickPrice.type, MarketCandleNew.type];
const DRAIN_MS = 30_000;
/** Its latencies are measured from the publish, at any speed. */
const INLINE: RunEngine = { mode: 'inline', workers: 0, lockstep: true, isPaced: false };

/**
 * Plays the inputs of a recorded run, or some of them, to a fresh system on this thread: its state is built again, and it
 * decides again, by the settings of the run or by others. It begins with nothing, wherever the inputs begin. Decisions are
 * settled instant by instant: whole recordings of lockstep runs give the decisions of the run, those of free-running ones
 * what it would have decided without delay. Writes nothing.
 *
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_APP_HANDLERS_INVALID, QT_CONFIG_INVALID, QT_CONFIG_UNREADABLE, QT_JOURNAL_DAMAGED,
 *   QT_JOURNAL_CURSOR_UNKNOWN, QT_OPTION_INVALID, QT_EVENT_TOPIC_INVALID
 */
export async function replayRun(options: ReplayRunOptions): Promise<ReplayRunReport> {
  const { directory, file, handlers, logger, ...selection } = options;
  checkDirectory(directory);
  const { context, identity } = await readRecordedRun(directory, file);
  const modules = await loadUserModules(handlers ?? []);
  const latency = new LatencyMeter();
  const watch = new RunWatch(latency);
  const { benchmark, bus, performance } = createRunBus({
    context,
    engine: INLINE,
    runId: identity.runId,
    sink: watch,
    log: null,
    logger,
    modules,
  });
  latency.subscribe(bus, MARKET_TYPES);
  try {
    await bus.start();
    const replay = await replayJournal(directory, bus, { ...selection, batch: 'instant' });
    const isDrained = await bus.drain({ timeoutMs: DRAIN_MS }).then(
      () => true,
      () => false,
    );
    const outcome = !isDrained ? 'unfinished' : replay.isComplete ? 'complete' : 'interrupted';
    const stats = bus.getStats();
    const figures = { latency: latency.figures(), sent: watch.marketEvents, elapsedMs: replay.elapsedMs };
    const feed = statusOf(watch.marketEvents);
    const parts = { context, engine: INLINE, identity, feed, outcome, stats, watch, performance, benchmark, ...figures } as const;
    return { directory, replay, result: createResult({ ...parts, journal: null }) };
  } finally {
    await bus.stop({ drainTimeoutMs: 0 });
  }
}

/** A journal has no bad rows. */
function statusOf(events: number): FeedStatus {
  return { rowsRead: events, rowsAccepted: events, rowsRepeated: 0, rowsSkipped: 0, gaps: 0, faults: [], progressRatio: null };
}
