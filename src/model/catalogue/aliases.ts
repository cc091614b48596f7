import { HealthStatusChanged } from './system.ts';
import { ModelPromoted, PolicyUpdated, StrategyPromoted } from './policy.ts';
import { PositionClosed, PositionOpened, PositionUpdated } from './positions.ts';
import { OpportunitiesUpdated, SignalActivated, SignalCompleted, SignalGenerated, SignalStopped, SignalUpdated } from './signals.ts';
import { OrderCancelled, OrderFilled, OrderPlaced, OrderRejected, TradeExecuted, TradeExit } from './trades.ts';

/** The six event classes of the source documents, under the names they have there. */
export {
  HealthStatusChanged as HealthStatusChangedEvent,
  ModelPromoted as ModelPromotedEvent,
  OpportunitiesUpdated as OpportunitiesUpdatedEvent,
  PolicyUpdated as PolicyUpdatedEvent,
  StrategyPromoted as StrategyPromotedEvent,
  TradeExecuted as TradeExecutedEvent,
};

/** AlphaStocks' event names and our type for each. */
export const ALPHASTOCKS_NAMES = {
  SIGNAL_GENERATED: SignalGenerated.type,
  SIGNAL_ACTIVATED: SignalActivated.type,
  SIGNAL_UPDATED: SignalUpdated.type,
  SIGNAL_COMPLETED: SignalCompleted.type,
  SIGNAL_STOPPED: SignalStopped.type,
  POSITION_OPENED: PositionOpened.type,
  POSITION_UPDATED: PositionUpdated.type,
  POSITION_CLOSED: PositionClosed.type,
  TRADE_EXECUTED: TradeExecuted.type,
  TRADE_EXIT: TradeExit.type,
  ORDER_PLACED: OrderPlaced.type,
  ORDER_FILLED: OrderFilled.type,
  ORDER_CANCELLED: OrderCancelled.type,
  ORDER_REJECTED: OrderRejected.type,
} as const;
