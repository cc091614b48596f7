import { setImmediate as nextTurn } from 'node:timers/promises';
import { invalidOption, QtError, silentLogger, systemClock, type Logger } from '../base/index.ts';
import { bootThreads, type BootedThreads, type EventBus } from '../engine/index.ts';
import { resolveFeed, type Feed, type FeedBatch, type FeedInfo, type FeedStatus } from '../feed/index.ts';
import { MarketCandleNew, MarketTickPrice, SystemRunEnded, SystemRunStarted, type RunMode } from '../model/index.ts';
import { LineWriter, toEventLine } from '../observe/index.ts';
import type { RunContext } from './components.ts';
import type { ConfigLayer } from './config/layers.ts';
import { profileOf, readLayers, resolveConfig, type ConfigSources } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { QT_APP_LIVE_REFUSED, QT_CONFIG_INVALID } from './errors.ts';
import { isPaced, slackOf, toFeedOptions } from './feed-options.ts';
import { identifyRun, type RunIdentity } from './identity.ts';
import { openRunJournal, type RunJournal, type RunJournalOptions } from './journal/run-journal.ts';
import { startEventLogger, type EventLogger } from './journal/sql/logger.ts';
import { LatencyMeter } from './latency.ts';
import { createResult, type RunOutcome, type RunResult } from './result.ts';
import { createRunBus, isRepeatable, type RunEngine } from './run-bus.ts';
import { toRunHeader } from './run-header.ts';
import { RunWatch } from './run-watch.ts';
import { loadUserModules, type UserModule } from './user-modules.ts';

export interface RunOptions extends ConfigSources {
  /** A feed of the caller's own, instead of the one that the configuration names. */
  readonly feed?: Feed;
  /** Writes every event to this file, one JSON object a line. */
  readonly eventsFile?: string;
  /** Records every event durably before it is handled; the same run made again goes on where its journal ends. */
  readonly journal?: RunJournalOptions;
  /** Keeps this SQLite database up to date with the journal, without which it is refused. */
  readonly sqlFile?: string;
  /** Called with what fails beside the run, which goes on without it. */
  readonly onWarning?: (message: string) => void;
  /** Files with handlers of the user's own (see `UserSubscription`); what they publish is part of the run. */
  readonly handlers?: readonly string[];
  readonly logger?: Logger;
  /** Called before the start, to subscribe more handlers; they must decide nothing. */
  readonly onBus?: (bus: EventBus) => void;
}

/** How far a run has come. */
export interface RunProgress {
  readonly marketEvents: number;
  readonly events: number;
  /** Share of the data, 0..1, or null when its length is unknown. */
  readonly ratio: number | null;
  /** Event time of the newest market event, microseconds; 0 before the first. */
  readonly lastUs: number;
  readonly trades: number;
  readonly equityUsd: number | null;
  readonly elapsedMs: number;
}

/** A run that is ready to go. */
export interface Run {
  readonly config: Config;
  readonly mode: RunMode;
  readonly engine: RunEngine;
  readonly identity: RunIdentity;
  readonly info: FeedInfo;
  progress(): RunProgress;
  /**
   * Sends the feed through the bus, waits for what follows from it and reports. Once only.
   *
   * @param signal ends the feed early; what was sent is still finished and reported
   * @throws QtError of the feed, a handler that cannot be loaded, QT_OBSERVE_LOG_FAILED, QT_REPLAY_DIFFERS, or of the journal
   */
  execute(signal?: AbortSignal): Promise<RunResult>;
}

/** A run that hogs its thread would neither show progress nor hear an interrupt. */
const TURN_MS = 15;
const MARKET_TYPES = [MarketTickPrice.type, MarketCandleNew.type];
const DRAIN_MS = 30_000;

/**
 * Reads the configuration, opens the data and wires every component, without sending anything yet. Worker threads boot
 * meanwhile, and end by themselves if it is not executed. With a journal it holds that journal's lock until it is executed.
 *
 * @throws QtError QT_CONFIG_INVALID, QT_CONFIG_UNREADABLE, QT_OPTION_INVALID, QT_APP_LIVE_REFUSED, QT_APP_INPUT_UNREADABLE,
 *   QT_APP_JOURNAL_NOT_EMPTY, QT_APP_JOURNAL_OTHER_RUN, QT_APP_HANDLERS_INVALID and the codes of the feed and the components
 * @example
 * const run = await prepareRun({ flags: [{ flag: '--mode', path: 'mode', value: 'backtest' }] });
 * const result = await run.execute();
 */
