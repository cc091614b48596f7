import type { EventDefinition, EventInput, QtEvent } from '../../../src/event/index.ts';
import {
  ExitBrainHeartbeat,
  ExitDecisionMade,
  ExitStopTriggered,
  ExitStopUpdated,
  MarketCandleNew,
  MarketTickPrice,
  PositionClosed,
  PositionOpened,
  PositionStateUpdate,
  RegimeClassificationUpdate,
  RiskDailyStatusUpdate,
  RiskKillSwitchActivated,
  type ExitDecisionMadePayload,
  type ExitStopTriggeredPayload,
  type ExitStopUpdatedPayload,
  type Direction,
  type Regime,
  type RegimeDetail,
  type RiskDailyStatusUpdatePayload,
  type VolatilityState,
} from '../../../src/model/index.ts';
import { createBrain, step, type BrainState, type ExitBrainOptions } from '../../../src/trading/exit/index.ts';

export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export interface OpenOptions {
  readonly symbol?: string;
  readonly id?: string;
  readonly direction?: Direction;
  readonly size?: number;
  readonly entry?: number;
  readonly stop?: number | null;
  readonly at?: number;
  readonly regime?: Regime;
  readonly detail?: RegimeDetail;
  readonly volatility?: number;
}

export interface MarkOptions {
  readonly size: number;
  readonly pct?: number;
  readonly stop?: number | null;
  readonly price?: number;
}

