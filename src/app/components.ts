import { QtError } from '../base/index.ts';
import type { FeedInfo } from '../feed/index.ts';
import { TIMEFRAME_US, type RunMode } from '../model/index.ts';
import { advisoryComponent } from '../trading/advisory/index.ts';
import type { Component } from '../trading/component.ts';
import { executionComponent } from '../trading/execution/index.ts';
import { exitBrainComponent, type ExitBrainOptions } from '../trading/exit/index.ts';
import { killSwitchComponent, type LatchRead } from '../trading/kill-switch/index.ts';
import { positionStateComponent } from '../trading/position/index.ts';
import { regimeComponent } from '../trading/regime/index.ts';
import { recordedIntegrity, riskComponent } from '../trading/risk/index.ts';
import { signalComponent } from '../trading/signal/index.ts';
import { sizerComponent } from '../trading/sizing/index.ts';
import { QT_STRATEGY_MODULE_INVALID, strategyComponent } from '../trading/strategy/index.ts';
import { toDurationMs, toDurationUs } from './config/duration.ts';
import type { Config } from './config/schema.ts';
import { isMissing, toModuleUrl } from './user-modules.ts';

/** What the components need to know besides the configuration. */
export interface RunContext {
  readonly config: Config;
  readonly info: FeedInfo;
  readonly mode: RunMode;
  /** Event time that may pass while a decision is on its way, microseconds; 0 in lockstep. */
  readonly slackUs: number;
  /** What a repetition finds instead of the file that keeps the latch of the kill switch. */
  readonly latch?: LatchRead;
}

/** Minutes of a session day on a share exchange; markets that never close have 1440. */
const SESSION_MINUTES = 390;
const PERIODS_OF_EXCHANGES_MAX = 300;
const MINUTE_US = 60_000_000;

/**
 * Every trading component with its options, in the order of the pipeline.
 *
 * @throws QtError QT_OPTION_INVALID, QT_EXECUTION_PRESET_UNKNOWN, QT_EXECUTION_NO_LIVE_VENUE
 */
export function createComponents(context: RunContext): Component[] {
  return [
    regime(context),
    strategy(context),
    signalComponent({ dayZone: context.info.dayZone, lifetimeSeconds: atLeastBarMs(context, context.config.advisory.lifetime) / 1000 }),
    advisory(context),
    risk(context),
    sizer(context),
    execution(context),
    position(context),
    exit(context),
    killSwitch(context),
  ];
}

/** Length of a bar by its name, microseconds. */
export function barUs({ info }: RunContext): number {
  return TIMEFRAME_US[info.timeframe];
}

function regime({ config, info }: RunContext): Component {
  const minutes = info.periodsPerYear > PERIODS_OF_EXCHANGES_MAX ? 1440 : SESSION_MINUTES;
  const barsPerDay = info.timeframe === '1d' ? 1 : (minutes * MINUTE_US) / TIMEFRAME_US[info.timeframe];
  return regimeComponent({ timeframe: info.timeframe, periodsPerYear: info.periodsPerYear * barsPerDay, ...config.regime });
}

function strategy({ config, info }: RunContext): Component {
  const { stops, strategies } = config;
  return strategyComponent({
    timeframe: info.timeframe,
    strategies: strategies.map(withModuleUrl) as NonNullable<Parameters<typeof strategyComponent>[0]>['strategies'] & object,
    stopAtrMultiple: stops.atrMultiple,
    stopPctMax: stops.distancePctMax,
    targetR: stops.targetR,
  });
}

/** @throws QtError QT_STRATEGY_MODULE_INVALID */
function withModuleUrl<S extends { readonly kind: string; readonly module?: string }>(setting: S): S {
  if (setting.module === undefined) return setting;
  const module = toModuleUrl(setting.module);
  if (!isMissing(module)) return { ...setting, module };
  throw new QtError(QT_STRATEGY_MODULE_INVALID, `Cannot load strategy ${setting.kind} from ${setting.module}: there is no such file`, {
    details: { kind: setting.kind, module: setting.module },
  });
}

function advisory(context: RunContext): Component {
  const { advisory: given } = context.config;
  return advisoryComponent({
    candlesMin: given.candlesMin,
    marketAgeSecondsMax: atLeastBarMs(context, given.marketAgeMax) / 1000,
    lifetimeSeconds: atLeastBarMs(context, given.lifetime) / 1000,
  });
}

