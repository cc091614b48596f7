import { ExitOrderEscalated, ExitOrderFailed, SystemPanicClose } from '../../model/index.ts';
import { deadlineIn } from './deadline.ts';
import { priceDown, priceUp } from './grid.ts';
import type { Holding } from './holding.ts';
import { isLive, type Order } from './order.ts';
import { cancelEntries, cancelOrder, sendOrder } from './send.ts';
import type { Closing, Turn } from './state.ts';
import { harder, planOf, tacticAfter, type Tactic } from './tactics.ts';

export interface ExitWish {
  readonly reason: string;
  /** Close everything there is. */
  readonly all?: boolean;
  /** Else so many steps on top of what is being closed already. */
  readonly steps?: number;
  /** Default: the tactic of the reason. */
  readonly tactic?: Tactic;
}

/**
 * Begins to close the holding, or adds to the closing under way: sizes add up to at most the holding, the harder tactic
 * wins, and there is never more than one live closing order. The resting stop stays until the holding is flat.
 */
export function beginExit(turn: Turn, wish: ExitWish): void {
  const { desk } = turn;
  const { holding, closing: current } = desk;
  if (holding === null || turn.state.outlet.kind === 'log') return;
  const held = Math.abs(holding.steps);
  const all = wish.all === true || current?.all === true;
  const targetSteps = all ? held : Math.min(held, (wish.steps ?? 0) + (current?.targetSteps ?? 0));
  if (targetSteps === 0) return;
  const asked = wish.tactic ?? planOf(wish.reason).tactic;
  if (all) cancelEntries(turn, wish.reason === 'kill_switch' || wish.reason === 'panic' ? 'KILL' : 'REPLACED');
  if (current === null) {
    desk.closing = {
      targetSteps,
      all,
      reason: wish.reason,
      tactic: asked,
      failures: 0,
      attempts: 0,
      orderId: null,
      deadline: null,
      retryAtUs: null,
      panicked: false,
    };
    sendClosing(turn);
    return;
  }
  const tactic = harder(current.tactic, asked);
  if (tactic === current.tactic && targetSteps === current.targetSteps && all === current.all) return;
  if (tactic !== current.tactic || (all && !current.all)) current.reason = wish.reason;
  Object.assign(current, { targetSteps, all, tactic });
  resendClosing(turn, current);
}

const OUT_OF_TIME = 'limit not filled in time';

/** Pauses before the next attempt, logical time; on bars it is the next bar. Exits are tried for ever, at most this far apart. */
const RETRY_US = [100_000, 500_000, 2_000_000];
const RETRY_US_MAX = 2_000_000;

/** What remains to be closed has changed, or time is up: the live order gives way to a new one. */
function resendClosing(turn: Turn, closing: Closing): void {
  const old = closing.orderId;
  closing.orderId = null;
  if (old !== null) {
    cancelOrder(turn, old, 'REPLACED');
    const order = turn.desk.orders.get(old);
    if (order !== undefined && isLive(order)) {
      // The venue has not answered: two live closing orders could close too much, so the next waits for the answer.
      closing.orderId = old;
      return;
    }
  }
  sendClosing(turn);
}

/** Sends the closing order for what the venue says is there; reduce-only, so it can never turn the position. */
export function sendClosing(turn: Turn): void {
  const { desk, state } = turn;
  const { holding, closing } = desk;
  if (holding === null || closing === null || state.outlet.kind === 'log' || closing.orderId !== null) return;
  closing.retryAtUs = null;
  const side = holding.steps > 0 ? 'SELL' : 'BUY';
  const atVenue = Math.max(Math.sign(holding.steps) * state.outlet.venue.positionSteps(desk.symbol), 0);
  const sizeSteps = Math.min(closing.all ? Math.abs(holding.steps) : closing.targetSteps, Math.abs(holding.steps), atVenue);
  if (sizeSteps === 0) {
    fail(turn, closing, holding, 'venue reports no position');
    return;
  }
  const limit = limitOf(turn, holding, closing);
  closing.attempts++;
  closing.deadline = limit === null ? null : deadlineIn(turn.nowUs, planOf(closing.reason).lifetimeUs);
  const order = sendOrder(turn, {
    requestId: holding.requestId,
    intent: closing.tactic === 'EMERGENCY_MARKET' || closing.tactic === 'PANIC' ? 'EMERGENCY' : 'EXIT',
    side,
    type: limit === null ? 'MARKET' : 'LIMIT',
    sizeSteps,
    ...(limit === null ? {} : { limitPrice: limit }),
    decisionPrice: desk.lastPrice ?? holding.stopPrice ?? 1,
    reason: closing.reason,
    strategyId: holding.strategyId,
  });
  closing.orderId = order.terms.clientOrderId;
}

/** A closing order ended. If we did not end it ourselves to send another, that is a failure: report, escalate, go on. */
export function onClosingEnded(turn: Turn, order: Order): void {
  const { closing, holding } = turn.desk;
  if (closing === null || closing.orderId !== order.terms.clientOrderId) return;
  closing.orderId = null;
  if (order.state === 'FILLED' || holding === null) {
    if (holding === null || !closing.all) turn.desk.closing = null;
    else sendClosing(turn);
    return;
  }
  // We took it back ourselves, to send another.
  if (order.state === 'CANCELLED' && order.cancelCause === 'REPLACED') {
    sendClosing(turn);
    return;
  }
  const outOfTime = order.state === 'EXPIRED';
  fail(turn, closing, holding, outOfTime ? OUT_OF_TIME : order.state.toLowerCase());
  // Out of time means that the market moved on: follow it now. What failed at once would fail again, so it waits.
  if (outOfTime) sendClosing(turn);
}

/** The limit ran out of time. */
export function onClosingDue(turn: Turn): void {
  const { closing } = turn.desk;
  if (closing === null || closing.orderId === null) return;
  closing.deadline = null;
  cancelOrder(turn, closing.orderId, 'TTL');
}

function fail(turn: Turn, closing: Closing, holding: Holding, reason: string): void {
  const { desk } = turn;
  closing.failures++;
  const before = closing.tactic;
  closing.retryAtUs = turn.nowUs + (RETRY_US[closing.failures - 1] ?? RETRY_US_MAX);
  const hurry: Tactic = before === 'LIMIT' && reason === OUT_OF_TIME && planOf(closing.reason).thenMarket ? 'MARKET' : before;
  closing.tactic = tacticAfter(closing.failures, hurry);
  const payload = {
    position_id: holding.positionId ?? holding.requestId,
    symbol: desk.symbol,
    attempt: closing.attempts,
    reason,
    tactic: before,
    next_tactic: closing.tactic,
  };
  turn.out.push(ExitOrderFailed.create(payload));
  if (closing.tactic !== before) turn.out.push(ExitOrderEscalated.create(payload));
  if (closing.tactic === 'PANIC' && !closing.panicked) {
    closing.panicked = true;
    turn.out.push(
      SystemPanicClose.create({
        event_id: `panic_${turn.seq}_${desk.symbol}`,
        reason: 'EXIT_ESCALATION',
        severity: 'CRITICAL',
        issued_by: 'execution_engine',
      }),
    );
  }
}

function limitOf(turn: Turn, holding: Holding, closing: Closing): number | null {
  const { lastPrice, instrument } = turn.desk;
  if (closing.tactic !== 'LIMIT' || lastPrice === null) return null;
  const { toleranceRatio } = planOf(closing.reason);
  return holding.steps > 0
    ? priceUp(lastPrice * (1 - toleranceRatio), instrument)
    : priceDown(lastPrice * (1 + toleranceRatio), instrument);
}
