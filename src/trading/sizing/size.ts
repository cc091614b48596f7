import type { RiskEvaluationCompletePayload } from '../../model/index.ts';
import { isTradable, LEVERAGE_BY_LEVEL, toSteps, type ResolvedInstrument } from '../instrument.ts';
import { notionalMicros, shareOf, stepsWithin, toMicros, toPpm, WHOLE_PPM } from '../micros.ts';
import { smallestFactor } from './factors.ts';
import { marginAllowed } from './margin.ts';
import { fixedRiskSteps, kellyRatio, lossPerUnit, volTargetSteps } from './methods.ts';
import type { SizerState } from './state.ts';
import { payoff, winRatio } from './track-record.ts';

export type Allowed = NonNullable<RiskEvaluationCompletePayload['position_allowed']>;

/** One bound of the size and what it came to, for the record. */
export interface Bound {
  readonly code: string;
  readonly steps: number;
}

export interface Sized {
  /** Whole steps; 0 means "too small to trade" and is not an error. */
  readonly steps: number;
  /** Why it is 0, or null. */
  readonly reason: string | null;
  readonly bounds: readonly Bound[];
  readonly leverage: number;
}

/**
 * The size of an approved entry: the method's size times the smallest factor, at most what the evaluation allows, what
 * the risk limit allows with fees, and what the margin caps allow. Rounds down, so the risk taken is never above the
 * risk allowed.
 *
 * @param allowed an evaluation's allowance with a `max_size`
 */
export function sizeEntry(state: SizerState, allowed: Allowed, strategyId: string, instrument: ResolvedInstrument): Sized {
  const { options } = state;
  const perUnit = lossPerUnit(allowed.entry_price, allowed.stop_loss, options.feeRatio);
  const riskPpm = toPpm(Math.min(options.riskPerTradeRatioMax, state.policyRiskRatio));
  const leverage = Math.min(allowed.leverage, LEVERAGE_BY_LEVEL[state.scalingLevel - 1] ?? LEVERAGE_BY_LEVEL[0]);
  const factor = factorOf(state, allowed);
  const ask: MethodAsk = { allowed, strategyId, riskPpm, perUnit, instrument };
  const method = methodSteps(state, state.equity, ask);
  // The factor goes onto the equity and not onto the steps, so that rounding happens once.
  const scaled = methodSteps(state, shareOf(state.equity, Math.floor(factor.ratio * WHOLE_PPM + 1e-6)), ask);
  const bounds: Bound[] = [
    method,
    { code: factor.code, steps: scaled.steps },
    { code: 'MAX_SIZE', steps: toSteps(allowed.max_size ?? 0, instrument) },
    { code: 'RISK', steps: Math.min(fixedRiskSteps(state.equity, riskPpm, perUnit, instrument), allowedRiskSteps(allowed, instrument)) },
    ...(options.caps === 'on' ? [{ code: 'MARGIN', steps: marginSteps(state, allowed, leverage, instrument) }] : []),
  ];
  const steps = Math.min(...bounds.map((bound) => bound.steps));
  if (isTradable(steps, allowed.entry_price, instrument)) return { steps, reason: null, bounds, leverage };
  const zero = bounds.find((bound) => bound.steps === 0);
  return { steps: 0, reason: zero?.code ?? 'SIZE_BELOW_MIN', bounds, leverage };
}

interface MethodAsk {
  readonly allowed: Allowed;
  readonly strategyId: string;
  readonly riskPpm: number;
  readonly perUnit: number;
  readonly instrument: ResolvedInstrument;
}

function methodSteps(state: SizerState, equity: number, ask: MethodAsk): Bound {
  const { allowed, riskPpm, perUnit, instrument } = ask;
  const { method, kellyRatioMax, kellyTradesMin, volatilityTargetRatio } = state.options;
  if (method === 'vol_target') {
    const daily = state.daily.get(allowed.symbol)?.ratio ?? null;
    if (daily === null || daily === 0) return { code: 'VOLATILITY_UNKNOWN', steps: 0 };
    return { code: 'VOL_TARGET', steps: volTargetSteps(equity, volatilityTargetRatio, allowed.entry_price, daily, instrument) };
  }
  if (method === 'fixed_risk') return { code: 'FIXED_RISK', steps: fixedRiskSteps(equity, riskPpm, perUnit, instrument) };
  const record = state.records.get(ask.strategyId);
  if (record === undefined || record.trades < kellyTradesMin) {
    return { code: 'KELLY_UNKNOWN', steps: fixedRiskSteps(equity, Math.floor(riskPpm / 2), perUnit, instrument) };
  }
  const ratio = kellyRatio(winRatio(record), payoff(record), kellyRatioMax);
  return { code: 'KELLY', steps: fixedRiskSteps(equity, Math.min(toPpm(ratio), riskPpm), perUnit, instrument) };
}

function factorOf(state: SizerState, allowed: Allowed): ReturnType<typeof smallestFactor> {
  const circumstances = {
    kernelRatio: allowed.size_multiplier,
    orchestratorRatio: state.orchestratorRatio,
    governorRatio: state.governorRatio,
    drawdownRatio: state.drawdownRatio,
    volatility: state.volatility.get(allowed.symbol) ?? null,
    lossStreak: state.lossStreak,
  };
  return smallestFactor(circumstances, state.options);
}

/** The evaluation's own risk limit is one of price risk, without fees. */
function allowedRiskSteps(allowed: Allowed, instrument: ResolvedInstrument): number {
  return stepsWithin(
    toMicros(allowed.max_risk_usd),
    lossPerUnit(allowed.entry_price, allowed.stop_loss, 0),
    instrument.step,
    instrument.multiplier,
  );
}

function marginSteps(state: SizerState, allowed: Allowed, leverage: number, instrument: ResolvedInstrument): number {
  const margin = marginAllowed({
    equity: state.equity,
    used: shareOf(state.used, toPpm(1 / leverage)),
    level: state.scalingLevel,
    volatility: state.volatility.get(allowed.symbol) ?? null,
    drawdownRatio: state.drawdownRatio,
    lossStreak: state.lossStreak,
  });
  return stepsWithin(shareOf(margin, toPpm(leverage)), allowed.entry_price, instrument.step, instrument.multiplier);
}

/** What is lost at the stop, fees of both sides included, micro-units. */
export function riskMicros(allowed: Allowed, size: number, feeRatio: number, instrument: ResolvedInstrument): number {
  return notionalMicros(lossPerUnit(allowed.entry_price, allowed.stop_loss, feeRatio), size, instrument.multiplier);
}
