import type { EventInput, QtEvent } from '../../event/index.ts';
import {
  accountKey,
  MAIN_ACCOUNT,
  PositionClosed,
  PositionOpened,
  RiskKillSwitchActivated,
  RiskKillSwitchFlattened,
  RiskKillSwitchReset,
  TradesOrderCancelled,
  TradesOrderFilled,
  TradesOrderPartiallyFilled,
  type PositionClosedPayload,
  type PositionOpenedPayload,
  type RiskKillSwitchActivatedPayload,
  type TradesOrderCancelledPayload,
  type TradesOrderFilledPayload,
} from '../../model/index.ts';
import { createKillLatch, isLatched, onActivated, onReset, type KillLatch } from '../kill-latch.ts';
import { AppliedSequences } from '../redelivery.ts';

/** What was closed since a latch. */
interface Flattening {
  readonly killSwitchId: string;
  readonly latchedAt: number;
  /** Event time of the latest closing. Symbols on other threads may be behind the one that was the reason: never before the latch. */
  flatAt: number;
  /** Every position that was open at the latch or opened after it. */
  readonly total: Set<string>;
  closed: number;
  cancelled: number;
  /** Sum over closing fills of the price that was given away, and of their value at the price decided on. */
  givenAway: number;
  value: number;
}

/** Owned by `stepFlatten`. */
export interface FlattenState {
  readonly account: string;
  readonly latch: KillLatch;
  readonly open: Set<string>;
  readonly applied: AppliedSequences;
  current: Flattening | null;
}

/** The types that tell whether an account is flat after a kill. */
export const FLATTEN_TYPES: readonly string[] = [
  PositionOpened,
  PositionClosed,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  TradesOrderCancelled,
  TradesOrderFilled,
  TradesOrderPartiallyFilled,
].map((definition) => definition.type);

/** What is known of open positions and orders before the first event: nothing. */
export function createFlattenState(account = MAIN_ACCOUNT): FlattenState {
  return { account, latch: createKillLatch(), open: new Set(), applied: new AppliedSequences(), current: null };
}

/**
 * Says `risk.kill_switch.flattened` when nothing is open any more after a kill; at once when nothing was. Executors own
 * symbols and each sees only its own positions, so this looks at all of them. A fill that crossed the kill opens a
 * position late: then it is said again when that one is closed.
 */
export function stepFlatten(state: FlattenState, event: QtEvent<object>): EventInput[] {
  return state.applied.once(event, () => apply(state, event));
}

function apply(state: FlattenState, event: QtEvent<object>): EventInput[] {
  const { current } = state;
  switch (event.type) {
    case PositionOpened.type: {
      const { position_id: id } = event.payload as PositionOpenedPayload;
      state.open.add(id);
      current?.total.add(id);
      return [];
    }
    case PositionClosed.type:
      if (!state.open.delete((event.payload as PositionClosedPayload).position_id) || current === null) return [];
      current.closed++;
      current.flatAt = Math.max(current.flatAt, event.timestamp);
      return announce(state);
    case RiskKillSwitchActivated.type:
      return latch(state, event.payload as RiskKillSwitchActivatedPayload, event.timestamp);
    case RiskKillSwitchReset.type:
      if (onReset(state.latch, (event.payload as RiskKillSwitchActivatedPayload).kill_switch_id ?? '')) state.current = null;
      return [];
    case TradesOrderCancelled.type:
      if (current !== null && (event.payload as TradesOrderCancelledPayload).cause === 'KILL') current.cancelled++;
      return [];
    default:
      if (current !== null) addFill(current, event.payload as TradesOrderFilledPayload);
      return [];
  }
}

function latch(state: FlattenState, payload: RiskKillSwitchActivatedPayload, now: number): EventInput[] {
  const id = payload.kill_switch_id ?? '';
  if (!onActivated(state.latch, id) || !isLatched(state.latch)) return [];
  const total = new Set(state.open);
  state.current = { killSwitchId: id, latchedAt: now, flatAt: now, total, closed: 0, cancelled: 0, givenAway: 0, value: 0 };
  return announce(state);
}

function addFill(current: Flattening, { decision_price, fill_price, fill_size, intent, side }: TradesOrderFilledPayload): void {
  if (intent === 'ENTRY') return;
  current.givenAway += (side === 'BUY' ? fill_price - decision_price : decision_price - fill_price) * fill_size;
  current.value += decision_price * fill_size;
}

function announce({ account, current, open }: FlattenState): EventInput[] {
  if (current === null || open.size > 0) return [];
  const payload = {
    kill_switch_id: current.killSwitchId,
    positions_total: current.total.size,
    positions_closed: current.closed,
    orders_cancelled: current.cancelled,
    close_slippage_bps: current.value > 0 ? (current.givenAway / current.value) * 10_000 : 0,
    elapsed_ms: Math.round((current.flatAt - current.latchedAt) / 1000),
  };
  return [RiskKillSwitchFlattened.create(payload, { key: accountKey(account) })];
}
