import type { RiskDailyStatusUpdatePayload } from '../../model/index.ts';
import { fromMicros, shareOf, toPpm, wireNumber } from '../micros.ts';
import { drawdownLevel, equityMicros, heldMicros, lossRatio } from './equity.ts';
import { openHoldings } from './exposure.ts';
import { marginRatio } from './kill-triggers.ts';
import { all, reservedNotionalMicros } from './reservations.ts';
import type { RiskState } from './state.ts';

/** At most one status in so much logical time, unless something changed that others act on. */
const INTERVAL_US = 1_000_000;

export interface StatusPublisher {
  last: RiskDailyStatusUpdatePayload | null;
  at: number;
}

export function createStatusPublisher(): StatusPublisher {
  return { last: null, at: 0 };
}

/**
 * The status if it is due, else null: when it changed and a second has passed, and at once when the number of
 * positions, the streak, the level or the whole percent of the day changed, or when asked.
 */
export function dueStatus(state: RiskState, atOnce: boolean): RiskDailyStatusUpdatePayload | null {
  const { status } = state;
  const next = dailyStatus(state);
  if (status.last !== null) {
    if (!differs(status.last, next)) return null;
    if (!atOnce && !isUrgent(status.last, next) && state.now - status.at < INTERVAL_US) return null;
  }
  status.last = next;
  status.at = state.now;
  return next;
}

export function dailyStatus(state: RiskState): RiskDailyStatusUpdatePayload {
  const { equity, holdings, options } = state;
  const now = equityMicros(equity, holdings);
  const held = heldMicros(holdings);
  const pnl = now - equity.dayStart;
  const budget = shareOf(Math.max(equity.dayStart, 0), toPpm(options.limits.dailyLossKillRatio)) + pnl;
  const margin = marginRatio(state);
  let reserved = 0;
  for (const reservation of all(state.reservations)) reserved += reservedNotionalMicros(reservation);
  return {
    daily_pnl_percent: percentOf(pnl, equity.dayStart),
    daily_pnl_usd: fromMicros(pnl),
    open_positions: openHoldings(holdings).length,
    // Below zero equity a share of it means nothing; the high-water mark then is the base.
    total_exposure_percent: percentOf(held, now > 0 ? now : equity.hwm),
    drawdown_from_hwm: wireNumber(lossRatio(equity.hwm, now)),
    risk_budget_remaining: fromMicros(Math.max(0, budget)),
    equity_usd: fromMicros(now),
    hwm_usd: fromMicros(equity.hwm),
    reserved_usd: fromMicros(reserved),
    loss_streak: equity.lossStreak,
    trades_today: equity.tradesToday,
    drawdown_level: drawdownLevel(equity.hwm, now),
    ...(margin === null ? {} : { margin_ratio: wireNumber(Math.max(0, margin)) }),
  };
}

function percentOf(part: number, whole: number): number {
  return whole > 0 ? wireNumber((part * 100) / whole) : 0;
}

function differs(before: RiskDailyStatusUpdatePayload, after: RiskDailyStatusUpdatePayload): boolean {
  return (Object.keys(after) as (keyof RiskDailyStatusUpdatePayload)[]).some((field) => before[field] !== after[field]);
}

function isUrgent(before: RiskDailyStatusUpdatePayload, after: RiskDailyStatusUpdatePayload): boolean {
  return (
    before.open_positions !== after.open_positions ||
    before.loss_streak !== after.loss_streak ||
    before.drawdown_level !== after.drawdown_level ||
    Math.floor(before.daily_pnl_percent) !== Math.floor(after.daily_pnl_percent)
  );
}
