import { KillTrigger } from '../../model/index.ts';
import { reachesShare, toPpm, WHOLE_PPM } from '../micros.ts';
import { confirmedEquityMicros, equityMicros, fellBy, heldMicros } from './equity.ts';
import { openHoldings } from './exposure.ts';
import { disconnectedSince } from './integrity.ts';
import { confirmedMove, DAY_US, HOUR_US } from './moves.ts';
import type { RiskState } from './state.ts';

/** A reason to stop everything. */
export interface Trigger {
  readonly trigger: KillTrigger;
  readonly value: number;
  readonly threshold: number;
  readonly unit: 'percent' | 'count' | 'seconds' | 'ratio';
  readonly severity: 'CRITICAL' | 'EMERGENCY';
}

/**
 * The first trigger that holds, worst first, or null. These are the triggers that follow from the account's own risk;
 * `kill_switch_service` publishes the others (manual, panic, alias, reconciliation, audit).
 *
 * Open losses and moves count only when several marks in a row show them; realized losses, quality and lost
 * connections count at once.
 */
export function findTrigger(state: RiskState): Trigger | null {
  return (
    moveTrigger(state, DAY_US) ??
    marginTrigger(state) ??
    lossTrigger(state) ??
    integrityTrigger(state) ??
    moveTrigger(state, HOUR_US) ??
    streakTrigger(state)
  );
}

function lossTrigger(state: RiskState): Trigger | null {
  const { equity, options } = state;
  const confirmed = confirmedEquityMicros(equity, state.holdings);
  const { dailyLossKillRatio: daily, drawdownKillRatio: drawdown } = options.limits;
  if (fellBy(equity.dayStart, confirmed, daily)) {
    const value = percent((confirmed - equity.dayStart) / equity.dayStart);
    return { trigger: KillTrigger.daily_loss_exceeded, value, threshold: percent(-daily), unit: 'percent', severity: 'CRITICAL' };
  }
  if (fellBy(equity.hwmConfirmed, confirmed, drawdown)) {
    const value = percent(1 - confirmed / equity.hwmConfirmed);
    return { trigger: KillTrigger.drawdown_exceeded, value, threshold: percent(drawdown), unit: 'percent', severity: 'CRITICAL' };
  }
  return null;
}

function integrityTrigger({ integrity, options, holdings, now }: RiskState): Trigger | null {
  const threshold = options.integrity.qualityRatioKill;
  const worst = Math.min(1, ...integrity.quality.values());
  if (worst < threshold) return { trigger: KillTrigger.data_integrity, value: worst, threshold, unit: 'ratio', severity: 'CRITICAL' };
  const since = disconnectedSince(integrity);
  const lostUs = since === null ? 0 : now - since;
  if (lostUs > options.limits.venueLostMsMax * 1_000 && openHoldings(holdings).length > 0) {
    const seconds = options.limits.venueLostMsMax / 1_000;
    return { trigger: KillTrigger.venue_lost, value: lostUs / 1e6, threshold: seconds, unit: 'seconds', severity: 'CRITICAL' };
  }
  return null;
}

function moveTrigger({ options, holdings, moves }: RiskState, spanUs: number): Trigger | null {
  const swan = spanUs === DAY_US;
  const threshold = swan ? options.limits.blackSwanRatio : options.limits.flashCrashRatio;
  for (const holding of openHoldings(holdings)) {
    const move = confirmedMove(moves, holding.symbol, holding.marks, spanUs);
    // Strictly more, with the noise of the two divisions taken off: a move of exactly 10 % is not one above 10 %.
    if (move <= threshold + 1e-12) continue;
    return {
      trigger: swan ? KillTrigger.black_swan : KillTrigger.flash_crash,
      value: percent(move),
      threshold: percent(threshold),
      unit: 'percent',
      severity: swan ? 'EMERGENCY' : 'CRITICAL',
    };
  }
  return null;
}

function marginTrigger(state: RiskState): Trigger | null {
  const used = marginUsedMicros(state);
  const { marginRatioKill: threshold } = state.options.limits;
  if (used === 0 || reachesShare(confirmedEquityMicros(state.equity, state.holdings), used, toPpm(threshold))) return null;
  const value = (marginRatio(state) ?? 0) + 0;
  return { trigger: KillTrigger.margin_critical, value, threshold, unit: 'ratio', severity: 'EMERGENCY' };
}

function streakTrigger({ equity, options }: RiskState): Trigger | null {
  const threshold = options.limits.lossStreakKill;
  if (equity.lossStreak < threshold) return null;
  return { trigger: KillTrigger.loss_streak, value: equity.lossStreak, threshold, unit: 'count', severity: 'CRITICAL' };
}

/** Equity / margin used, or null for a cash account or an empty book. */
export function marginRatio(state: RiskState): number | null {
  const used = marginUsedMicros(state);
  return used === 0 ? null : equityMicros(state.equity, state.holdings) / used;
}

/** Held exposure / leverage; 0 for cash accounts, whose positions are paid for. */
function marginUsedMicros({ options, holdings }: RiskState): number {
  if (options.accountKind === 'cash') return 0;
  return Math.round((heldMicros(holdings) * WHOLE_PPM) / toPpm(options.leverage));
}

function percent(ratio: number): number {
  return Number((ratio * 100).toPrecision(12));
}
