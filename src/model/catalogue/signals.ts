import { Type } from '../../event/index.ts';
import { bool, code, count, id, ms, obj, pct, px, qty, ratio, ratios, str, strs, us, usd } from '../schema.ts';
import { Regime, Side, SignalType } from '../words.ts';
import { bySymbol, bySystem, catalogued, symbolOr, type PayloadOf } from './_define.ts';

const candidateFields = {
  symbol: id,
  strategy: id,
  action: Type.Enum(Side),
  entry_price: px,
  stop_loss: px,
  target: px,
  // A scale of its own, 0 to 10; mode files that say 0..1 are multiplied by ten where they are read.
  signal_strength: Type.Number({ title: 'num', minimum: 0, maximum: 10 }),
  expected_move_pct: pct,
  timeframe: str,
  metadata: obj,
};
const signalType = Type.Enum(SignalType);
const strategyStage = Type.Enum(['SHADOW', 'LIVE']);

/** What a strategy proposes; the signal manager decides whether it is new. */
export const SignalCandidateNew = catalogued('signal.candidate.new', {
  payload: Type.Object({ ...candidateFields, signal_type: signalType, strategy_stage: strategyStage }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '7d',
  rate: '1 per (strategy, symbol, candle)',
  description: 'A strategy proposes a signal',
  publishers: ['strategy_runtime'],
  consumers: ['signal_manager'],
});
export type SignalCandidateNewPayload = PayloadOf<typeof SignalCandidateNew>;

/** Type and stage are optional because AlphaStocks' signals have neither; an absent type counts as GENERIC. */
export const SignalGenerated = catalogued('signal.generated', {
  payload: Type.Object({
    signal_id: id,
    ...candidateFields,
    signal_type: Type.Optional(signalType),
    strategy_stage: Type.Optional(strategyStage),
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '30d',
  rate: '1 per (strategy, symbol, candle)',
  description: 'A strategy signal was accepted as new and stored',
  publishers: ['signal_manager'],
  consumers: ['signal_advisory', 'options_executor', 'notification'],
});
export type SignalGeneratedPayload = PayloadOf<typeof SignalGenerated>;

export const SignalActivated = catalogued('signal.activated', {
  payload: Type.Object({
    signal_id: id,
    order_id: id,
    symbol: id,
    action: Type.Enum(Side),
    price: px,
    quantity: qty,
    metadata: obj,
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '90d',
  description: 'An order was placed for a signal',
  publishers: ['options_executor', 'signal_manager'],
  consumers: ['notification'],
});
export type SignalActivatedPayload = PayloadOf<typeof SignalActivated>;

/** `updates` holds what changed, such as `stop_loss` or `status` (EXPIRED, LOGGED, VETOED). */
export const SignalUpdated = catalogued('signal.updated', {
  payload: Type.Object({ signal_id: id, updates: obj, metadata: obj }),
  priority: 'NORMAL',
  keyKind: 'sym',
  key: (payload) => symbolOr(payload, payload.signal_id),
  keep: '30d',
  description: 'A signal changed or ended without a position',
  publishers: ['signal_manager'],
  consumers: [],
});
export type SignalUpdatedPayload = PayloadOf<typeof SignalUpdated>;

const endFields = {
  signal_id: id,
  exit_price: px,
  profit_loss: usd,
  profit_loss_pct: pct,
  exit_reason: str,
  metadata: obj,
};

export const SignalCompleted = catalogued('signal.completed', {
  payload: Type.Object(endFields),
  priority: 'HIGH',
  keyKind: 'sym',
  key: (payload) => symbolOr(payload, payload.signal_id),
  keep: 'perm',
  description: 'The position of a signal ended at its target or with a profit',
  publishers: ['options_position_manager', 'signal_manager'],
  consumers: ['notification', 'performance_tracker'],
});
export type SignalCompletedPayload = PayloadOf<typeof SignalCompleted>;

export const SignalStopped = catalogued('signal.stopped', {
  payload: Type.Object(endFields),
  priority: 'HIGH',
  keyKind: 'sym',
  key: (payload) => symbolOr(payload, payload.signal_id),
  keep: 'perm',
  description: 'The position of a signal ended at its stop or without a profit',
  publishers: ['options_position_manager', 'signal_manager'],
  consumers: ['notification', 'performance_tracker'],
});
export type SignalStoppedPayload = PayloadOf<typeof SignalStopped>;

/**
 * Advice without power: `execution_power` is always NONE. What the source documents do not have is optional, because
 * a foreign signal must reach the risk kernel to be vetoed there (a missing stop is the veto `STOP_MISSING`).
 */
export const SignalsAdvisoryNew = catalogued('signals.advisory.new', {
  payload: Type.Object({
    signal_id: id,
    symbol: id,
    edge_score: Type.Integer({ title: 'int', minimum: 0, maximum: 100 }),
    confidence: ratio,
    regime_fit: bool,
    regime: Type.Enum(Regime),
    recommended_action: Type.Enum(['LONG', 'SHORT', 'NO_SIGNAL']),
    reasoning: str,
    model_version: str,
    execution_power: Type.Literal('NONE'),
    entry_price: Type.Optional(px),
    stop_loss: Type.Optional(px),
    target: Type.Optional(px),
    signal_type: Type.Optional(signalType),
    strategy_id: Type.Optional(id),
    regime_confidence: Type.Optional(ratio),
    expires_at: Type.Optional(us),
    latency_ms: Type.Optional(ms),
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '30d',
  description: 'A scored signal that passed every gate of the advisory',
  publishers: ['signal_advisory'],
  consumers: ['risk_kernel'],
});
export type SignalsAdvisoryNewPayload = PayloadOf<typeof SignalsAdvisoryNew>;

export const SignalsAdvisoryNoSignal = catalogued('signals.advisory.no_signal', {
  payload: Type.Object({
    reason: str,
    gate_failed: Type.Enum(['input_validation', 'edge_score', 'confidence_floor', 'regime_fit', 'timeout', 'error', 'halted']),
    inputs_summary: obj,
    signal_id: Type.Optional(id),
    symbol: Type.Optional(id),
  }),
  priority: 'LOW',
  keyKind: 'sym',
  key: (payload) => payload.symbol ?? payload.signal_id ?? payload.gate_failed,
  keep: '7d',
  description: 'The advisory declined; says which gate',
  publishers: ['signal_advisory'],
  consumers: ['signal_manager'],
});
export type SignalsAdvisoryNoSignalPayload = PayloadOf<typeof SignalsAdvisoryNoSignal>;

export const SignalsAdvisoryCalibration = catalogued('signals.advisory.calibration', {
  payload: Type.Object({
    bucket: Type.Enum(['40-54', '55-69', '70-84', '85-100']),
    expected_winrate: ratio,
    actual_winrate: ratio,
    sample_size: count,
  }),
  priority: 'NORMAL',
  keyKind: 'model',
  key: (payload) => payload.bucket,
  keep: '90d',
  rate: '1/h per bucket',
  description: 'How often signals of an edge bucket won, against what was promised',
  publishers: ['signal_advisory'],
  consumers: ['alerting', 'clm'],
});
export type SignalsAdvisoryCalibrationPayload = PayloadOf<typeof SignalsAdvisoryCalibration>;

export const SignalsAdvisoryExpired = catalogued('signals.advisory.expired', {
  payload: Type.Object({ signal_id: id, age_ms: ms }),
  priority: 'LOW',
  keyKind: 'sym',
  key: (payload) => symbolOr(payload, payload.signal_id),
  keep: '7d',
  description: 'An advisory signal grew too old to be used',
  publishers: ['signal_advisory'],
  consumers: ['signal_manager'],
});
export type SignalsAdvisoryExpiredPayload = PayloadOf<typeof SignalsAdvisoryExpired>;

export const SignalsAdvisoryError = catalogued('signals.advisory.error', {
  payload: Type.Object({ context: code, error: str, action: Type.Literal('NO_SIGNAL') }),
  priority: 'NORMAL',
  keyKind: 'sym',
  key: (payload) => symbolOr(payload, payload.context),
  keep: '7d',
  description: 'The advisory failed on an input and said nothing',
  publishers: ['signal_advisory'],
  consumers: ['alerting'],
});
export type SignalsAdvisoryErrorPayload = PayloadOf<typeof SignalsAdvisoryError>;

export const OpportunitiesUpdated = catalogued('opportunities.updated', {
  payload: Type.Object({ top_symbols: strs, scores: ratios, criteria: obj, excluded_count: count }),
  priority: 'NORMAL',
  ...bySystem,
  keep: '30d',
  rate: 'on change, at least 60 s apart',
  description: 'The ranking of symbols changed',
  publishers: ['opportunity_ranker'],
  consumers: ['strategy_runtime', 'orchestrator', 'position_monitor', 'portfolio_balancer', 'msc_ai'],
});
export type OpportunitiesUpdatedPayload = PayloadOf<typeof OpportunitiesUpdated>;
