import { toErrorRecord } from '../../base/index.ts';
import type { EventInput, QtEvent } from '../../event/index.ts';
import {
  EnsemblePredictionNew,
  MarketCandleNew,
  MarketQualityUpdate,
  OrchestratorPolicyUpdated,
  PolicyUpdated,
  PositionClosed,
  PositionOpened,
  RegimeClassificationUpdate,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  SignalGenerated,
  SignalsAdvisoryCalibration,
  SignalsAdvisoryError,
  SignalsAdvisoryExpired,
  SignalsAdvisoryNew,
  SignalsAdvisoryNoSignal,
  type EnsemblePredictionNewPayload,
  type MarketCandleNewPayload,
  type MarketQualityUpdatePayload,
  type OrchestratorPolicyUpdatedPayload,
  type PolicyUpdatedPayload,
  type PositionClosedPayload,
  type PositionOpenedPayload,
  type Regime,
  type RegimeClassificationUpdatePayload,
  type RiskKillSwitchActivatedPayload,
  type RiskKillSwitchResetPayload,
  type SignalGeneratedPayload,
} from '../../model/index.ts';
import { createKillLatch, isLatched, onActivated, onReset, type KillLatch } from '../kill-latch.ts';
import { AppliedSequences } from '../redelivery.ts';
import { CandleMemory } from './candles.ts';
import { evaluate, type Advice, type Evidence, type Gate } from './evaluate.ts';
import { resolveAdvisoryOptions, type AdvisoryOptions, type ResolvedAdvisoryOptions } from './options.ts';
import { Outcomes } from './outcomes.ts';
import { toFloor } from './score.ts';

const SECOND_US = 1_000_000;
const STABILITY_CANDLES = 20;

interface SymbolState {
  readonly candles: Map<string, CandleMemory>;
  readonly outcomes: Outcomes;
  /** The last regimes, newest last. */
  regimes: Regime[];
  regime: RegimeClassificationUpdatePayload | null;
  prediction: { readonly payload: EnsemblePredictionNewPayload; readonly at: number } | null;
  feedQuality: number;
  /** Time of the last market event; null before the first. */
  marketAt: number | null;
}

/** Owned by `step`; keep it, do not look inside. */
export interface AdvisoryState {
  readonly options: ResolvedAdvisoryOptions;
  readonly symbols: Map<string, SymbolState>;
  readonly kill: KillLatch;
  readonly applied: AppliedSequences;
  policyVersion: number;
  policyFloor: number;
  orchestratorFloor: number;
}

/** @throws QtError QT_OPTION_INVALID */
export function createAdvisoryState(options: AdvisoryOptions = {}): AdvisoryState {
  return {
    options: resolveAdvisoryOptions(options),
    symbols: new Map(),
    kill: createKillLatch(),
    applied: new AppliedSequences(),
    policyVersion: 0,
    policyFloor: 0,
    orchestratorFloor: 0,
  };
}

const HANDLERS: Readonly<Record<string, (state: AdvisoryState, event: QtEvent<never>) => EventInput[]>> = {
  [SignalGenerated.type]: onSignal,
  [MarketCandleNew.type]: onCandle,
  [MarketQualityUpdate.type]: onQuality,
  [RegimeClassificationUpdate.type]: onRegime,
  [EnsemblePredictionNew.type]: onPrediction,
  [PositionOpened.type]: onOpened,
  [PositionClosed.type]: onClosed,
  [PolicyUpdated.type]: onPolicy,
  [OrchestratorPolicyUpdated.type]: onOrchestrator,
  [RiskKillSwitchActivated.type]: onKill,
  [RiskKillSwitchReset.type]: onKillReset,
};

/**
 * Scores raw signals and declines loudly. Returns for each `signal.generated` one `signals.advisory.new`, or one
 * `signals.advisory.no_signal` that names the gate, or one `signals.advisory.expired`. Advice has no power: it is for
 * the risk kernel to act on.
 */
export function step(state: AdvisoryState, event: QtEvent<object>): EventInput[] {
  const handler = HANDLERS[event.type];
  return handler === undefined ? [] : state.applied.once(event, () => handler(state, event as QtEvent<never>));
}

