import { Type } from '../../event/index.ts';
import { amount, code, id, numOrNull, obj, openRatioOrNull, pct, px, pxOrNull, qty, seconds, str, us, usd, usdOrNull } from '../schema.ts';
import { Direction, OptionType, Regime, RegimeDetail, RunMode } from '../words.ts';
import { bySymbol, catalogued, symbolOr, type PayloadOf } from './_define.ts';

/** A position without a stop has null stops and null `r_multiple`: it is worth a panic, not an invented number. */
export const PositionStateUpdate = catalogued('position.state.update', {
  payload: Type.Object({
    position_id: id,
    symbol: id,
    direction: Type.Enum(Direction),
    size: qty,
    entry_price: px,
    current_price: px,
    unrealized_pnl: usd,
    unrealized_pnl_percent: pct,
    stop_loss: pxOrNull,
    age_seconds: seconds,
    initial_stop: pxOrNull,
    r_multiple: numOrNull,
    high_water: px,
    low_water: px,
    mode: Type.Enum(RunMode),
    mark_at: us,
  }),
  priority: 'NORMAL',
  ...bySymbol,
  keep: '90d',
  rate: 'fills and stop moves at once; marks at most 1/s per position',
  description: 'An open position after a fill, a stop move or a mark',
  publishers: ['position_state_service', 'position_monitor'],
  consumers: ['exit_brain', 'risk_kernel'],
});
export type PositionStateUpdatePayload = PayloadOf<typeof PositionStateUpdate>;

/** What the source documents do not have is optional; `option` carries AlphaStocks' fields. */
export const PositionOpened = catalogued('position.opened', {
  payload: Type.Object({
    position_id: id,
    symbol: id,
    direction: Type.Enum(Direction),
    size: qty,
    entry_price: px,
    stop_loss: pxOrNull,
    risk_amount: usdOrNull,
    signal_id: Type.Optional(id),
    strategy_id: Type.Optional(id),
    mode: Type.Optional(Type.Enum(RunMode)),
    entry_regime: Type.Optional(Type.Enum(Regime)),
    entry_regime_detail: Type.Optional(Type.Enum(RegimeDetail)),
    entry_volatility: Type.Optional(openRatioOrNull),
    option: Type.Optional(
      Type.Object({
        option_symbol: id,
        strike: px,
        option_type: Type.Enum(OptionType),
        quantity: qty,
        entry_premium: px,
        stop_loss_premium: px,
        target_premium: px,
      }),
    ),
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: 'perm',
  description: 'The first fill opened a position',
  publishers: ['position_state_service'],
  consumers: ['exit_brain', 'risk_kernel', 'signal_manager', 'notification', 'options_position_manager'],
});
export type PositionOpenedPayload = PayloadOf<typeof PositionOpened>;

export const PositionUpdated = catalogued('position.updated', {
  payload: Type.Object({
    position_id: id,
    current_premium: px,
    unrealized_pnl: usd,
    unrealized_pnl_pct: pct,
    updates: obj,
    metadata: obj,
  }),
  priority: 'NORMAL',
  keyKind: 'sym',
  key: (payload) => symbolOr(payload, payload.position_id),
  keep: '90d',
  rate: 'at most 1/s per position',
  description: 'An option position after a mark',
  publishers: ['options_position_manager'],
  consumers: ['signal_manager', 'notification'],
});
export type PositionUpdatedPayload = PayloadOf<typeof PositionUpdated>;

/** Prices are averages, `size` is the largest held, P&L is net of all fees; the R figures are null without an initial risk. */
export const PositionClosed = catalogued('position.closed', {
  payload: Type.Object({
    position_id: id,
    symbol: id,
    direction: Type.Enum(Direction),
    entry_price: px,
    exit_price: px,
    size: qty,
    realized_pnl: usd,
    realized_pnl_percent: pct,
    hold_duration_seconds: seconds,
    exit_reason: str,
    r_multiple: Type.Optional(numOrNull),
    mae_r: Type.Optional(numOrNull),
    mfe_r: Type.Optional(numOrNull),
    fees: Type.Optional(usd),
    strategy_id: Type.Optional(id),
    mode: Type.Optional(Type.Enum(RunMode)),
    option: Type.Optional(Type.Object({ exit_premium: amount, realized_pnl_pct: pct, holding_duration_seconds: seconds })),
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: 'perm',
  description: 'A position is flat',
  publishers: ['position_state_service'],
  consumers: ['risk_kernel', 'exit_brain', 'signal_manager', 'performance_tracker', 'sg_ai', 'notification'],
});
export type PositionClosedPayload = PayloadOf<typeof PositionClosed>;

/** A stop rule fired; the venue may have acted already, then `resting_at_venue` is true. */
export const ExitStopTriggered = catalogued('exit.stop.triggered', {
  payload: Type.Object({
    position_id: id,
    symbol: id,
    trigger_price: px,
    stop_price: px,
    resting_at_venue: Type.Boolean({ title: 'bool' }),
  }),
  priority: 'CRITICAL',
  ...bySymbol,
  keep: 'perm',
  description: 'The stop of a position was hit',
  publishers: ['exit_brain', 'exchange_monitor'],
  consumers: ['execution_engine'],
});
export type ExitStopTriggeredPayload = PayloadOf<typeof ExitStopTriggered>;

/** `old_stop` is null when the position had none. */
export const ExitStopUpdated = catalogued('exit.stop.updated', {
  payload: Type.Object({ position_id: id, symbol: id, old_stop: pxOrNull, new_stop: px, cause: code }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '90d',
  rate: 'at most 1/s per position',
  description: 'A stop moved, always toward the price',
  publishers: ['exit_brain'],
  consumers: ['execution_engine', 'position_state_service'],
});
export type ExitStopUpdatedPayload = PayloadOf<typeof ExitStopUpdated>;