export async function prepareRun(options: RunOptions = {}): Promise<Run> {
  const layers = await readLayers(options);
  const first = resolveConfig(layers, 'daily');
  if (first.mode === 'live') {
    throw new QtError(QT_APP_LIVE_REFUSED, 'Cannot trade live: there is no live venue; use mode paper, backtest or logging_only');
  }
  const engine = engineOf(first);
  const { logger = silentLogger } = options;
  // While they boot, this thread opens the data and wires the components.
  const threads = engine.mode === 'threads' ? bootThreads({ workers: engine.workers, logger }) : null;
  try {
    return await prepareOn(threads, engine, layers, first, options);
  } catch (error) {
    await threads?.close();
    throw error;
  }
}

async function prepareOn(
  threads: BootedThreads | null,
  engine: RunEngine,
  layers: readonly ConfigLayer[],
  first: Config,
  options: RunOptions,
): Promise<Run> {
  const feed = options.feed ?? (await resolveFeed(toFeedOptions(first)));
  const config = resolveConfig(layers, profileOf(layers, feed.info.timeframe));
  const identity = await identifyRun(config, engine.lockstep ? null : systemClock.nowUs());
  const context = { config, info: feed.info, mode: config.mode, slackUs: engine.lockstep ? 0 : slackOf(config, feed.info) };
  const parts = { context, engine, feed, identity, threads };
  const { logger = silentLogger } = options;
  const modules = await loadUserModules(options.handlers ?? []);
  const journal = options.journal === undefined ? null : await openRunJournal(options.journal, { ...parts, logger });
  let sql: EventLogger | null = null;
  try {
    sql = await openSql(options, journal);
    return await wire(parts, options, { journal, sql }, modules);
  } catch (error) {
    await journal?.close();
    await sql?.close();
    throw error;
  }
}

interface WireParts {
  readonly context: RunContext;
  readonly engine: RunEngine;
  readonly feed: Feed;
  readonly identity: RunIdentity;
  readonly threads: BootedThreads | null;
}

function engineOf({ engine, feed, mode }: Config): RunEngine {
  const paced = isPaced(feed);
  if (mode !== 'backtest') {
    const lockstep = engine.lockstep === 'auto' ? !paced : engine.lockstep === 'on';
    return { mode: 'threads', workers: engine.workers, lockstep, isPaced: paced };
  }
  if (engine.lockstep === 'off') throw invalidOption('engine.lockstep', 'off', 'auto or on in mode backtest');
  return { mode: 'inline', workers: 0, lockstep: true, isPaced: paced };
}

/** What keeps the events of a run. */
interface Records {
  readonly journal: RunJournal | null;
  readonly sql: EventLogger | null;
}

async function openSql(
  { journal: settings, logger, onWarning, sqlFile }: RunOptions,
  journal: RunJournal | null,
): Promise<EventLogger | null> {
  if (sqlFile === undefined) return null;
  if (settings === undefined || journal === null) {
    throw new QtError(QT_CONFIG_INVALID, 'Cannot keep a database of the run without a journal to take the events from: give --journal too');
  }
  return startEventLogger(settings.directory, sqlFile, {
    journalId: journal.log.journalId,
    ...(logger === undefined ? {} : { logger }),
    onFailure: ({ code, message }) => onWarning?.(`${message} (${code}); the run goes on, and qt sql catches up later`),
  });
}

async function wire(parts: WireParts, options: RunOptions, { journal, sql }: Records, modules: readonly UserModule[]): Promise<Run> {
  const { context, engine, feed, identity, threads } = parts;
  const { config, info, mode } = context;
  const latency = new LatencyMeter();
  const watch = new RunWatch(latency);
  const log = journal?.log ?? null;
  const { benchmark, bus, performance } = createRunBus({
    context,
    engine,
    runId: identity.runId,
    sink: watch,
    log,
    modules,
    threads,
    logger: options.logger,
  });
  const writer = options.eventsFile === undefined ? null : await subscribeEventFile(bus, options.eventsFile);
  options.onBus?.(bus);
  latency.subscribe(bus, MARKET_TYPES);
  const pump = new Pump(bus, feed, watch, engine, journal !== null && isRepeatable(engine));
  return {
    config,
    mode,
    engine,
    identity,
    info,
    progress: () => pump.progress(),
    execute: async (signal) => {
      let result: RunResult;
      try {
        const outcome = await pump.run(context, identity, signal);
        const stats = bus.getStats();
        const figures = { feed: feed.status(), latency: latency.figures(), sent: pump.sent, elapsedMs: pump.progress().elapsedMs };
        const journalled = (await journal?.report()) ?? null;
        result = createResult({
          context,
          engine,
          identity,
          outcome,
          stats,
          watch,
          performance,
          benchmark,
          ...figures,
          journal: journalled,
        });
      } finally {
        try {
          await bus.stop({ drainTimeoutMs: 0 });
          await writer?.close();
          await journal?.close();
        } finally {
          // Last, so that it finds everything that was recorded.
          await sql?.close();
        }
      }
      return sql === null ? result : { ...result, sql: sql.report() };
    },
  };
}

