import { Type } from '../../event/index.ts';
import { bps, count, id, idOrNull, num, obj, pct, px, qty, str, usd, usdOrNull } from '../schema.ts';
import { OptionType, Side } from '../words.ts';
import { byAccount, bySymbol, catalogued, symbolOr, type PayloadOf } from './_define.ts';

export const TradesReconciliationComplete = catalogued('trades.reconciliation.complete', {
  payload: Type.Object({ symbols: count, mismatches: count, max_mismatch_percent: pct }),
  priority: 'NORMAL',
  ...byAccount,
  keep: '365d',
  rate: '1 per cycle',
  description: 'Positions and orders were compared with the venue',
  publishers: ['execution_engine'],
  consumers: ['risk_kernel', 'alerting'],
});
export type TradesReconciliationCompletePayload = PayloadOf<typeof TradesReconciliationComplete>;

/** Sizes are signed: a short position is negative, a flat one 0. */
export const TradesReconciliationMismatch = catalogued('trades.reconciliation.mismatch', {
  payload: Type.Object({
    symbol: id,
    local_size: num,
    venue_size: num,
    mismatch_percent: pct,
    action: Type.Enum(['FIXED', 'INVESTIGATE', 'KILL']),
  }),
  priority: 'CRITICAL',
  ...byAccount,
  keep: '365d',
  rate: '1 per cycle',
  description: 'A position differs from what the venue holds',
  publishers: ['execution_engine'],
  consumers: ['risk_kernel', 'alerting', 'kill_switch_service'],
});
export type TradesReconciliationMismatchPayload = PayloadOf<typeof TradesReconciliationMismatch>;

/** One for each order that filled, at its average price. `pnl` is null on an entry; `option` carries AlphaStocks' fields. */
export const TradeExecuted = catalogued('trade.executed', {
  payload: Type.Object({
    order_id: id,
    symbol: id,
    side: Type.Enum(Side),
    size: qty,
    price: px,
    strategy_id: str,
    model: idOrNull,
    pnl: usdOrNull,
    fees: Type.Optional(usd),
    option: Type.Optional(
      Type.Object({
        trade_id: id,
        signal_id: id,
        option_symbol: id,
        strike: px,
        option_type: Type.Enum(OptionType),
        action: Type.Enum(Side),
        quantity: qty,
        entry_price: px,
      }),
    ),
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: 'perm',
  rate: 'once per order that filled',
  description: 'An order was executed, seen as a whole',
  publishers: ['execution_engine'],
  consumers: ['analytics', 'performance_tracker', 'position_monitor', 'cost_model', 'notification'],
});
export type TradeExecutedPayload = PayloadOf<typeof TradeExecuted>;

export const TradeExit = catalogued('trade.exit', {
  payload: Type.Object({
    trade_id: id,
    exit_price: px,
    exit_reason: str,
    profit_loss: usd,
    profit_loss_pct: pct,
    order_id: id,
    metadata: obj,
  }),
  priority: 'HIGH',
  keyKind: 'sym',
  key: (payload) => symbolOr(payload, payload.trade_id),
  keep: 'perm',
  description: 'A trade ended',
  publishers: ['execution_engine'],
  consumers: ['signal_manager', 'notification'],
});
export type TradeExitPayload = PayloadOf<typeof TradeExit>;

export const TradeCostMeasured = catalogued('trade.cost.measured', {
  payload: Type.Object({
    order_id: id,
    symbol: id,
    slippage_bps: bps,
    fees_usd: usd,
    expected_cost_usd: usd,
    spread_bps: bps,
  }),
  priority: 'NORMAL',
  ...bySymbol,
  keep: '90d',
  description: 'What an order cost against what was expected',
  publishers: ['cost_model'],
  consumers: ['safety_governor', 'analytics'],
});
export type TradeCostMeasuredPayload = PayloadOf<typeof TradeCostMeasured>;

const legacyOrderFields = {
  order_id: id,
  symbol: id,
  action: Type.Enum(Side),
  quantity: count,
  order_type: str,
  price: Type.Optional(px),
};
const legacyOrder = {
  priority: 'LOW',
  ...bySymbol,
  keep: '30d',
  publishers: ['execution_engine'],
  consumers: ['notification'],
} as const;

/** The four `order.*` types repeat `trades.order.*` for option orders in AlphaStocks' form; no trading component reads them. */
export const OrderPlaced = catalogued('order.placed', {
  ...legacyOrder,
  payload: Type.Object(legacyOrderFields),
  description: 'Projection of trades.order.submitted',
});
export type OrderPlacedPayload = PayloadOf<typeof OrderPlaced>;

export const OrderFilled = catalogued('order.filled', {
  ...legacyOrder,
  payload: Type.Object({ ...legacyOrderFields, filled_quantity: count, filled_price: px }),
  description: 'Projection of trades.order.filled',
});
export type OrderFilledPayload = PayloadOf<typeof OrderFilled>;

export const OrderCancelled = catalogued('order.cancelled', {
  ...legacyOrder,
  payload: Type.Object({ ...legacyOrderFields, reason: str }),
  description: 'Projection of trades.order.cancelled',
});
export type OrderCancelledPayload = PayloadOf<typeof OrderCancelled>;

export const OrderRejected = catalogued('order.rejected', {
  ...legacyOrder,
  payload: Type.Object({ ...legacyOrderFields, reason: str }),
  description: 'Projection of trades.order.rejected',
});
export type OrderRejectedPayload = PayloadOf<typeof OrderRejected>;
