/** Where an order is in its life. DENIED, LOGGED, FILLED, CANCELLED, EXPIRED and REJECTED are terminal. */
export const ORDER_STATES = [
  'INITIALIZED',
  'DENIED',
  'LOGGED',
  'SUBMITTED',
  'ACCEPTED',
  'PARTIALLY_FILLED',
  'PENDING_CANCEL',
  'UNRESOLVED',
  'FILLED',
  'CANCELLED',
  'EXPIRED',
  'REJECTED',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** What can happen to an order, fills apart: those go by quantity, see `stateAfterFill`. */
export const ORDER_MOVES = [
  'DENY',
  'LOG',
  'SUBMIT',
  'ACCEPT',
  'REJECT',
  'LOSE_REPLY',
  'REQUEST_CANCEL',
  'REFUSE_CANCEL',
  'CANCEL',
  'EXPIRE',
] as const;
export type OrderMove = (typeof ORDER_MOVES)[number];

/**
 * The legal moves. What is not in the table is illegal: the caller counts it and changes nothing.
 *
 * INITIALIZED -> DENIED | LOGGED | SUBMITTED; SUBMITTED -> ACCEPTED | REJECTED | UNRESOLVED | PENDING_CANCEL;
 * ACCEPTED, PARTIALLY_FILLED -> PENDING_CANCEL | CANCELLED | EXPIRED; PENDING_CANCEL -> CANCELLED | EXPIRED | back;
 * UNRESOLVED -> whatever the venue says when it answers at last.
 */
const MOVES: Readonly<Record<OrderState, Partial<Record<OrderMove, OrderState>>>> = {
  INITIALIZED: { DENY: 'DENIED', LOG: 'LOGGED', SUBMIT: 'SUBMITTED' },
  SUBMITTED: {
    ACCEPT: 'ACCEPTED',
    REJECT: 'REJECTED',
    LOSE_REPLY: 'UNRESOLVED',
    REQUEST_CANCEL: 'PENDING_CANCEL',
    CANCEL: 'CANCELLED',
    EXPIRE: 'EXPIRED',
  },
  ACCEPTED: { REQUEST_CANCEL: 'PENDING_CANCEL', CANCEL: 'CANCELLED', EXPIRE: 'EXPIRED' },
  PARTIALLY_FILLED: { REQUEST_CANCEL: 'PENDING_CANCEL', CANCEL: 'CANCELLED', EXPIRE: 'EXPIRED' },
  // Back to ACCEPTED here; `move` turns it into PARTIALLY_FILLED when something has filled.
  PENDING_CANCEL: { REFUSE_CANCEL: 'ACCEPTED', CANCEL: 'CANCELLED', EXPIRE: 'EXPIRED' },
  UNRESOLVED: { ACCEPT: 'ACCEPTED', REJECT: 'REJECTED', CANCEL: 'CANCELLED', EXPIRE: 'EXPIRED' },
  DENIED: {},
  LOGGED: {},
  FILLED: {},
  CANCELLED: {},
  EXPIRED: {},
  REJECTED: {},
};

const TERMINAL: ReadonlySet<OrderState> = new Set(['DENIED', 'LOGGED', 'FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED']);
const NEVER_SENT: ReadonlySet<OrderState> = new Set(['INITIALIZED', 'DENIED', 'LOGGED']);

/** True for a state that nothing but a late fill can follow. */
export function isTerminal(state: OrderState): boolean {
  return TERMINAL.has(state);
}

/** The state after a move, or null when the move is illegal. */
export function stateAfterMove(state: OrderState, move: OrderMove, filledSteps: number): OrderState | null {
  const next = MOVES[state][move];
  if (next === undefined) return null;
  return next === 'ACCEPTED' && filledSteps > 0 ? 'PARTIALLY_FILLED' : next;
}

/**
 * The state after a fill that brings the order to `filledSteps` of `sizeSteps`, or null when the order was never sent.
 * A fill is a fact: it counts even after CANCELLED, EXPIRED or REJECTED, when cancel and fill crossed on the wire. Such an
 * order stays terminal until it is full.
 */
export function stateAfterFill(state: OrderState, filledSteps: number, sizeSteps: number): OrderState | null {
  if (NEVER_SENT.has(state)) return null;
  if (filledSteps >= sizeSteps) return 'FILLED';
  return isTerminal(state) || state === 'PENDING_CANCEL' ? state : 'PARTIALLY_FILLED';
}
