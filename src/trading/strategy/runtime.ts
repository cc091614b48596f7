import { invalidOption, toErrorRecord } from '../../base/index.ts';
import type { EventInput, QtEvent } from '../../event/index.ts';
import {
  MarketCandleNew,
  OpportunitiesUpdated,
  PolicyUpdated,
  RegimeClassificationUpdate,
  SignalCandidateNew,
  StrategyError,
  StrategyPromoted,
  StrategyStarted,
  StrategyStopped,
  type MarketCandleNewPayload,
  type OpportunitiesUpdatedPayload,
  type PolicyUpdatedPayload,
  type RegimeClassificationUpdatePayload,
  type StrategyLifecycle,
  type StrategyPromotedPayload,
} from '../../model/index.ts';
import { Atr } from '../../quant/index.ts';
import { AppliedSequences } from '../redelivery.ts';
import { BUILT_IN_STRATEGIES } from './built-in/index.ts';
import {
  resolveParameters,
  resolveStrategyOptions,
  type ResolvedSetting,
  type ResolvedStrategyOptions,
  type StrategyOptions,
} from './options.ts';
import { toPrices } from './prices.ts';
import type { Bar, MarketView, Proposal, Strategy, StrategyKind } from './strategy.ts';

const ATR_PERIOD = 14;

/** One strategy on one symbol. */
interface Run {
  readonly setting: ResolvedSetting;
  readonly strategy: Strategy;
  bars: number;
  /** Bars at which it threw, the last ones. */
  throwsAt: number[];
  /** What we last told the world. */
  isStarted: boolean;
  isBroken: boolean;
}

interface SymbolState {
  readonly atr: Atr;
  readonly runs: readonly Run[];
  market: MarketView;
  closeTime: number;
}

/** Owned by `step`; keep it, do not look inside. */
export interface StrategyState {
  readonly options: ResolvedStrategyOptions;
  readonly kinds: ReadonlyMap<string, StrategyKind>;
  readonly symbols: Map<string, SymbolState>;
  readonly stages: Map<string, StrategyLifecycle>;
  readonly applied: AppliedSequences;
  /** Null until a policy was seen: then the configuration decides alone. */
  allowed: ReadonlySet<string> | null;
  policyVersion: number;
  /** Null until there is a ranking. */
  topSymbols: ReadonlySet<string> | null;
}

/**
 * @param foreign kinds of strategies that do not come with us, by the id of their setting
 * @throws QtError QT_OPTION_INVALID
 */
export function createStrategyState(options: StrategyOptions = {}, foreign: Readonly<Record<string, StrategyKind>> = {}): StrategyState {
  const resolved = resolveStrategyOptions(options);
  const kinds = new Map<string, StrategyKind>();
  for (const { id, kind, parameters } of resolved.strategies) {
    const found = foreign[id] ?? BUILT_IN_STRATEGIES[kind];
    if (found === undefined) throw invalidOption(`strategies.${id}.module`, kind, 'a module that was loaded');
    // Made once here and thrown away, so that parameters that do not fit together are refused at the start.
    found.create(resolveParameters(id, found, parameters));
    kinds.set(id, found);
  }
  return {
    options: resolved,
    kinds,
    symbols: new Map(),
    stages: new Map(resolved.strategies.map(({ id, stage }) => [id, stage])),
    applied: new AppliedSequences(),
    allowed: null,
    policyVersion: 0,
    topSymbols: null,
  };
}

/**
 * Runs every strategy on every symbol. Reads candles and regimes of its symbols, and policy, promotions and rankings of
 * all; returns at most one `signal.candidate.new` for each strategy, symbol and candle, and `strategy.*` when one
 * starts, stops or fails on a symbol. Indicators run on while a strategy is off, so it needs no new warm-up.
 */
export function step(state: StrategyState, event: QtEvent<object>): EventInput[] {
  return state.applied.once(event, () => dispatch(state, event));
}

function dispatch(state: StrategyState, event: QtEvent<object>): EventInput[] {
  switch (event.type) {
    case MarketCandleNew.type:
      return onCandle(state, event as QtEvent<MarketCandleNewPayload>);
    case RegimeClassificationUpdate.type:
      onRegime(state, event.payload as RegimeClassificationUpdatePayload);
      return [];
    case PolicyUpdated.type:
      onPolicy(state, event.payload as PolicyUpdatedPayload);
      return [];
    case StrategyPromoted.type:
      onPromoted(state, event.payload as StrategyPromotedPayload);
      return [];
    case OpportunitiesUpdated.type:
      state.topSymbols = new Set((event.payload as OpportunitiesUpdatedPayload).top_symbols);
      return [];
    default:
      return [];
  }
}

function onRegime(state: StrategyState, { symbol, regime, regime_detail: detail }: RegimeClassificationUpdatePayload): void {
  symbolOf(state, symbol).market = { regime, detail };
}

/** An older policy that arrives late changes nothing. */
function onPolicy(state: StrategyState, { version, allowed_strategies: allowed }: PolicyUpdatedPayload): void {
  if (version === undefined || version <= state.policyVersion) return;
  state.policyVersion = version;
  state.allowed = new Set(allowed);
}

