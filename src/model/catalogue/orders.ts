import { Type } from '../../event/index.ts';
import { amount, bool, code, count, id, obj, pct, positive, px, pxOrNull, qty, str, us, usd } from '../schema.ts';
import { CancelCause, Direction, OptionType, OrderIntent, OrderType, Side, TimeInForce } from '../words.ts';
import { bySymbol, catalogued, type PayloadOf } from './_define.ts';

/** A sized intent. It is void after `expires_at`; for an option the key is the underlying. */
export const TradesRequestNew = catalogued('trades.request.new', {
  payload: Type.Object({
    request_id: id,
    evaluation_id: id,
    symbol: id,
    direction: Type.Enum(Direction),
    size: qty,
    entry_price: px,
    stop_loss: px,
    risk_amount: usd,
    risk_percent: pct,
    signal_id: id,
    strategy_id: id,
    type: Type.Enum(['MARKET', 'LIMIT']),
    limit_price: Type.Optional(px),
    expires_at: us,
    leverage: positive,
    option: Type.Optional(
      Type.Object({
        underlying: id,
        contract: id,
        strike: px,
        option_type: Type.Enum(OptionType),
        expiry: us,
        lot_size: count,
        stop_loss_premium: px,
        target_premium: px,
      }),
    ),
  }),
  priority: 'HIGH',
  keyKind: 'sym',
  key: (payload) => payload.option?.underlying ?? payload.symbol,
  keep: '90d',
  description: 'A sized request for an entry',
  publishers: ['position_sizer', 'options_executor'],
  consumers: ['execution_engine'],
});
export type TradesRequestNewPayload = PayloadOf<typeof TradesRequestNew>;

