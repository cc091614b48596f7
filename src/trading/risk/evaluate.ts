import type { Direction, RiskEvaluationCompletePayload, SignalsAdvisoryNewPayload } from '../../model/index.ts';
import { fromMicros, notionalMicros, toPpm, wireNumber } from '../micros.ts';
import { isLatched } from '../kill-latch.ts';
import { Checklist } from './checklist.ts';
import { equityMicros, fellBy, lossRatio } from './equity.ts';
import { instrumentOf } from './exposure.ts';
import { checkGovernor, checkGuard, checkStance, type GuardedEntry } from './guard.ts';
import { isTradable, toSize } from '../instrument.ts';
import { calendarStance, disconnectedSince, isBlocked } from './integrity.ts';
import { marginRatio } from './kill-triggers.ts';
import { all, type Reservation } from './reservations.ts';
import { checkInput, checkTrade } from './signal-check.ts';
import { allowance, type Allowance } from './size.ts';
import type { RiskState } from './state.ts';

/** A decision, with what must be reserved for it. */
export interface Evaluation {
  readonly payload: RiskEvaluationCompletePayload;
  readonly reservation: Reservation | null;
}

/**
 * Decides on one signal. The checks run in a fixed order and the first failure decides; a dimension that was not
 * reached is not passed. Pure: the same state and signal give the same answer.
 */
export function evaluate(state: RiskState, signal: SignalsAdvisoryNewPayload, evaluationId: string): Evaluation {
  const list = new Checklist();
  const sized = decide(state, signal, list);
  const allowed = sized === null ? null : positionAllowed(state, signal, sized);
  const base = {
    evaluation_id: evaluationId,
    signal_id: typeof signal.signal_id === 'string' && signal.signal_id !== '' ? signal.signal_id : 'unknown',
    risk_dimensions: list.dimensions(),
    checks: list.records,
    policy_version: state.policies.version,
    expires_at: Number.isSafeInteger(signal.expires_at) && (signal.expires_at as number) >= 0 ? (signal.expires_at as number) : state.now,
  };
  if (sized === null || allowed === null) {
    return { payload: { ...base, decision: 'VETOED', veto_reason: list.veto ?? 'INPUT_MISSING' }, reservation: null };
  }
  const modified = sized.modifications.length > 0;
  return {
    payload: {
      ...base,
      decision: modified ? 'MODIFIED' : 'APPROVED',
      ...(modified ? { modifications: sized.modifications } : {}),
      position_allowed: allowed,
    },
    reservation: {
      evaluationId,
      symbol: signal.symbol,
      direction: allowed.direction,
      instrument: instrumentOf(state.options, signal.symbol),
      entryPrice: allowed.entry_price,
      stopPrice: allowed.stop_loss,
      expiresAt: base.expires_at,
      steps: sized.steps,
      requestId: null,
      ordered: false,
    },
  };
}

function decide(state: RiskState, signal: SignalsAdvisoryNewPayload, list: Checklist): Allowance | null {
  if (!checkInput(state, signal, list) || !checkSurroundings(state, signal.symbol, list)) return null;
  list.pass('system_integrity');
  if (!checkDay(state, list)) return null;
  list.pass('daily_risk');
  if (!checkDrawdown(state, list)) return null;
  list.pass('drawdown');
  const entry = guardedEntry(signal);
  if (!checkStance(state, entry, list) || !checkGovernor(state, list) || !checkGuard(state, entry, list)) return null;
  const distance = calendarStance(state.integrity, state.now).stopDistanceRatioMax ?? state.options.limits.stopDistanceRatioMax;
  if (!checkTrade(state, signal, Math.min(distance, state.options.limits.stopDistanceRatioMax), list)) return null;
  const instrument = instrumentOf(state.options, signal.symbol);
  const sized = allowance(state, signal.symbol, signal.entry_price as number, signal.stop_loss as number, instrument);
  const size = toSize(sized.steps, instrument);
  if (!list.check('SIZE_BELOW_MIN', isTradable(sized.steps, signal.entry_price as number, instrument), size, instrument.minSize))
    return null;
  list.pass('trade_risk');
  return sized;
}

