import { toEntrySide, TradesRequestDenied, signOf, type TradesRequestNewPayload } from '../../model/index.ts';
import { isLatched } from '../kill-latch.ts';
import { deadlineIn } from './deadline.ts';
import { priceDown, priceUp, stepsDown } from './grid.ts';
import { isLive } from './order.ts';
import { sendOrder } from './send.ts';
import type { Turn } from './state.ts';

/**
 * A request becomes one entry order, or is denied with a reason. The same request again is neither: it was seen.
 */
export function onRequest(turn: Turn, request: TradesRequestNewPayload): void {
  const { desk, state } = turn;
  if (!desk.requests.add(request.request_id)) {
    state.counters.repeatedRequests++;
    return;
  }
  const refusal = refusalOf(turn, request);
  if (refusal !== null) {
    turn.out.push(
      TradesRequestDenied.create(
        { request_id: request.request_id, evaluation_id: request.evaluation_id, symbol: request.symbol, ...refusal },
        { source: 'risk_guard' },
      ),
    );
    return;
  }
  const side = toEntrySide(request.direction);
  const limit = request.type === 'LIMIT' ? entryLimit(turn, request) : null;
  const order = sendOrder(turn, {
    requestId: request.request_id,
    intent: 'ENTRY',
    side,
    type: request.type,
    sizeSteps: stepsDown(request.size, desk.instrument.step),
    ...(limit === null ? {} : { limitPrice: limit }),
    decisionPrice: desk.lastPrice ?? request.entry_price,
    reason: 'entry',
    strategyId: request.strategy_id,
    protectiveStop: request.stop_loss,
  });
  if (isLive(order) && order.state !== 'INITIALIZED')
    desk.entries.set(order.terms.clientOrderId, deadlineIn(turn.nowUs, state.options.entryLifetimeUs));
}

function refusalOf(turn: Turn, request: TradesRequestNewPayload): { reason: string; checks: Record<string, unknown>[] } | null {
  const { desk, state, nowUs } = turn;
  const plain = (reason: string): { reason: string; checks: [] } => ({ reason, checks: [] });
  if (isLatched(state.latch)) return plain('KILL_ACTIVE');
  if (nowUs >= request.expires_at) return plain('REQUEST_EXPIRED');
  if (request.option !== undefined) return plain('OPTION_NOT_TRADED');
  if (stepsDown(request.size, desk.instrument.step) < 1) return plain('SIZE_BELOW_MIN');
  if (opposes(turn, request)) return plain('POSITION_OPPOSITE');
  if (desk.closing !== null) return plain('POSITION_CLOSING');
  const answer = state.door.check(request, nowUs, desk.lastPrice);
  return answer.ok ? null : { reason: answer.reason, checks: answer.checks.map((check) => ({ ...check })) };
}

/** An entry against what is held or on its way would be an exit that nobody decided. */
function opposes(turn: Turn, request: TradesRequestNewPayload): boolean {
  const { desk } = turn;
  const sign = signOf(request.direction);
  if (desk.holding !== null && Math.sign(desk.holding.steps) !== sign) return true;
  return [...desk.entries.keys()].some((id) => signOf(desk.orders.get(id)?.terms.side ?? 'BUY') !== sign);
}

function entryLimit(turn: Turn, request: TradesRequestNewPayload): number {
  const { instrument } = turn.desk;
  const tolerance = turn.state.options.entryToleranceRatio;
  const buy = request.direction === 'LONG';
  const asked = request.limit_price ?? request.entry_price * (buy ? 1 + tolerance : 1 - tolerance);
  return buy ? priceDown(asked, instrument) : priceUp(asked, instrument);
}
