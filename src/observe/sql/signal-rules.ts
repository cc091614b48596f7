import {
  RiskEvaluationComplete,
  SignalActivated,
  SignalCompleted,
  SignalGenerated,
  SignalsAdvisoryExpired,
  SignalsAdvisoryNew,
  SignalsAdvisoryNoSignal,
  SignalStopped,
  SignalUpdated,
  TradesRequestNew,
  type SignalCompletedPayload,
} from '../../model/index.ts';
import { upsert, type Fact, type Row, type Rule } from './rule.ts';

/**
 * `signals`, one row per signal: GENERATED, then DECLINED by the advisory (`reason` is the gate) or ADVISED, then APPROVED,
 * MODIFIED or VETOED by the risk kernel, REQUESTED, ACTIVATED, and COMPLETED or STOPPED.
 */
export const SIGNAL_RULES: readonly Rule[] = [
  upsert(SignalGenerated, 'signals', ({ payload: p, ...at }) => ({
    signal_id: p.signal_id,
    symbol: p.symbol,
    strategy_id: p.strategy,
    signal_type: p.signal_type,
    action: p.action,
    timeframe: p.timeframe,
    entry_price: p.entry_price,
    stop_loss: p.stop_loss,
    target: p.target,
    strength: p.signal_strength,
    generated_us: at.timestamp,
    ...state('GENERATED', null, at),
  })),
  upsert(SignalsAdvisoryNew, 'signals', ({ payload: p, ...at }) => ({
    signal_id: p.signal_id,
    symbol: p.symbol,
    strategy_id: p.strategy_id,
    signal_type: p.signal_type,
    entry_price: p.entry_price,
    stop_loss: p.stop_loss,
    target: p.target,
    edge_score: p.edge_score,
    confidence: p.confidence,
    regime: p.regime,
    model_version: p.model_version,
    ...state('ADVISED', null, at),
  })),
  upsert(SignalsAdvisoryNoSignal, 'signals', ({ payload: p, ...at }) => ({
    signal_id: p.signal_id,
    symbol: p.symbol,
    ...state('DECLINED', p.gate_failed, at),
  })),
  upsert(SignalsAdvisoryExpired, 'signals', ({ payload: p, ...at }) => ({ signal_id: p.signal_id, ...state('EXPIRED', null, at) })),
  upsert(RiskEvaluationComplete, 'signals', ({ payload: p, ...at }) => ({
    signal_id: p.signal_id,
    evaluation_id: p.evaluation_id,
    ...state(p.decision, p.veto_reason, at),
  })),
  upsert(TradesRequestNew, 'signals', ({ payload: p, ...at }) => ({ signal_id: p.signal_id, ...state('REQUESTED', null, at) })),
  upsert(SignalActivated, 'signals', ({ payload: p, ...at }) => ({
    signal_id: p.signal_id,
    symbol: p.symbol,
    order_id: p.order_id,
    ...state('ACTIVATED', null, at),
  })),
  upsert(SignalUpdated, 'signals', ({ payload: p, ...at }) => ({
    signal_id: p.signal_id,
    stop_loss: p.updates?.['stop_loss'],
    ...state(p.updates?.['status'], p.updates?.['reason'], at),
  })),
  upsert(SignalCompleted, 'signals', (fact) => ended(fact, 'COMPLETED')),
  upsert(SignalStopped, 'signals', (fact) => ended(fact, 'STOPPED')),
];

function state(status: unknown, reason: unknown, { seq, timestamp }: Omit<Fact, 'payload'>): Row {
  return { status, reason, updated_us: timestamp, last_seq: seq };
}

function ended({ payload: p, ...at }: Fact<SignalCompletedPayload>, status: string): Row {
  return { signal_id: p.signal_id, exit_price: p.exit_price, pnl: p.profit_loss, ...state(status, p.exit_reason, at) };
}