/** Preflight, data, venue, margin, positions, exit brain, calendar; then the kill switch and the human lock. */
function checkSurroundings(state: RiskState, symbol: string, list: Checklist): boolean {
  const { integrity, options, now } = state;
  const rules = options.integrity;
  const ageMs = now - (integrity.dataAt.get(symbol) ?? -Infinity);
  const quality = integrity.quality.get(symbol) ?? null;
  const margin = marginRatio(state);
  const mismatch = Math.max(0, ...integrity.mismatchPct.values());
  const silenceMs = integrity.exitBrainAt === null ? null : (now - integrity.exitBrainAt) / 1_000;
  const brainAlive = silenceMs !== null && silenceMs <= (rules.exitBrainSilenceMsMax ?? 0) && !integrity.exitBrainDegraded;
  return (
    list.check('PREFLIGHT', !rules.preflightRequired || integrity.preflightPassed) &&
    list.check('DATA_STALE', ageMs <= rules.dataAgeMsMax * 1_000, ageMs / 1_000, rules.dataAgeMsMax) &&
    list.check('VENUE_DOWN', disconnectedSince(integrity) === null) &&
    list.check('DATA_GAP', !integrity.gaps.has(symbol)) &&
    list.check(
      'DATA_QUALITY',
      quality === null ? !rules.qualityRequired : quality >= rules.qualityRatioMin,
      quality,
      rules.qualityRatioMin,
    ) &&
    list.check('MARGIN', margin === null || margin >= options.limits.marginRatioMin, margin, options.limits.marginRatioMin) &&
    list.check('POSITION_MISMATCH', mismatch <= rules.mismatchPctMax, mismatch, rules.mismatchPctMax) &&
    list.check('EXIT_BRAIN_DOWN', rules.exitBrainSilenceMsMax === null || brainAlive, silenceMs, rules.exitBrainSilenceMsMax) &&
    list.check('NO_TRADE', calendarStance(integrity, now).open) &&
    list.check('KILL_ACTIVE', !isLatched(state.kill)) &&
    list.check('HUMAN_OVERRIDE', !isBlocked(integrity, symbol))
  );
}

function checkDay(state: RiskState, list: Checklist): boolean {
  const { equity, options } = state;
  const { dailyLossKillRatio, dailyLossVetoRatio, dailyTradesMax, intradayDrawdownRatioMax } = options.limits;
  const now = equityMicros(equity, state.holdings);
  const pnlRatio = equity.dayStart > 0 ? (now - equity.dayStart) / equity.dayStart : null;
  // Entries approved but not yet open count, or a burst of signals would pass the limit together.
  const trades = equity.tradesToday + all(state.reservations).length;
  return (
    list.check(
      'DAILY_LOSS_LIMIT',
      equity.dayStart > 0 && !fellBy(equity.dayStart, now, dailyLossKillRatio),
      pnlRatio,
      -dailyLossKillRatio,
    ) &&
    list.check('DAILY_NEAR_LIMIT', !fellBy(equity.dayStart, now, dailyLossVetoRatio), pnlRatio, -dailyLossVetoRatio) &&
    list.check('DAILY_TRADES', trades < dailyTradesMax, trades, dailyTradesMax) &&
    list.check(
      'REDUCE_ONLY',
      !fellBy(equity.dayHigh, now, intradayDrawdownRatioMax),
      lossRatio(equity.dayHigh, now),
      intradayDrawdownRatioMax,
    )
  );
}

function checkDrawdown({ equity, holdings, options }: RiskState, list: Checklist): boolean {
  const now = equityMicros(equity, holdings);
  const ratio = lossRatio(equity.hwm, now);
  const { drawdownKillRatio, drawdownVetoRatio } = options.limits;
  return (
    list.check('DRAWDOWN_LIMIT', now > 0 && !fellBy(equity.hwm, now, drawdownKillRatio), ratio, drawdownKillRatio) &&
    list.check('DRAWDOWN', !fellBy(equity.hwm, now, drawdownVetoRatio), ratio, drawdownVetoRatio)
  );
}

function guardedEntry(signal: SignalsAdvisoryNewPayload): GuardedEntry {
  return {
    symbol: signal.symbol,
    direction: signal.recommended_action as Direction,
    strategyId: signal.strategy_id as string,
    confidence: signal.confidence,
  };
}

function positionAllowed(
  { options }: RiskState,
  signal: SignalsAdvisoryNewPayload,
  sized: Allowance,
): NonNullable<RiskEvaluationCompletePayload['position_allowed']> {
  const instrument = instrumentOf(options, signal.symbol);
  const [entry, stop] = [signal.entry_price as number, signal.stop_loss as number];
  const size = toSize(sized.steps, instrument);
  return {
    symbol: signal.symbol,
    direction: signal.recommended_action as Direction,
    max_size: size,
    max_risk_usd: fromMicros(notionalMicros(Math.abs(entry - stop), size, instrument.multiplier)),
    entry_price: entry,
    stop_loss: stop,
    size_multiplier: toPpm(sized.multiplierRatio) / 1e6,
    max_notional_usd: fromMicros(notionalMicros(entry, size, instrument.multiplier)),
    leverage: wireNumber(sized.leverage),
  };
}
