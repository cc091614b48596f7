import type { EventInput, QtEvent } from '../../event/index.ts';
import {
  MarketCalendarChanged,
  OrchestratorPolicyUpdated,
  PositionClosed,
  PositionOpened,
  PositionStateUpdate,
  RiskDailyStatusUpdate,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  SystemDayRolled,
  SystemHumanOverrideChanged,
  SystemPanicClose,
  SystemTimerFired,
  type RiskDailyStatusUpdatePayload,
} from '../../model/index.ts';
import { onActivated, onReset } from '../kill-latch.ts';
import { bookClosed, bookOpened, bookUpdate, smallerHalves, weakestOf } from './book.ts';
import { handle, type EventHandle } from './event-handle.ts';
import { enterLevels, rollDay } from './levels.ts';
import { evaluate, evaluateAll, heartbeat, ownedByName, type BrainState } from './state.ts';

/** Timers whose name starts so are the exit brain's. */
export const EXIT_TIMER_PREFIX = 'exit_brain';

/** Events that every instance sees; each acts for its own symbols. */
export const ACCOUNT_EVENTS: readonly EventHandle[] = [
  handle(PositionOpened, (state, event) => {
    const { account, options } = state;
    if (bookOpened(account.book, event) && options.capital !== null) {
      for (const { id, pair } of smallerHalves(account.book, event.payload.symbol, options.capital)) {
        account.smallerOf.set(id, [...(account.smallerOf.get(id) ?? []), pair]);
      }
    }
    return evaluateOwn(state, event.payload.symbol, event);
  }),
  handle(PositionStateUpdate, (state, event) => {
    bookUpdate(state.account.book, event);
    return evaluateOwn(state, event.payload.symbol, event);
  }),
  handle(PositionClosed, (state, event) => {
    const owned = state.owned.get(event.payload.symbol);
    state.account.smallerOf.delete(event.payload.position_id);
    if (bookClosed(state.account.book, event) && owned !== undefined) owned.watch = null;
    return [];
  }),
  handle(RiskDailyStatusUpdate, onDailyStatus),
  handle(RiskKillSwitchActivated, (state, event) => {
    onActivated(state.account.kill, event.payload.kill_switch_id);
    return evaluateAll(state, event);
  }),
  handle(RiskKillSwitchReset, ({ account }, event) => {
    if (onReset(account.kill, event.payload.kill_switch_id)) account.panicked = false;
    return [];
  }),
  handle(SystemPanicClose, (state, event) => {
    state.account.panicked = true;
    return evaluateAll(state, event);
  }),
  handle(SystemHumanOverrideChanged, (state, event) => {
    const { action, scope } = event.payload;
    if (action !== 'FORCE_CLOSE') return [];
    for (const { watch } of state.owned.values()) {
      if (watch !== null && isInScope(scope, watch.symbol, watch.positionId)) watch.forced = true;
    }
    return evaluateAll(state, event);
  }),
  handle(MarketCalendarChanged, (state, event) => {
    state.account.markets.set(event.payload.market, event.payload.state);
    return evaluateAll(state, event);
  }),
  handle(OrchestratorPolicyUpdated, (state, event) => {
    state.account.exitMode = event.payload.exit_mode;
    return evaluateAll(state, event);
  }),
  handle(SystemDayRolled, ({ account }) => {
    rollDay(account.levels);
    return [];
  }),
  handle(SystemTimerFired, (state, event) => {
    if (!event.payload.name.startsWith(EXIT_TIMER_PREFIX)) return [];
    return ownedByName(state).flatMap((owned) => {
      const decidedAt = owned.watch?.marketAt ?? event.timestamp;
      return [...evaluate(state, owned, event), ...heartbeat(state, owned, event.timestamp, decidedAt, true)];
    });
  }),
];

/** Positions of other owners are only remembered. */
function evaluateOwn(state: BrainState, symbol: string, event: QtEvent<object>): EventInput[] {
  const owned = state.owned.get(symbol);
  return owned === undefined ? [] : evaluate(state, owned, event);
}

function onDailyStatus(state: BrainState, event: QtEvent<RiskDailyStatusUpdatePayload>): EventInput[] {
  const { account, options } = state;
  const { daily_pnl_percent: dailyPct, drawdown_from_hwm: drawdown, margin_ratio: margin } = event.payload;
  account.drawdown = drawdown;
  account.margin = margin;
  if (options.capital !== null) {
    const entered = enterLevels(account.levels, { drawdown, dailyPct, margin }, options.capital);
    if (entered.includes('drawdown_weakest')) account.weakestId = weakestOf(account.book);
  }
  return evaluateAll(state, event);
}

/** A scope names a symbol, a position, an account, or everything. */
function isInScope(scope: string, symbol: string, positionId: string): boolean {
  return scope === symbol || scope === positionId || scope === '*' || scope === 'ALL' || scope === 'ACCOUNT' || scope.startsWith('acct:');
}
