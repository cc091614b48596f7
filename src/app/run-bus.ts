import { silentLogger, type Logger } from '../base/index.ts';
import { createEventBus, type BootedThreads, type EventBus, type EventLog, type Sink } from '../engine/index.ts';
import { MarketCandleNew, type MarketCandleNewPayload } from '../model/index.ts';
import {
  createPerformanceState,
  PERFORMANCE_TRACKER,
  performancePatterns,
  trackPerformance,
  type PerformanceState,
} from '../observe/index.ts';
import { Benchmark } from './benchmark.ts';
import { barUs, createComponents, type RunContext } from './components.ts';
import { subscribeComponents, type Subscribable } from './compose.ts';
import { toDurationMs, toDurationUs } from './config/duration.ts';
import { subscribeFlattenWatch } from './flatten-watch.ts';
import { subscribeUserModules, type UserModule } from './user-modules.ts';
import { subscribeWatchdog } from './watchdog.ts';

/** How the bus of a run is set up. */
export interface RunEngine {
  readonly mode: 'inline' | 'threads';
  readonly workers: number;
  readonly lockstep: boolean;
  readonly isPaced: boolean;
}

/** True for a run that gives the same events when it is made again: the clock has no say in it. */
export function isRepeatable({ isPaced, lockstep }: RunEngine): boolean {
  return lockstep && !isPaced;
}

export interface RunBusParts {
  readonly context: RunContext;
  readonly engine: RunEngine;
  readonly runId: string;
  readonly sink: Sink;
  readonly log: EventLog | null;
  /** The user's own handlers. */
  readonly modules?: readonly UserModule[] | undefined;
  /** Its worker threads, if they boot already. */
  readonly threads?: BootedThreads | null;
  readonly logger?: Logger | undefined;
}

/** A bus with everything on it that publishes; the order of the subscriptions is part of a lockstep log. */
export interface RunBus {
  readonly bus: EventBus;
  readonly performance: PerformanceState;
  readonly benchmark: Benchmark;
}

/** @throws QtError of the options and of the components */
export function createRunBus({ context, engine, log, logger, modules, runId, sink, threads = null }: RunBusParts): RunBus {
  const { config } = context;
  const bus = createEventBus({
    mode: engine.mode,
    ...(engine.mode === 'threads' ? { workers: engine.workers } : {}),
    lockstep: engine.lockstep,
    validate: config.engine.validate,
    ringBytes: Number(config.engine.ringKib) * 1024,
    processingTimeoutMs: toDurationMs(config.engine.handlerTimeout),
    historyLength: 0,
    runId,
    source: 'app',
    sink,
    ...(log === null ? {} : { log }),
    ...(threads === null ? {} : { threads }),
    logger: logger ?? silentLogger,
  });
  const wired = wireRun(bus, context, engine);
  subscribeUserModules(bus, modules ?? []);
  return { bus, ...wired };
}

/**
 * Subscribes everything that publishes in a run.
 *
 * @throws QtError of the options and of the components
 */
export function wireRun(bus: Subscribable, context: RunContext, { lockstep }: RunEngine): Omit<RunBus, 'bus'> {
  const { config, info } = context;
  const performance = createPerformanceState({ initialEquityUsd: config.account.initialEquity, periodsPerYear: info.periodsPerYear });
  const benchmark = new Benchmark();
  subscribeComponents(bus, createComponents(context), !lockstep);
  subscribeWatchdog(bus, Math.max(toDurationUs(config.exit.watchdogSilence), 10 * barUs(context)) + context.slackUs);
  subscribeFlattenWatch(bus);
  subscribePerformance(bus, performance, benchmark);
  return { performance, benchmark };
}

function subscribePerformance(bus: Subscribable, state: PerformanceState, benchmark: Benchmark): void {
  bus.subscribe(
    performancePatterns,
    (event, ctx) => {
      if (event.type === MarketCandleNew.type) benchmark.add(event.payload as MarketCandleNewPayload);
      for (const report of trackPerformance(state, event)) ctx.publish(report);
    },
    { group: PERFORMANCE_TRACKER, priority: 'HIGH' },
  );
}