function onSignal(state: AdvisoryState, event: QtEvent<SignalGeneratedPayload>): EventInput[] {
  const { payload: signal } = event;
  if (isLatched(state.kill)) return [decline(signal, 'halted', 'kill switch is on', {})];
  try {
    return advise(state, event);
  } catch (thrown) {
    // Doubt is a refusal: an advisor that fails must not let a signal through, nor hide that it failed.
    const { code, message } = toErrorRecord(thrown);
    const error = SignalsAdvisoryError.create({ context: code, error: message, action: 'NO_SIGNAL' }, { key: signal.symbol });
    return [decline(signal, 'error', message, {}), error];
  }
}

function advise(state: AdvisoryState, event: QtEvent<SignalGeneratedPayload>): EventInput[] {
  const { payload: signal } = event;
  const evidence = gather(state, event);
  const verdict = evaluate(evidence);
  if (verdict.outcome === 'expiry') {
    return [
      SignalsAdvisoryExpired.create({ signal_id: signal.signal_id, age_ms: Math.floor(evidence.ageUs / 1_000) }, { key: signal.symbol }),
    ];
  }
  if (verdict.outcome === 'refusal') return [decline(signal, verdict.gate, verdict.reason, verdict.summary)];
  if (signal.strategy_stage !== 'LIVE') {
    const facts = { edge_score: verdict.edgeScore, confidence: verdict.confidence, stage: 'SHADOW' };
    return [decline(signal, 'halted', 'strategy is in the shadow: measured, not traded', facts)];
  }
  return [toAdvisory(state, event, evidence, verdict)];
}

function gather(state: AdvisoryState, { payload: signal, timestamp }: QtEvent<SignalGeneratedPayload>): Evidence {
  const symbol = symbolOf(state, signal.symbol);
  const { options } = state;
  // Logical now: a signal that comes late is older than the market we have seen since.
  const now = Math.max(timestamp, symbol.marketAt ?? 0);
  const { prediction } = symbol;
  const isCurrent = prediction !== null && prediction.payload.quorum && prediction.at >= (symbol.marketAt ?? 0);
  return {
    signal,
    ageUs: now - timestamp,
    lifetimeUs: options.lifetimeSeconds * SECOND_US,
    marketAgeUs: symbol.marketAt === null ? null : now - symbol.marketAt,
    marketAgeUsMax: options.marketAgeSecondsMax * SECOND_US,
    candles: symbol.candles.get(signal.timeframe) ?? null,
    candlesMin: options.candlesMin,
    regime: symbol.regime,
    stability: symbol.regimes.filter((regime) => regime === symbol.regime?.regime).length / STABILITY_CANDLES,
    prediction: isCurrent ? prediction.payload : null,
    feedQuality: symbol.feedQuality,
    winRate: symbol.outcomes.winRate(signal.strategy, signal.signal_type ?? 'GENERIC'),
    floor: toFloor(state.policyFloor, state.orchestratorFloor),
  };
}

function toAdvisory(state: AdvisoryState, event: QtEvent<SignalGeneratedPayload>, evidence: Evidence, advice: Advice): EventInput {
  const { payload: signal, timestamp } = event;
  const regime = evidence.regime as RegimeClassificationUpdatePayload;
  const { parts } = advice;
  symbolOf(state, signal.symbol).outcomes.onAdvice(signal.signal_id, signal.strategy, advice.type, advice.edgeScore);
  return SignalsAdvisoryNew.create({
    signal_id: signal.signal_id,
    symbol: signal.symbol,
    edge_score: advice.edgeScore,
    confidence: advice.confidence,
    regime_fit: true,
    regime: regime.regime,
    recommended_action: advice.direction,
    reasoning: [
      `${advice.type} in ${regime.regime}`,
      `trend ${parts.trendAlignment.toFixed(2)}`,
      `momentum ${parts.momentum.toFixed(2)}`,
      `volume ${parts.volume.toFixed(2)}`,
      `stability ${parts.regimeStability.toFixed(2)}`,
      `win rate ${parts.winRate.toFixed(2)}`,
      `reward ${parts.rewardRatio.toFixed(2)} R`,
    ].join(', '),
    model_version: state.options.modelVersion,
    execution_power: 'NONE',
    entry_price: signal.entry_price,
    stop_loss: signal.stop_loss,
    target: signal.target,
    signal_type: advice.type,
    strategy_id: signal.strategy,
    regime_confidence: regime.confidence,
    expires_at: timestamp + evidence.lifetimeUs,
    // Logical latency: a wall-clock figure here would make two runs of one day differ.
    latency_ms: Math.floor(evidence.ageUs / 1_000),
  });
}

