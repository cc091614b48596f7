import { setImmediate as nextTurn } from 'node:timers/promises';
import { hash32, invalidOption, QtError, silentLogger, systemClock, type Logger } from '../base/index.ts';
import { createEventBus, type EventBus } from '../engine/index.ts';
import { resolveFeed, type Feed, type FeedBatch, type FeedInfo, type FeedStatus } from '../feed/index.ts';
import {
  MarketCandleNew,
  MarketTickPrice,
  SystemRunEnded,
  SystemRunStarted,
  type MarketCandleNewPayload,
  type RunMode,
} from '../model/index.ts';
import {
  createPerformanceState,
  LineWriter,
  PERFORMANCE_TRACKER,
  performancePatterns,
  toEventLine,
  trackPerformance,
  type PerformanceState,
} from '../observe/index.ts';
import { Benchmark } from './benchmark.ts';
import { barUs, createComponents, type RunContext } from './components.ts';
import { subscribeComponents } from './compose.ts';
import { toDurationMs, toDurationUs } from './config/duration.ts';
import { profileOf, readLayers, resolveConfig, type ConfigSources } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { QT_APP_LIVE_REFUSED } from './errors.ts';
import { isPaced, slackOf, toFeedOptions } from './feed-options.ts';
import { subscribeFlattenWatch } from './flatten-watch.ts';
import { identifyRun, type RunIdentity } from './identity.ts';
import { LatencyMeter } from './latency.ts';
import { createResult, type RunOutcome, type RunResult } from './result.ts';
import { RunWatch } from './run-watch.ts';
import { subscribeWatchdog } from './watchdog.ts';

export interface RunOptions extends ConfigSources {
  /** A feed of the caller's own, instead of the one that the configuration names. */
  readonly feed?: Feed;
  /** Writes every event to this file, one JSON object a line. */
  readonly eventsFile?: string;
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

/** How the bus of a run is set up. */
export interface RunEngine {
  readonly mode: 'inline' | 'threads';
  readonly workers: number;
  readonly lockstep: boolean;
  readonly isPaced: boolean;
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
   * @throws QtError of the feed, a handler that cannot be loaded, or QT_OBSERVE_LOG_FAILED
   */
  execute(signal?: AbortSignal): Promise<RunResult>;
}

/** A run that hogs its thread would neither show progress nor hear an interrupt. */
const TURN_MS = 15;
const MARKET_TYPES = [MarketTickPrice.type, MarketCandleNew.type];
const DRAIN_MS = 30_000;

/**
 * Reads the configuration, opens the data and wires every component, without sending anything yet.
 *
 * @throws QtError QT_CONFIG_INVALID, QT_CONFIG_UNREADABLE, QT_OPTION_INVALID, QT_APP_LIVE_REFUSED, QT_APP_INPUT_UNREADABLE,
 *   and the codes of the feed and the components
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
  const feed = options.feed ?? (await resolveFeed(toFeedOptions(first)));
  const config = resolveConfig(layers, profileOf(layers, feed.info.timeframe));
  const identity = await identifyRun(config, engine.lockstep ? null : systemClock.nowUs());
  const context = { config, info: feed.info, mode: config.mode, slackUs: engine.lockstep ? 0 : slackOf(config, feed.info) };
  return wire(context, feed, engine, identity, options);
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

async function wire(context: RunContext, feed: Feed, engine: RunEngine, identity: RunIdentity, options: RunOptions): Promise<Run> {
  const { config, info, mode } = context;
  const latency = new LatencyMeter();
  const watch = new RunWatch(latency);
  const performance = createPerformanceState({ initialEquityUsd: config.account.initialEquity, periodsPerYear: info.periodsPerYear });
  const benchmark = new Benchmark();
  const components = createComponents(context);
  const bus = createEventBus({
    mode: engine.mode,
    ...(engine.mode === 'threads' ? { workers: engine.workers } : {}),
    lockstep: engine.lockstep,
    validate: config.engine.validate,
    ringBytes: Number(config.engine.ringKib) * 1024,
    processingTimeoutMs: toDurationMs(config.engine.handlerTimeout),
    historyLength: 0,
    runId: identity.runId,
    source: 'app',
    sink: watch,
    logger: options.logger ?? silentLogger,
  });
  subscribeComponents(bus, components);
  subscribeWatchdog(bus, Math.max(toDurationUs(config.exit.watchdogSilence), 10 * barUs(context)) + context.slackUs);
  subscribeFlattenWatch(bus);
  subscribePerformance(bus, performance, benchmark);
  const writer = options.eventsFile === undefined ? null : await subscribeEventFile(bus, options.eventsFile);
  options.onBus?.(bus);
  latency.subscribe(bus, MARKET_TYPES);
  const pump = new Pump(bus, feed, watch, engine);
  return {
    config,
    mode,
    engine,
    identity,
    info,
    progress: () => pump.progress(),
    execute: async (signal) => {
      try {
        const outcome = await pump.run(context, identity, signal);
        const stats = bus.getStats();
        const parts = {
          context,
          engine,
          identity,
          feed: feed.status(),
          outcome,
          stats,
          watch,
          performance,
          benchmark,
          latency: latency.figures(),
        };
        return createResult({ ...parts, sent: pump.sent, elapsedMs: pump.progress().elapsedMs });
      } finally {
        await bus.stop({ drainTimeoutMs: 0 });
        await writer?.close();
      }
    },
  };
}

function subscribePerformance(bus: EventBus, state: PerformanceState, benchmark: Benchmark): void {
  bus.subscribe(
    performancePatterns,
    (event, ctx) => {
      if (event.type === MarketCandleNew.type) benchmark.add(event.payload as MarketCandleNewPayload);
      for (const report of trackPerformance(state, event)) ctx.publish(report);
    },
    { group: PERFORMANCE_TRACKER, priority: 'HIGH' },
  );
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
  #startedMs = 0;
  #endedMs = 0;
  #turnMs = 0;

  constructor(bus: EventBus, feed: Feed, watch: RunWatch, engine: RunEngine) {
    this.#bus = bus;
    this.#feed = feed;
    this.#watch = watch;
    this.#engine = engine;
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
    if (isDrained) {
      await this.#bus.publish(SystemRunEnded.create(ended, { timestamp: this.#watch.lastUs }));
      await this.#bus.drain({ timeoutMs: DRAIN_MS });
    }
    return outcome;
  }

  /** False if the signal ended it. */
  async #sendAll(context: RunContext, identity: RunIdentity, signal: AbortSignal | undefined): Promise<boolean> {
    let isFirst = true;
    try {
      for await (const batch of this.#feed.batches(signal)) {
        if (isFirst) await this.#bus.publish(toHeader(context, identity, batch.tsEventUs));
        isFirst = false;
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

function toHeader({ config, info, mode }: RunContext, identity: RunIdentity, timestamp: number) {
  const { seed } = config;
  const payload = {
    run_id: identity.runId,
    mode,
    account_currency: config.account.currency,
    day_zone: info.dayZone,
    config_hash: identity.configHash,
    data_hash: identity.dataHash,
    code_version: identity.codeVersion,
    seed: typeof seed === 'number' && Number.isSafeInteger(seed) ? seed : hash32(String(seed)),
  };
  return SystemRunStarted.create(payload, { timestamp });
}