/** Feeds a brain, or several that share the symbols, as a bus would: market data to the owner, the rest to all. */
export function createScene(options: ExitBrainOptions = {}, instances = 1) {
  const brains: BrainState[] = Array.from({ length: instances }, () => createBrain(options));
  const positions = new Map<string, Required<Omit<OpenOptions, 'regime' | 'detail' | 'volatility'>>>();
  let seq = 0;
  let last: QtEvent | null = null;
  const ownerOf = (symbol: string): number => symbol.charCodeAt(symbol.length - 1) % instances;

  function send<P extends object>(definition: EventDefinition<P>, payload: NoInfer<P>, timestamp: number, owner?: string): EventInput[] {
    seq += 1;
    const { type } = definition.create(payload);
    last = { type, payload, seq, timestamp, key: definition.keyOf?.(payload) ?? null } as unknown as QtEvent;
    const event = last;
    if (owner !== undefined) return step(brains[ownerOf(owner)] as BrainState, event);
    return brains.flatMap((brain) => step(brain, event));
  }

  const tick = (price: number, at: number, more: { low?: number; high?: number; symbol?: string } = {}): EventInput[] => {
    const { symbol = 'XYZ', ...extremes } = more;
    return send(MarketTickPrice, { symbol, price, ...extremes }, at, symbol);
  };
  const candle = (bar: readonly [number, number, number, number], at: number, openTime: number, symbol = 'XYZ'): EventInput[] => {
    const [open, high, low, close] = bar;
    return send(MarketCandleNew, { symbol, timeframe: '1m', open, high, low, close, volume: 1, open_time: openTime }, at, symbol);
  };
  const open = (more: OpenOptions = {}): EventInput[] => {
    const { at = 0, direction = 'LONG', entry = 100, id = 'pos_1', size = 10, stop = 98, symbol = 'XYZ' } = more;
    positions.set(id, { at, direction, entry, id, size, stop, symbol });
    return send(
      PositionOpened,
      {
        position_id: id,
        symbol,
        direction,
        size,
        entry_price: entry,
        stop_loss: stop,
        risk_amount: null,
        ...(more.regime === undefined ? {} : { entry_regime: more.regime }),
        ...(more.detail === undefined ? {} : { entry_regime_detail: more.detail }),
        ...(more.volatility === undefined ? {} : { entry_volatility: more.volatility }),
      },
      at,
    );
  };
  const mark = (id: string, at: number, { pct = 0, price, size, stop }: MarkOptions): EventInput[] => {
    const known = positions.get(id);
    if (known === undefined) throw new Error(`no position ${id}`);
    const current = price ?? known.entry;
    return send(
      PositionStateUpdate,
      {
        position_id: id,
        symbol: known.symbol,
        direction: known.direction,
        size,
        entry_price: known.entry,
        current_price: current,
        unrealized_pnl: 0,
        unrealized_pnl_percent: pct,
        stop_loss: stop === undefined ? known.stop : stop,
        age_seconds: Math.floor((at - known.at) / SECOND),
        initial_stop: known.stop,
        r_multiple: null,
        high_water: current,
        low_water: current,
        mode: 'backtest',
        mark_at: at,
      },
      at,
    );
  };
  const close = (id: string, at: number): EventInput[] => {
    const known = positions.get(id);
    if (known === undefined) throw new Error(`no position ${id}`);
    return send(
      PositionClosed,
      {
        position_id: id,
        symbol: known.symbol,
        direction: known.direction,
        entry_price: known.entry,
        exit_price: known.entry,
        size: known.size,
        realized_pnl: 0,
        realized_pnl_percent: 0,
        hold_duration_seconds: 0,
        exit_reason: 'stop',
      },
      at,
    );
  };
  const regime = (
    name: Regime,
    detail: RegimeDetail,
    at: number,
    more: { volatility?: VolatilityState; atrPct?: number | null; symbol?: string } = {},
  ): EventInput[] => {
    const { atrPct = null, symbol = 'XYZ', volatility = 'NORMAL' } = more;
    return send(
      RegimeClassificationUpdate,
      {
        symbol,
        regime: name,
        confidence: 0.8,
        previous_regime: '',
        changed: false,
        regime_detail: detail,
        volatility_state: volatility,
        adx: null,
        atr: null,
        atr_percent: atrPct,
        trend_strength: null,
      },
      at,
      symbol,
    );
  };
  const status = (at: number, stress: Partial<RiskDailyStatusUpdatePayload>): EventInput[] =>
    send(
      RiskDailyStatusUpdate,
      {
        daily_pnl_percent: 0,
        daily_pnl_usd: 0,
        open_positions: 0,
        total_exposure_percent: 0,
        drawdown_from_hwm: 0,
        risk_budget_remaining: 0,
        equity_usd: 0,
        hwm_usd: 0,
        reserved_usd: 0,
        loss_streak: 0,
        trades_today: 0,
        drawdown_level: 'GREEN',
        ...stress,
      },
      at,
    );
  const kill = (at: number): EventInput[] =>
    send(
      RiskKillSwitchActivated,
      {
        trigger: 'manual',
        trigger_value: 1,
        threshold: 1,
        severity: 'CRITICAL',
        action_taken: 'flatten',
        human_override_required: true,
        unit: 'count',
        kill_switch_id: 'k',
        latched_at: at,
        drill: false,
      },
      at,
    );
  const redeliver = (): EventInput[] => {
    const event = last;
    return event === null ? [] : brains.flatMap((brain) => step(brain, event));
  };
  return { brains, candle, close, kill, mark, open, redeliver, regime, send, status, tick };
}

export function decisionsOf(events: readonly EventInput[]): ExitDecisionMadePayload[] {
  return events.filter(({ type }) => type === ExitDecisionMade.type).map(({ payload }) => payload as ExitDecisionMadePayload);
}

/** Decisions that ask for something. */
export function actionsOf(events: readonly EventInput[]): ExitDecisionMadePayload[] {
  return decisionsOf(events).filter(({ decision }) => decision !== 'HOLD');
}

export function stopsOf(events: readonly EventInput[]): number[] {
  return events.filter(({ type }) => type === ExitStopUpdated.type).map(({ payload }) => (payload as ExitStopUpdatedPayload).new_stop);
}

export function triggersOf(events: readonly EventInput[]): ExitStopTriggeredPayload[] {
  return events.filter(({ type }) => type === ExitStopTriggered.type).map(({ payload }) => payload as ExitStopTriggeredPayload);
}

export function heartbeatsOf(events: readonly EventInput[]): EventInput[] {
  return events.filter(({ type }) => type === ExitBrainHeartbeat.type);
}

/** `decision reason percent` in one line, for tables. */
export function summaryOf(events: readonly EventInput[]): string[] {
  return actionsOf(events).map(({ decision, exit_percent, reason }) => `${decision} ${reason} ${exit_percent ?? ''}`.trim());
}
