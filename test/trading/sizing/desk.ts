import type { EventDefinition, EventInput } from '../../../src/event/index.ts';
import {
  PositionClosed,
  RegimeClassificationUpdate,
  RiskDailyStatusUpdate,
  RiskEvaluationComplete,
  SignalsAdvisoryNew,
  type RegimeClassificationUpdatePayload,
  type RiskDailyStatusUpdatePayload,
  type RiskEvaluationCompletePayload,
  type TradesRequestNewPayload,
} from '../../../src/model/index.ts';
import { createSizerState, step, type SizerOptions, type SizerState } from '../../../src/trading/sizing/index.ts';
import { START_US, toEvent } from '../../support/chain.ts';

export const SECOND_US = 1_000_000;

type Allowed = NonNullable<RiskEvaluationCompletePayload['position_allowed']>;

/** A sizer under test: 10 000, one symbol, calm market, margin caps off unless asked for. */
export class Desk {
  readonly state: SizerState;
  now = START_US;
  seq = 0;

  constructor(options: SizerOptions = {}) {
    this.state = createSizerState({ initialEquityUsd: 10_000, instruments: { AAA: { step: 0.01 } }, caps: 'off', ...options });
    this.calm('LOW');
  }

  send<P extends object>(definition: EventDefinition<P>, payload: NoInfer<P>): EventInput[] {
    const key = definition.keyOf?.(payload) ?? '';
    return step(this.state, toEvent({ type: definition.type, payload, key, timestamp: this.now }, { seq: ++this.seq }));
  }

  calm(volatility_state: RegimeClassificationUpdatePayload['volatility_state']): void {
    const detail = { confidence: 0.9, previous_regime: 'TRENDING', changed: false, regime_detail: 'TREND_UP' } as const;
    const values = { adx: 30, atr: 1, atr_percent: 1, trend_strength: 0.5 };
    this.send(RegimeClassificationUpdate, { symbol: 'AAA', regime: 'TRENDING', volatility_state, ...detail, ...values });
  }

  status(overrides: Partial<RiskDailyStatusUpdatePayload>): void {
    this.send(RiskDailyStatusUpdate, {
      daily_pnl_percent: 0,
      daily_pnl_usd: 0,
      open_positions: 0,
      total_exposure_percent: 0,
      drawdown_from_hwm: 0,
      risk_budget_remaining: 0,
      equity_usd: 10_000,
      hwm_usd: 10_000,
      reserved_usd: 0,
      loss_streak: 0,
      trades_today: 0,
      drawdown_level: 'GREEN',
      ...overrides,
    });
  }

  trade(realized_pnl: number, strategy_id = 's1'): void {
    const rest = {
      position_id: 'p',
      symbol: 'AAA',
      direction: 'LONG',
      entry_price: 1,
      exit_price: 1,
      size: 1,
      exit_reason: 'stop',
    } as const;
    this.send(PositionClosed, { ...rest, realized_pnl, realized_pnl_percent: 0, hold_duration_seconds: 1, strategy_id });
  }

  /** Signal and evaluation, LONG 100 with stop 97 unless said otherwise; returns what the sizer says to it. */
  evaluate(allowed: Partial<Allowed> = {}, overrides: Partial<RiskEvaluationCompletePayload> = {}): EventInput[] {
    const signal_id = `sig_${this.seq}`;
    this.send(SignalsAdvisoryNew, {
      signal_id,
      symbol: 'AAA',
      edge_score: 80,
      confidence: 0.8,
      regime_fit: true,
      regime: 'TRENDING',
      recommended_action: 'LONG',
      reasoning: '',
      model_version: 'm',
      execution_power: 'NONE',
      strategy_id: 's1',
    });
    return this.send(RiskEvaluationComplete, this.evaluation(signal_id, allowed, overrides));
  }

  evaluation(
    signal_id: string,
    allowed: Partial<Allowed>,
    overrides: Partial<RiskEvaluationCompletePayload> = {},
  ): RiskEvaluationCompletePayload {
    const passed = { trade_risk_passed: true, daily_risk_passed: true, drawdown_passed: true, system_integrity_passed: true };
    return {
      evaluation_id: `ev_${this.seq}_0`,
      signal_id,
      decision: 'APPROVED',
      risk_dimensions: passed,
      position_allowed: {
        symbol: 'AAA',
        direction: 'LONG',
        max_size: 1_000_000,
        max_risk_usd: 1_000_000,
        entry_price: 100,
        stop_loss: 97,
        size_multiplier: 1,
        max_notional_usd: 1_000_000,
        leverage: 1,
        ...allowed,
      },
      checks: [],
      policy_version: 0,
      expires_at: this.now + 300 * SECOND_US,
      ...overrides,
    };
  }

  /** The request, or the reason there is none. */
  size(allowed: Partial<Allowed> = {}, overrides: Partial<RiskEvaluationCompletePayload> = {}): number | string {
    const [out] = this.evaluate(allowed, overrides);
    const payload = out?.payload as { reason?: string } & Partial<TradesRequestNewPayload>;
    return payload?.reason ?? payload?.size ?? 'NOTHING';
  }
}