export const TradesRequestDenied = catalogued('trades.request.denied', {
  payload: Type.Object({ request_id: id, evaluation_id: id, symbol: id, reason: code, checks: Type.Array(obj) }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '90d',
  description: 'The guard at the door refused a request',
  publishers: ['risk_guard'],
  consumers: ['risk_kernel', 'signal_manager', 'alerting'],
});
export type TradesRequestDeniedPayload = PayloadOf<typeof TradesRequestDenied>;

const orderFields = Type.Object({
  request_id: id,
  order_id: id,
  symbol: id,
  side: Type.Enum(Side),
  type: Type.Enum(OrderType),
  size: qty,
  price: pxOrNull,
  client_order_id: id,
  intent: Type.Enum(OrderIntent),
  reduce_only: bool,
  position_id: Type.Optional(id),
  trigger_price: Type.Optional(px),
  time_in_force: Type.Enum(TimeInForce),
});

/** `order_id` equals `client_order_id` until the venue has answered; `price` is null for a market order. */
export const TradesOrderSubmitted = catalogued('trades.order.submitted', {
  payload: orderFields,
  priority: 'HIGH',
  ...bySymbol,
  keep: '90d',
  rate: 'venue limit',
  description: 'An order went to the venue',
  publishers: ['execution_engine'],
  consumers: ['risk_kernel'],
});
export type TradesOrderSubmittedPayload = PayloadOf<typeof TradesOrderSubmitted>;

export const TradesOrderAccepted = catalogued('trades.order.accepted', {
  payload: Type.Object({ request_id: id, client_order_id: id, order_id: id, symbol: id }),
  priority: 'NORMAL',
  ...bySymbol,
  keep: '90d',
  description: 'The venue took the order and named it',
  publishers: ['execution_engine'],
  consumers: [],
});
export type TradesOrderAcceptedPayload = PayloadOf<typeof TradesOrderAccepted>;

const fillFields = Type.Object({
  request_id: id,
  order_id: id,
  fill_id: id,
  symbol: id,
  fill_price: px,
  fill_size: qty,
  fees: usd,
  client_order_id: id,
  side: Type.Enum(Side),
  intent: Type.Enum(OrderIntent),
  cumulative_size: amount,
  remaining_size: amount,
  liquidity: Type.Enum(['MAKER', 'TAKER']),
  decision_price: px,
  fee_currency: str,
});

export const TradesOrderPartiallyFilled = catalogued('trades.order.partially_filled', {
  payload: fillFields,
  priority: 'HIGH',
  ...bySymbol,
  keep: 'perm',
  description: 'One execution that leaves the order open',
  publishers: ['execution_engine'],
  consumers: ['position_state_service', 'risk_kernel', 'cost_model', 'signal_manager'],
});
export type TradesOrderPartiallyFilledPayload = PayloadOf<typeof TradesOrderPartiallyFilled>;

export const TradesOrderFilled = catalogued('trades.order.filled', {
  payload: fillFields,
  priority: 'HIGH',
  ...bySymbol,
  keep: 'perm',
  description: 'The execution that completes an order',
  publishers: ['execution_engine'],
  consumers: ['position_state_service', 'risk_kernel', 'cost_model', 'signal_manager'],
});
export type TradesOrderFilledPayload = PayloadOf<typeof TradesOrderFilled>;

export const TradesOrderRejected = catalogued('trades.order.rejected', {
  payload: Type.Object({
    request_id: id,
    order_id: id,
    symbol: id,
    reason: str,
    code,
    client_order_id: id,
    intent: Type.Enum(OrderIntent),
  }),
  priority: 'HIGH',
  ...bySymbol,
  keep: '90d',
  description: 'The venue refused an order',
  publishers: ['execution_engine'],
  consumers: ['risk_kernel', 'signal_manager', 'alerting'],
});
export type TradesOrderRejectedPayload = PayloadOf<typeof TradesOrderRejected>;

const endFields = Type.Object({
  request_id: id,
  order_id: id,
  client_order_id: id,
  symbol: id,
  intent: Type.Enum(OrderIntent),
  filled_size: amount,
  cause: Type.Enum(CancelCause),
});

export const TradesOrderCancelRequested = catalogued('trades.order.cancel_requested', {
  payload: endFields,
  priority: 'NORMAL',
  ...bySymbol,
  keep: '90d',
  description: 'We asked the venue to cancel an order',
  publishers: ['execution_engine'],
  consumers: ['risk_kernel', 'signal_manager'],
});
export type TradesOrderCancelRequestedPayload = PayloadOf<typeof TradesOrderCancelRequested>;

export const TradesOrderCancelled = catalogued('trades.order.cancelled', {
  payload: endFields,
  priority: 'NORMAL',
  ...bySymbol,
  keep: '90d',
  description: 'An order is cancelled; what was filled before stands',
  publishers: ['execution_engine'],
  consumers: ['risk_kernel', 'signal_manager'],
});
export type TradesOrderCancelledPayload = PayloadOf<typeof TradesOrderCancelled>;

export const TradesOrderExpired = catalogued('trades.order.expired', {
  payload: endFields,
  priority: 'NORMAL',
  ...bySymbol,
  keep: '90d',
  description: 'An order reached the end of its lifetime',
  publishers: ['execution_engine'],
  consumers: ['risk_kernel', 'signal_manager'],
});
export type TradesOrderExpiredPayload = PayloadOf<typeof TradesOrderExpired>;

export const TradesOrderLogged = catalogued('trades.order.logged', {
  payload: orderFields,
  priority: 'NORMAL',
  ...bySymbol,
  keep: '90d',
  description: 'What would have been sent, in logging_only mode',
  publishers: ['execution_engine'],
  consumers: ['risk_kernel', 'signal_manager', 'notification'],
});
export type TradesOrderLoggedPayload = PayloadOf<typeof TradesOrderLogged>;

export const TradesOrderUnresolved = catalogued('trades.order.unresolved', {
  payload: Type.Object({
    client_order_id: id,
    symbol: id,
    intent: Type.Enum(OrderIntent),
    sent_at: us,
    queries: count,
    last_error: str,
  }),
  priority: 'CRITICAL',
  ...bySymbol,
  keep: '365d',
  description: 'The venue will not say what became of an order; its exposure stays reserved',
  publishers: ['execution_engine'],
  consumers: ['alerting', 'risk_kernel'],
});
export type TradesOrderUnresolvedPayload = PayloadOf<typeof TradesOrderUnresolved>;