function risk(context: RunContext): Component {
  const { account, risk: given, advisory: advice } = context.config;
  return riskComponent({
    initialEquityUsd: account.initialEquity,
    ...tradedInstruments(context),
    policy: { riskMode: given.mode, allowedStrategies: liveStrategies(context.config) },
    limits: {
      riskPerTradeRatioMax: given.perTradeMax,
      positionsMax: given.positionsMax,
      symbolExposureRatioMax: given.symbolExposureMax,
      totalExposureRatioMax: given.totalExposureMax,
      correlatedExposureRatioMax: given.correlatedExposureMax,
      stopDistanceRatioMax: given.stopDistanceMax,
      dailyLossVetoRatio: given.dailyLossVeto,
      dailyLossKillRatio: given.dailyLossKill,
      dailyTradesMax: given.dailyTradesMax,
      intradayDrawdownRatioMax: given.intradayDrawdownMax,
      drawdownReduceRatio: given.drawdownReduce,
      drawdownVetoRatio: given.drawdownVeto,
      drawdownKillRatio: given.drawdownKill,
      lossStreakKill: given.lossStreakKill,
      flashCrashRatio: given.flashCrash,
      blackSwanRatio: given.blackSwan,
    },
    integrity: recordedIntegrity(atLeastBarMs(context, advice.marketAgeMax)),
    maxNotionalPerTradeUsd: given.notionalMax,
    allowAdds: given.allowAdds,
    reentryPauseMs: toDurationMs(given.reentryPause),
  });
}

function sizer(context: RunContext): Component {
  const { account, risk: limits, sizing } = context.config;
  return sizerComponent({
    method: sizing.method,
    caps: sizing.caps,
    initialEquityUsd: account.initialEquity,
    riskPerTradeRatioMax: limits.perTradeMax,
    feeRatio: sizing.fee,
    volatilityTargetRatio: sizing.volatilityTarget,
    ...tradedInstruments(context),
    requestLifetimeMs: barUs(context) / 1000 + slackMs(context),
  });
}

function execution(context: RunContext): Component {
  const { account, execution: given, risk: limits } = context.config;
  return executionComponent({
    mode: context.mode,
    currency: account.currency,
    charges: account.charges,
    instruments: account.instruments,
    defaultInstrument: { tick: account.tick, step: account.step },
    recordedBars: true,
    paper: {
      inBar: given.inBar,
      spreadBps: given.spreadBps,
      slippage: { model: given.slippage, fixedBps: given.slippageBps },
      participationRatioMax: given.participationMax,
      touchRatio: given.touch,
    },
    entryToleranceRatio: given.entryTolerance,
    entryLifetimeUs: toDurationUs(given.entryLifetime) + context.slackUs,
    stopWaitUs: toDurationUs(given.stopWait) + context.slackUs,
    door: { priceAwayRatioMax: given.priceAwayMax, stopDistanceRatioMax: limits.stopDistanceMax },
  });
}

function position(context: RunContext): Component {
  return positionStateComponent({ instruments: modelInstruments(context), mode: context.mode });
}

function exit(context: RunContext): Component {
  const { exit: given } = context.config;
  const us = toDurationUs;
  const rules: ExitBrainOptions = {
    instruments: modelInstruments(context),
    barConvention: given.barConvention,
    regime: given.regimeExit
      ? { unknownExitPct: given.regimeUnknownPct, rangingExitPct: given.regimeRangingPct, stillChangedUs: us(given.regimeStillChanged) }
      : null,
    ...(given.volatilityExit ? {} : { volatility: null }),
    // A recording has no clock beside its own, so only candles that are lost for good count.
    dataGap: { staleUs: null },
    time: {
      trending: { calmUs: us(given.trendingMax), volatileUs: us(given.trendingVolatileMax) },
      ranging: { calmUs: us(given.rangingMax), volatileUs: us(given.rangingVolatileMax) },
      unknown: { calmUs: us(given.unknownMax), volatileUs: us(given.unknownMax) },
      chaotic: { calmUs: us(given.chaoticMax), volatileUs: us(given.chaoticMax) },
      extendedUs: us(given.winnerMax),
      extendAtR: given.winnerFromR,
    },
    lossCut: { lossPct: given.lossCutPct, afterUs: us(given.lossCutAfter) },
    ladder: given.ladder,
    trailing: given.trailing,
  };
  return exitBrainComponent(rules);
}

function killSwitch({ config, latch, mode }: RunContext): Component {
  const { latchFile, totpFile, hold } = config.killSwitch;
  return killSwitchComponent({
    mode,
    latch: latchFile !== null ? { kind: 'file', path: latchFile } : { kind: 'memory', ...(latch === undefined ? {} : { found: latch }) },
    secondFactor: totpFile === null ? { kind: 'none' } : { kind: 'totp', secretsFile: totpFile },
    initialEquityUsd: config.account.initialEquity,
    holdMs: toDurationMs(hold),
  });
}

/** Nothing can happen between two bars, so no limit on age or life makes sense below one. */
function atLeastBarMs(context: RunContext, duration: string): number {
  return Math.max(toDurationMs(duration), Math.ceil(barUs(context) / 1000)) + slackMs(context);
}

function slackMs({ slackUs }: RunContext): number {
  return Math.ceil(slackUs / 1000);
}

function liveStrategies({ strategies }: Config): string[] {
  return strategies.filter(({ stage = 'LIVE' }) => stage === 'LIVE').map(({ id, kind }) => id ?? kind);
}

function tradedInstruments({ config: { account } }: RunContext) {
  return { instruments: account.instruments, defaultInstrument: { step: account.step } };
}

function modelInstruments({ config: { account }, info }: RunContext) {
  return info.symbols.map((symbol) => ({ symbol, tick: account.tick, step: account.step, ...account.instruments[symbol] }));
}