/** A `signals.advisory.no_signal` for this signal. */
export function decline(
  signal: SignalGeneratedPayload,
  gate: Gate,
  reason: string,
  summary: Readonly<Record<string, unknown>>,
): EventInput {
  const { signal_id, symbol, strategy, action } = signal;
  const inputs_summary = { strategy, action, ...summary };
  return SignalsAdvisoryNoSignal.create({ reason, gate_failed: gate, inputs_summary, signal_id, symbol });
}

function onCandle(state: AdvisoryState, { payload: candle, timestamp }: QtEvent<MarketCandleNewPayload>): EventInput[] {
  const symbol = symbolOf(state, candle.symbol);
  let candles = symbol.candles.get(candle.timeframe);
  if (candles === undefined) {
    candles = new CandleMemory();
    symbol.candles.set(candle.timeframe, candles);
  }
  if (candles.onCandle(candle, timestamp)) symbol.marketAt = Math.max(timestamp, symbol.marketAt ?? 0);
  return [];
}

function onQuality(state: AdvisoryState, { payload }: QtEvent<MarketQualityUpdatePayload>): EventInput[] {
  symbolOf(state, payload.symbol).feedQuality = payload.quality;
  return [];
}

function onRegime(state: AdvisoryState, { payload }: QtEvent<RegimeClassificationUpdatePayload>): EventInput[] {
  const symbol = symbolOf(state, payload.symbol);
  symbol.regime = payload;
  symbol.regimes = [...symbol.regimes, payload.regime].slice(-STABILITY_CANDLES);
  return [];
}

function onPrediction(state: AdvisoryState, { payload, timestamp }: QtEvent<EnsemblePredictionNewPayload>): EventInput[] {
  symbolOf(state, payload.symbol).prediction = { payload, at: timestamp };
  return [];
}

function onOpened(state: AdvisoryState, { payload }: QtEvent<PositionOpenedPayload>): EventInput[] {
  if (payload.signal_id !== undefined) symbolOf(state, payload.symbol).outcomes.onOpened(payload.position_id, payload.signal_id);
  return [];
}

function onClosed(state: AdvisoryState, { payload, timestamp }: QtEvent<PositionClosedPayload>): EventInput[] {
  const drift = symbolOf(state, payload.symbol).outcomes.onClosed(payload.position_id, payload.realized_pnl > 0, timestamp);
  return drift === null ? [] : [SignalsAdvisoryCalibration.create(drift)];
}

/** An older policy that arrives late changes nothing. */
function onPolicy(state: AdvisoryState, { payload }: QtEvent<PolicyUpdatedPayload>): EventInput[] {
  if (payload.version !== undefined && payload.version > state.policyVersion) {
    state.policyVersion = payload.version;
    state.policyFloor = payload.global_min_confidence;
  }
  return [];
}

function onOrchestrator(state: AdvisoryState, { payload }: QtEvent<OrchestratorPolicyUpdatedPayload>): EventInput[] {
  state.orchestratorFloor = payload.min_confidence;
  return [];
}

function onKill(state: AdvisoryState, { payload }: QtEvent<RiskKillSwitchActivatedPayload>): EventInput[] {
  onActivated(state.kill, payload.kill_switch_id);
  return [];
}

function onKillReset(state: AdvisoryState, { payload }: QtEvent<RiskKillSwitchResetPayload>): EventInput[] {
  onReset(state.kill, payload.kill_switch_id);
  return [];
}

function symbolOf(state: AdvisoryState, name: string): SymbolState {
  let symbol = state.symbols.get(name);
  if (symbol === undefined) {
    symbol = { candles: new Map(), outcomes: new Outcomes(), regimes: [], regime: null, prediction: null, feedQuality: 1, marketAt: null };
    state.symbols.set(name, symbol);
  }
  return symbol;
}
