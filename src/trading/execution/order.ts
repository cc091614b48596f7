import type { CancelCause, OrderIntent, OrderType, Side, TimeInForce } from '../../model/index.ts';
import type { Liquidity, Turnover } from './costs/charges.ts';
import { isTerminal, stateAfterFill, stateAfterMove, type OrderMove, type OrderState } from './order-machine.ts';

/** What is asked of a venue. Fixed before the first send. */
export interface OrderTerms {
  readonly clientOrderId: string;
  readonly requestId: string;
  readonly symbol: string;
  readonly intent: OrderIntent;
  readonly side: Side;
  readonly type: OrderType;
  /** Integer steps, > 0. */
  readonly sizeSteps: number;
  /** Limit price of LIMIT and STOP_LIMIT, else null. */
  readonly limitPrice: number | null;
  /** Trigger of STOP and STOP_LIMIT, else null. */
  readonly triggerPrice: number | null;
  readonly reduceOnly: boolean;
  readonly timeInForce: TimeInForce;
  /** The price the decision was made at: the last price seen, or the trigger of a stop. */
  readonly decisionPrice: number;
  /** Logical time of the decision, microseconds. No data from before it may fill the order. */
  readonly decidedAtUs: number;
  /** Why it exists; goes into `trade.exit` for exits. */
  readonly reason: string;
  readonly strategyId: string;
  /** Of entries: where the protective stop goes once they fill; else null. */
  readonly protectiveStop: number | null;
}

/** An order and what happened to it. Owned by the execution engine. */
export interface Order {
  readonly terms: OrderTerms;
  state: OrderState;
  /** The venue's name for it; equals `clientOrderId` until the venue has answered. */
  orderId: string;
  filledSteps: number;
  /** Sum of price * steps of the fills; divided by `filledSteps` it is the average price. */
  priceSteps: number;
  feesMicro: number;
  /** Realized profit of its fills net of fees, exits only, micro-units. */
  pnlMicro: number;
  /** Entry money of what its fills closed, micro-units. */
  closedCostMicro: number;
  turnover: Turnover;
  readonly fillIds: Set<string>;
  cancelCause: CancelCause;
  /** True once `trade.executed` was published for it. */
  reported: boolean;
}

/** One execution. */
export interface Fill {
  readonly fillId: string;
  readonly price: number;
  readonly sizeSteps: number;
  readonly liquidity: Liquidity;
}

/** An order as it stands before it is sent. */
export function createOrder(terms: OrderTerms): Order {
  return {
    terms,
    state: 'INITIALIZED',
    orderId: terms.clientOrderId,
    filledSteps: 0,
    priceSteps: 0,
    feesMicro: 0,
    pnlMicro: 0,
    closedCostMicro: 0,
    turnover: { side: terms.side, makerMoney: 0, takerMoney: 0, makerSize: 0, takerSize: 0 },
    fillIds: new Set(),
    cancelCause: 'VENUE',
    reported: false,
  };
}

/** Makes the move if it is legal; false, and nothing changed, if it is not. */
export function moveOrder(order: Order, move: OrderMove): boolean {
  const next = stateAfterMove(order.state, move, order.filledSteps);
  if (next === null) return false;
  order.state = next;
  return true;
}

export type FillOutcome = 'applied' | 'duplicate' | 'overfill' | 'illegal';

/**
 * Counts a fill once per fill id. A fill beyond the order's size is refused, because it means that the venue and we
 * disagree: the caller starts a reconciliation.
 */
export function applyFill(order: Order, fill: Fill): FillOutcome {
  if (order.fillIds.has(fill.fillId)) return 'duplicate';
  const filledSteps = order.filledSteps + fill.sizeSteps;
  const next = stateAfterFill(order.state, filledSteps, order.terms.sizeSteps);
  if (next === null || !(fill.sizeSteps > 0)) return 'illegal';
  if (filledSteps > order.terms.sizeSteps) return 'overfill';
  order.fillIds.add(fill.fillId);
  order.state = next;
  order.filledSteps = filledSteps;
  order.priceSteps += fill.price * fill.sizeSteps;
  return 'applied';
}

export function isLive(order: Order): boolean {
  return !isTerminal(order.state);
}

export function remainingSteps(order: Order): number {
  return order.terms.sizeSteps - order.filledSteps;
}

export function averagePrice(order: Order): number {
  return order.priceSteps / order.filledSteps;
}
