import type {
  EnsemblePredictionNewPayload,
  RegimeClassificationUpdatePayload,
  SignalGeneratedPayload,
  SignalsAdvisoryNoSignalPayload,
  SignalType,
} from '../../model/index.ts';
import type { CandleMemory } from './candles.ts';
import { FIT_MIN, passesEdge, REGIME_FIT, toAgeFactor, toBaseConfidence, toConfidence, toEdgeScore, type EdgeParts } from './score.ts';

type Direction = 'LONG' | 'SHORT';

/** All that a signal is judged by. */
export interface Evidence {
  readonly signal: SignalGeneratedPayload;
  /** Microseconds between the signal and now, logical time. */
  readonly ageUs: number;
  readonly lifetimeUs: number;
  /** Microseconds since the last market event; null if there was none. */
  readonly marketAgeUs: number | null;
  readonly marketAgeUsMax: number;
  readonly candles: CandleMemory | null;
  readonly candlesMin: number;
  /** Null until the detector has spoken. */
  readonly regime: RegimeClassificationUpdatePayload | null;
  /** Share of the last candles in this regime, 0..1. */
  readonly stability: number;
  /** Of this candle and with a quorum, else null. */
  readonly prediction: EnsemblePredictionNewPayload | null;
  /** Quality of the feed, 0..1. */
  readonly feedQuality: number;
  readonly winRate: number;
  /** Confidence that must be reached, 0.6..1. */
  readonly floor: number;
}

export type Gate = SignalsAdvisoryNoSignalPayload['gate_failed'];

export interface Advice {
  readonly outcome: 'advice';
  readonly direction: Direction;
  readonly type: SignalType;
  readonly edgeScore: number;
  readonly confidence: number;
  readonly parts: EdgeParts;
}

export interface Refusal {
  readonly outcome: 'refusal';
  readonly gate: Gate;
  readonly reason: string;
  readonly summary: Readonly<Record<string, number | string>>;
}

export interface Expiry {
  readonly outcome: 'expiry';
}

/** Puts one signal through the four gates, in order. Pure. */
export function evaluate(evidence: Evidence): Advice | Refusal | Expiry {
  const { signal, candles, regime } = evidence;
  const ageFactor = toAgeFactor(evidence.ageUs, evidence.lifetimeUs);
  if (ageFactor === null) return { outcome: 'expiry' };
  const fault = findFault(evidence);
  if (fault !== null || candles === null || regime === null || candles.momentum === null) {
    return refuse('input_validation', fault ?? 'momentum is not known yet', { candles: candles?.count ?? 0 });
  }
  const direction = signal.action === 'BUY' ? 'LONG' : 'SHORT';
  const type = signal.signal_type ?? 'GENERIC';
  const votes = toVotes(evidence, direction);
  const parts = toParts(evidence, direction, type, regime, candles, candles.momentum);
  const edgeScore = toEdgeScore(parts, regime.regime);
  const facts = { edge_score: edgeScore, regime: regime.regime, signal_type: type };
  if (!passesEdge(edgeScore, type, regime.regime))
    return refuse('edge_score', `edge ${edgeScore} is too low for ${type}`, { ...facts, ...parts });

  const dataQuality = Math.min(candles.quality, evidence.feedQuality);
  const base = toBaseConfidence({ votes, dataQuality, stability: evidence.stability });
  const confidence = toConfidence(base, regime.regime_detail === 'UNKNOWN' ? 'UNKNOWN' : regime.regime, ageFactor);
  if (confidence < evidence.floor) {
    const reason = `confidence ${confidence} is below ${evidence.floor}`;
    return refuse('confidence_floor', reason, { ...facts, confidence, floor: evidence.floor, data_quality: dataQuality });
  }
  if (parts.regimeFit < FIT_MIN) {
    return refuse('regime_fit', `${type} does not fit ${regime.regime}`, { ...facts, confidence, regime_fit: parts.regimeFit });
  }
  return { outcome: 'advice', direction, type, edgeScore, confidence, parts };
}

/** Gate 1: what is missing or cannot be true. */
function findFault({ signal, candles, candlesMin, regime, marketAgeUs, marketAgeUsMax }: Evidence): string | null {
  if (candles === null || candles.count < candlesMin) return `fewer than ${candlesMin} candles of ${signal.timeframe}`;
  if (!candles.hasVolume) return 'volume is missing';
  if (regime === null) return 'regime is not known';
  if (marketAgeUs === null || marketAgeUs > marketAgeUsMax) return 'market data is stale';
  const risk = signal.action === 'BUY' ? signal.entry_price - signal.stop_loss : signal.stop_loss - signal.entry_price;
  return risk > 0 ? null : 'stop is not on the losing side of the entry';
}

function toParts(
  { signal, stability, prediction, winRate }: Evidence,
  direction: Direction,
  type: SignalType,
  regime: RegimeClassificationUpdatePayload,
  candles: CandleMemory,
  momentum: number,
): EdgeParts {
  const isLong = direction === 'LONG';
  const reward = isLong ? signal.target - signal.entry_price : signal.entry_price - signal.target;
  return {
    trendAlignment: (1 + (isLong ? 1 : -1) * (regime.trend_strength ?? 0)) / 2,
    momentum: isLong ? momentum : 1 - momentum,
    volume: candles.volumeRatio,
    regimeFit: REGIME_FIT[regime.regime][type],
    regimeStability: stability,
    winRate,
    rewardRatio: Math.max(reward / Math.abs(signal.entry_price - signal.stop_loss), 0),
    consensus: toConsensus(prediction, isLong),
  };
}

/** Agreement of the models with this side; one half, which says nothing, where there are none. */
function toConsensus(prediction: EnsemblePredictionNewPayload | null, isLong: boolean): number {
  if (prediction === null) return 0.5;
  return prediction.p_up > 0.5 === isLong ? prediction.agreement : 1 - prediction.agreement;
}

/** How sure each model is of this side; without models the strategy's own strength is the only vote. */
function toVotes({ signal, prediction }: Evidence, direction: Direction): number[] {
  if (prediction === null || prediction.votes.length === 0) return [signal.signal_strength / 10];
  const isLong = direction === 'LONG';
  return prediction.votes.map((vote) => (vote.p_up > 0.5 === isLong ? vote.confidence : 1 - vote.confidence));
}

function refuse(gate: Gate, reason: string, summary: Readonly<Record<string, number | string>>): Refusal {
  return { outcome: 'refusal', gate, reason, summary };
}