/** One at a time, so that the lines stand in commit order. */
async function subscribeEventFile(bus: EventBus, path: string): Promise<LineWriter> {
  const writer = await LineWriter.open(path);
  bus.subscribe('**', (event) => writer.write(toEventLine(event)), { group: 'event_log', concurrency: 1, priority: 'HIGH' });
  return writer;
}

/** Moves a feed through a bus. */
class Pump {
  /** Market events handed to the bus. */
  sent = 0;
  readonly #bus: EventBus;
  readonly #feed: Feed;
  readonly #watch: RunWatch;
  readonly #engine: RunEngine;
  readonly #canResume: boolean;
  #startedMs = 0;
  #endedMs = 0;
  #turnMs = 0;
  /** Event time of the first batch, microseconds; 0 before it. */
  #firstUs = 0;

  /** @param canResume true if an interrupted run is left without an end, so that it can go on from its journal */
  constructor(bus: EventBus, feed: Feed, watch: RunWatch, engine: RunEngine, canResume: boolean) {
    this.#bus = bus;
    this.#feed = feed;
    this.#watch = watch;
    this.#engine = engine;
    this.#canResume = canResume;
  }

  progress(): RunProgress {
    const { equityUsd, lastUs, marketEvents, trades } = this.#watch;
    const status: FeedStatus = this.#feed.status();
    const endMs = this.#endedMs === 0 ? systemClock.monotonicMs() : this.#endedMs;
    const elapsedMs = this.#startedMs === 0 ? 0 : endMs - this.#startedMs;
    const events = [...this.#watch.types.values()].reduce((sum, one) => sum + one, 0);
    return { marketEvents, events, ratio: status.progressRatio, lastUs, trades, equityUsd, elapsedMs };
  }

  async run(context: RunContext, identity: RunIdentity, signal: AbortSignal | undefined): Promise<RunOutcome> {
    await this.#bus.start();
    this.#startedMs = systemClock.monotonicMs();
    const isComplete = await this.#sendAll(context, identity, signal);
    this.#watch.intendedUs = null;
    // What cannot be finished is counted as pending in the report; failing here would hide it.
    const isDrained = await this.#bus.drain({ timeoutMs: DRAIN_MS }).then(
      () => true,
      () => false,
    );
    this.#endedMs = systemClock.monotonicMs();
    const outcome: RunOutcome = !isDrained ? 'unfinished' : isComplete ? 'complete' : 'interrupted';
    const ended = { run_id: identity.runId, outcome, final_hash: this.#watch.decisionHash() };
    // A run that was interrupted before its first event has no beginning in the log either.
    const isEnded = isDrained && (isComplete || !this.#canResume) && this.#firstUs > 0;
    if (isEnded) {
      await this.#bus.publish(SystemRunEnded.create(ended, { timestamp: Math.max(this.#watch.lastUs, this.#firstUs) }));
      await this.#bus.drain({ timeoutMs: DRAIN_MS });
    }
    return outcome;
  }

  /** False if the signal ended it. */
  async #sendAll(context: RunContext, identity: RunIdentity, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      for await (const batch of this.#feed.batches(signal)) {
        if (this.#firstUs === 0) {
          this.#firstUs = batch.tsEventUs;
          await this.#bus.publish(SystemRunStarted.create(toRunHeader(context, identity), { timestamp: this.#firstUs }));
        }
        this.#watch.intendedUs = batch.intendedUs ?? null;
        await this.#send(batch);
        await this.#breathe();
      }
      return true;
    } catch (error) {
      if (signal?.aborted === true && error === signal.reason) return false;
      throw error;
    }
  }

  async #send({ events }: FeedBatch): Promise<void> {
    for (const { type } of events) if (MARKET_TYPES.includes(type)) this.sent++;
    if (this.#engine.lockstep) {
      await this.#bus.publishBatch(events);
      return;
    }
    for (const event of events) if (this.#bus.tryPublish(event) < 0) await this.#bus.publish(event);
  }

  async #breathe(): Promise<void> {
    const now = systemClock.monotonicMs();
    if (now - this.#turnMs < TURN_MS) return;
    await nextTurn();
    this.#turnMs = systemClock.monotonicMs();
  }
}
