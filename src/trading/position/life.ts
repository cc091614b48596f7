import type { EventInput } from '../../event/index.ts';
import {
  fromMicros,
  fromSteps,
  fromTicks,
  PositionClosed,
  PositionOpened,
  PositionStateUpdate,
  toRMultiple,
  toWire,
  type Direction,
  type Instrument,
  type Regime,
  type RegimeDetail,
  type RunMode,
} from '../../model/index.ts';
import { moves, type Excursion } from './excursion.ts';
import { averagePrice, entryPrice, toMicroUnits, unrealizedUnits, type Ledger } from './ledger.ts';

/** What the request of a position said about it. */
export interface RequestTerms {
  readonly direction: Direction;
  readonly stop: number;
  readonly riskAmount: number;
  readonly signalId: string;
  readonly strategyId: string;
}

/** The regime when a position was opened. */
export interface EntryRegime {
  readonly regime: Regime;
  readonly detail: RegimeDetail;
  /** ATR as a share of the price, or null before it is known. */
  readonly volatility: number | null;
}

/** One position from flat to flat. */
export interface Life {
  readonly positionId: string;
  readonly symbol: string;
  readonly direction: Direction;
  readonly instrument: Instrument;
  readonly mode: RunMode;
  readonly openedAt: number;
  readonly terms: RequestTerms | null;
  readonly regime: EntryRegime | null;
  readonly ledger: Ledger;
  readonly excursion: Excursion;
  readonly initialStop: number | null;
  stop: number | null;
  markTicks: number;
  markAt: number;
  /** When a mark was last published, and in which step of R. */
  publishedAt: number;
  publishedStep: number | null;
  /** Reason of the last exit that was decided. */
  exitReason: string | null;
}

export function openedEvent(life: Life): EventInput {
  const { instrument, ledger, regime, terms } = life;
  return PositionOpened.create({
    position_id: life.positionId,
    symbol: life.symbol,
    direction: life.direction,
    size: fromSteps(ledger.steps, instrument),
    entry_price: entryPrice(ledger, instrument),
    stop_loss: life.initialStop,
    risk_amount: terms === null ? null : terms.riskAmount,
    ...(terms === null ? {} : { signal_id: terms.signalId, strategy_id: terms.strategyId }),
    mode: life.mode,
    ...(regime === null ? {} : { entry_regime: regime.regime, entry_regime_detail: regime.detail, entry_volatility: regime.volatility }),
  });
}

/** Result of the position at its mark in R, or null without an initial risk. */
export function profitR({ direction, initialStop, instrument, ledger, markTicks }: Life): number | null {
  return toRMultiple(direction, entryPrice(ledger, instrument), initialStop, fromTicks(markTicks, instrument));
}

export function stateEvent(life: Life, now: number): EventInput {
  const { excursion, instrument, ledger } = life;
  const entry = entryPrice(ledger, instrument);
  const price = fromTicks(life.markTicks, instrument);
  const profit = profitR(life);
  return PositionStateUpdate.create({
    position_id: life.positionId,
    symbol: life.symbol,
    direction: life.direction,
    size: fromSteps(ledger.steps, instrument),
    entry_price: entry,
    current_price: price,
    unrealized_pnl: fromMicros(toMicroUnits(unrealizedUnits(ledger, life.markTicks), instrument)),
    unrealized_pnl_percent: toWire(((price - entry) / entry) * ledger.sign * 100),
    stop_loss: life.stop,
    age_seconds: seconds(life, now),
    initial_stop: life.initialStop,
    r_multiple: profit === null ? null : toWire(profit),
    high_water: fromTicks(excursion.highTicks, instrument),
    low_water: fromTicks(excursion.lowTicks, instrument),
    mode: life.mode,
    mark_at: life.markAt,
  });
}

export function closedEvent(life: Life, now: number, exitReason: string): EventInput {
  const { instrument, ledger, terms } = life;
  const realizedMicros = toMicroUnits(ledger.realizedUnits, instrument) - ledger.feesMicros;
  const entryMicros = toMicroUnits(ledger.entryUnits, instrument);
  return PositionClosed.create({
    position_id: life.positionId,
    symbol: life.symbol,
    direction: life.direction,
    entry_price: averagePrice(ledger.entryUnits, ledger.entrySteps, instrument),
    exit_price: averagePrice(ledger.exitUnits, ledger.exitSteps, instrument),
    size: fromSteps(ledger.maxSteps, instrument),
    realized_pnl: fromMicros(realizedMicros),
    realized_pnl_percent: toWire((realizedMicros / entryMicros) * 100),
    hold_duration_seconds: seconds(life, now),
    exit_reason: exitReason,
    ...inRisks(life, realizedMicros),
    fees: fromMicros(ledger.feesMicros),
    ...(terms === null ? {} : { strategy_id: terms.strategyId }),
    mode: life.mode,
  });
}

/** Result and excursions in initial risks; null without one, because no number would be true. */
function inRisks({ excursion, initialStop, instrument, ledger }: Life, realizedMicros: number) {
  const entryTicks = Number(ledger.entryUnits) / ledger.entrySteps;
  const riskTicks = initialStop === null ? 0 : Math.abs(entryTicks - initialStop / instrument.tick);
  if (riskTicks === 0) return { r_multiple: null, mae_r: null, mfe_r: null };
  const riskMicros = (riskTicks * toMicroUnits(BigInt(ledger.maxSteps) * 1_000_000n, instrument)) / 1_000_000;
  const { adverse, favourable } = moves(excursion, entryTicks, ledger.sign);
  return {
    r_multiple: toWire(realizedMicros / riskMicros),
    mae_r: toWire(adverse / riskTicks),
    mfe_r: toWire(favourable / riskTicks),
  };
}

function seconds({ openedAt }: Life, now: number): number {
  return Math.max(0, Math.floor((now - openedAt) / 1_000_000));
}
