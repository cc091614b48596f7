import type { EventInput, QtEvent } from '../../event/index.ts';
import {
  MarketCandleNew,
  OrchestratorPolicyUpdated,
  PolicyUpdated,
  PositionClosed,
  RegimeClassificationUpdate,
  RiskDailyStatusUpdate,
  RiskEvaluationComplete,
  RiskGovernorChanged,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  SignalsAdvisoryNew,
  TradesRequestDenied,
  TradesRequestNew,
  type MarketCandleNewPayload,
  type OrchestratorPolicyUpdatedPayload,
  type PolicyUpdatedPayload,
  type PositionClosedPayload,
  type RegimeClassificationUpdatePayload,
  type RiskDailyStatusUpdatePayload,
  type RiskEvaluationCompletePayload,
  type RiskGovernorChangedPayload,
  type RiskKillSwitchActivatedPayload,
  type RiskKillSwitchResetPayload,
  type SignalsAdvisoryNewPayload,
} from '../../model/index.ts';
import { toSize, type ResolvedInstrument } from '../instrument.ts';
import { isLatched, onActivated, onReset } from '../kill-latch.ts';
import { fromMicros, shareOf, toMicros, toPpm, wireNumber } from '../micros.ts';
import { riskMicros, sizeEntry, type Allowed, type Bound, type Sized } from './size.ts';
import { DailyVolatility, type SizerState } from './state.ts';
import { onResult } from './track-record.ts';

/** The types the sizer reads. */
export const INPUT_TYPES: readonly string[] = [
  RiskEvaluationComplete,
  SignalsAdvisoryNew,
  RiskDailyStatusUpdate,
  RegimeClassificationUpdate,
  MarketCandleNew,
  PositionClosed,
  PolicyUpdated,
  OrchestratorPolicyUpdated,
  RiskGovernorChanged,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
].map((definition) => definition.type);

/** Signals whose strategy is remembered; each is needed for as long as an evaluation takes. */
const STRATEGIES_MAX = 10_000;

/**
 * Applies one event. An APPROVED or MODIFIED evaluation gives exactly one event: `trades.request.new`, or
 * `trades.request.denied` with the reason when nothing is left to trade, on which the kernel releases what it reserved.
 */
export function step(state: SizerState, event: QtEvent<object>): EventInput[] {
  return INPUT_TYPES.includes(event.type) ? state.applied.once(event, () => apply(state, event)) : [];
}

function apply(state: SizerState, event: QtEvent<object>): EventInput[] {
  if (event.type === RiskEvaluationComplete.type) return onEvaluation(state, event as QtEvent<RiskEvaluationCompletePayload>);
  observe(state, event);
  return [];
}

function onEvaluation(state: SizerState, event: QtEvent<RiskEvaluationCompletePayload>): EventInput[] {
  const { evaluation_id, signal_id, decision, position_allowed: allowed, expires_at } = event.payload;
  const strategyId = state.strategies.get(signal_id);
  state.strategies.delete(signal_id);
  // Without a `max_size` it is an option's evaluation, and its lots are another component's affair.
  if (decision === 'VETOED' || allowed?.max_size === undefined || !state.evaluations.add(evaluation_id)) return [];
  const requestId = `req_${event.seq}_0`;
  const deny = (reason: string, bounds: readonly Bound[] = []): EventInput[] => {
    const checks = bounds.map(({ code, steps }) => ({ code, steps }));
    return [TradesRequestDenied.create({ request_id: requestId, evaluation_id, symbol: allowed.symbol, reason, checks })];
  };
  const instrument = state.options.instruments.get(allowed.symbol) ?? state.options.defaultInstrument;
  if (isLatched(state.kill)) return deny('KILL_ACTIVE');
  if (event.timestamp >= expires_at) return deny('EVALUATION_EXPIRED');
  if (strategyId === undefined) return deny('SIGNAL_UNKNOWN');
  if (instrument === null) return deny('SYMBOL_UNKNOWN');
  const sized = sizeEntry(state, allowed, strategyId, instrument);
  if (sized.reason !== null) return deny(sized.reason, sized.bounds);
  return [request(state, event, { requestId, strategyId, allowed, sized, instrument })];
}

interface RequestParts {
  readonly requestId: string;
  readonly strategyId: string;
  readonly allowed: Allowed;
  readonly sized: Sized;
  readonly instrument: ResolvedInstrument;
}