function onPromoted(state: StrategyState, { strategy_id: id, to_stage: stage }: StrategyPromotedPayload): void {
  if (state.stages.has(id)) state.stages.set(id, stage);
}

function onCandle(state: StrategyState, event: QtEvent<MarketCandleNewPayload>): EventInput[] {
  const { payload: candle, timestamp } = event;
  if (candle.timeframe !== state.options.timeframe) return [];
  const symbol = symbolOf(state, candle.symbol);
  if (timestamp <= symbol.closeTime) return [];
  symbol.closeTime = timestamp;
  const { open, high, low, close, volume } = candle;
  const bar: Bar = { open, high, low, close, volume, atr: symbol.atr.update(high, low, close) };
  return symbol.runs.flatMap((run) => [...announce(state, run, candle.symbol), ...runBar(state, symbol, run, bar, candle)]);
}

/** Says once, at the first candle after the change, that a strategy runs on a symbol or no longer does. */
function announce(state: StrategyState, run: Run, symbol: string): EventInput[] {
  const isOn = !run.isBroken && isEnabled(state, run.setting.id);
  if (isOn === run.isStarted) return [];
  run.isStarted = isOn;
  const stage = state.stages.get(run.setting.id);
  const payload = { strategy_id: run.setting.id, reason: `${isOn ? stage : 'off'} on ${symbol}` };
  return [isOn ? StrategyStarted.create(payload) : StrategyStopped.create(payload)];
}

function isEnabled(state: StrategyState, id: string): boolean {
  const stage = state.stages.get(id);
  const isRunning = stage === 'LIVE' || stage === 'SHADOW';
  // A policy restricts what trades; a strategy in the shadow may be measured all the same.
  return isRunning && (stage === 'SHADOW' || state.allowed === null || state.allowed.has(id));
}

function runBar(state: StrategyState, symbol: SymbolState, run: Run, bar: Bar, candle: MarketCandleNewPayload): EventInput[] {
  if (run.isBroken) return [];
  run.bars++;
  let proposal: Proposal | null;
  try {
    proposal = run.strategy.update(bar, symbol.market);
  } catch (thrown) {
    return onThrow(state, run, candle.symbol, thrown);
  }
  if (proposal === null || !mayPropose(state, symbol, run, candle)) return [];
  return toCandidate(state, run.setting.id, proposal, bar, candle);
}

function mayPropose(state: StrategyState, symbol: SymbolState, run: Run, candle: MarketCandleNewPayload): boolean {
  const { regimes, id } = run.setting;
  const fitsRegime = regimes.length === 0 || regimes.includes(symbol.market.regime);
  const isTop = state.topSymbols === null || state.topSymbols.has(candle.symbol);
  // A candle that was filled in later is history: it warms indicators and trades nothing.
  return run.bars >= run.strategy.warmupBars && fitsRegime && isTop && candle.backfilled !== true && isEnabled(state, id);
}

function toCandidate(state: StrategyState, id: string, proposal: Proposal, bar: Bar, candle: MarketCandleNewPayload): EventInput[] {
  const prices = bar.atr === null || bar.atr <= 0 ? null : toPrices(proposal.direction, bar.close, bar.atr, state.options);
  if (prices === null) return [];
  const candidate = SignalCandidateNew.create({
    symbol: candle.symbol,
    strategy: id,
    action: proposal.direction === 'LONG' ? 'BUY' : 'SELL',
    entry_price: prices.entry,
    stop_loss: prices.stop,
    target: prices.target,
    signal_strength: proposal.strength,
    expected_move_pct: prices.expectedMovePct,
    timeframe: candle.timeframe,
    metadata: { reason: proposal.reason, atr: bar.atr, ...proposal.facts },
    signal_type: proposal.type,
    strategy_stage: state.stages.get(id) === 'LIVE' ? 'LIVE' : 'SHADOW',
  });
  return [candidate];
}

function onThrow(state: StrategyState, run: Run, symbol: string, thrown: unknown): EventInput[] {
  const { errorsMax, errorWindowEvents } = state.options;
  run.throwsAt = [...run.throwsAt.filter((bar) => bar > run.bars - errorWindowEvents), run.bars];
  if (run.throwsAt.length < errorsMax) return [];
  run.isBroken = true;
  run.isStarted = false;
  const reason = `threw ${errorsMax} times in ${errorWindowEvents} events on ${symbol}, stopped there`;
  return [StrategyError.create({ strategy_id: run.setting.id, reason, error: toErrorRecord(thrown).message })];
}

function symbolOf(state: StrategyState, name: string): SymbolState {
  let symbol = state.symbols.get(name);
  if (symbol === undefined) {
    const runs = state.options.strategies.map((setting): Run => {
      const kind = state.kinds.get(setting.id) as StrategyKind;
      const strategy = kind.create(resolveParameters(setting.id, kind, setting.parameters));
      return { setting, strategy, bars: 0, throwsAt: [], isStarted: false, isBroken: false };
    });
    // Unknown counts as chaotic until the detector has spoken.
    symbol = { atr: new Atr(ATR_PERIOD), runs, market: { regime: 'CHAOTIC', detail: 'UNKNOWN' }, closeTime: 0 };
    state.symbols.set(name, symbol);
  }
  return symbol;
}