function request(state: SizerState, event: QtEvent<RiskEvaluationCompletePayload>, parts: RequestParts): EventInput {
  const { allowed, sized, instrument } = parts;
  const { orderType, requestLifetimeMs, feeRatio } = state.options;
  const size = toSize(sized.steps, instrument);
  const risk = riskMicros(allowed, size, feeRatio, instrument);
  return TradesRequestNew.create({
    request_id: parts.requestId,
    evaluation_id: event.payload.evaluation_id,
    symbol: allowed.symbol,
    direction: allowed.direction,
    size,
    entry_price: allowed.entry_price,
    stop_loss: allowed.stop_loss,
    risk_amount: fromMicros(risk),
    risk_percent: wireNumber((risk * 100) / state.equity),
    signal_id: event.payload.signal_id,
    strategy_id: parts.strategyId,
    type: orderType,
    ...(orderType === 'LIMIT' ? { limit_price: allowed.entry_price } : {}),
    expires_at: event.timestamp + requestLifetimeMs * 1_000,
    leverage: wireNumber(sized.leverage),
  });
}

/** Everything but evaluations only changes what the sizer knows. */
function observe(state: SizerState, { type, payload, timestamp }: QtEvent<object>): void {
  switch (type) {
    case SignalsAdvisoryNew.type:
      return rememberStrategy(state, payload as SignalsAdvisoryNewPayload);
    case RiskDailyStatusUpdate.type:
      return onStatus(state, payload as RiskDailyStatusUpdatePayload);
    case RegimeClassificationUpdate.type: {
      const { symbol, volatility_state } = payload as RegimeClassificationUpdatePayload;
      state.volatility.set(symbol, volatility_state);
      return;
    }
    case MarketCandleNew.type:
      return onCandle(state, payload as MarketCandleNewPayload, timestamp);
    case PositionClosed.type: {
      const { strategy_id, realized_pnl } = payload as PositionClosedPayload;
      if (strategy_id !== undefined) onResult(state.records, strategy_id, realized_pnl);
      return;
    }
    case PolicyUpdated.type:
      return onPolicy(state, payload as PolicyUpdatedPayload);
    case OrchestratorPolicyUpdated.type:
      state.orchestratorRatio = (payload as OrchestratorPolicyUpdatedPayload).risk_multiplier;
      return;
    case RiskGovernorChanged.type:
      state.governorRatio = (payload as RiskGovernorChangedPayload).size_multiplier;
      return;
    case RiskKillSwitchActivated.type:
      onActivated(state.kill, (payload as RiskKillSwitchActivatedPayload).kill_switch_id);
      return;
    case RiskKillSwitchReset.type: {
      const { kill_switch_id, scaling_level } = payload as RiskKillSwitchResetPayload;
      if (onReset(state.kill, kill_switch_id)) state.scalingLevel = scaling_level;
    }
  }
}

function rememberStrategy({ strategies }: SizerState, { signal_id, strategy_id }: SignalsAdvisoryNewPayload): void {
  if (strategy_id === undefined) return;
  strategies.set(signal_id, strategy_id);
  if (strategies.size > STRATEGIES_MAX) strategies.delete(strategies.keys().next().value as string);
}

function onStatus(state: SizerState, status: RiskDailyStatusUpdatePayload): void {
  state.equity = toMicros(status.equity_usd);
  state.used = shareOf(Math.max(0, state.equity), toPpm(status.total_exposure_percent / 100)) + toMicros(status.reserved_usd);
  state.drawdownRatio = status.drawdown_from_hwm;
  state.lossStreak = status.loss_streak;
}

function onCandle(state: SizerState, { symbol, timeframe, close }: MarketCandleNewPayload, timestamp: number): void {
  if (timeframe !== '1d' || state.options.method !== 'vol_target') return;
  const daily = state.daily.get(symbol) ?? new DailyVolatility();
  state.daily.set(symbol, daily);
  daily.update(close, timestamp);
}

function onPolicy(state: SizerState, { version = state.policyVersion + 1, max_risk_per_trade }: PolicyUpdatedPayload): void {
  if (version <= state.policyVersion) return;
  state.policyVersion = version;
  state.policyRiskRatio = max_risk_per_trade;
}
