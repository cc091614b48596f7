import { DrawdownLevel } from '../../model/index.ts';
import { reachesShare, toMicros, toPpm } from '../micros.ts';
import {
  confirmedGainMicros,
  confirmedUnrealizedMicros,
  exposureMicros,
  openHoldings,
  unrealizedMicros,
  type Holding,
  type Holdings,
} from './exposure.ts';

/** The account's money, in micro-units, and what it is measured against. */
export interface Equity {
  readonly initial: number;
  realized: number;
  /** Equity when the day began; re-taken only when a day rolls or the kill switch is reset. */
  dayStart: number;
  /** Highest equity since then. */
  dayHigh: number;
  /** Highest equity since the last re-base. Never falls otherwise. */
  hwm: number;
  /** As `hwm`, but only of equity that several marks confirm: what a kill is measured against. */
  hwmConfirmed: number;
  /** Losing trades in a row. */
  lossStreak: number;
  /** Positions opened today. */
  tradesToday: number;
}

export function createEquity(initialUsd: number): Equity {
  const initial = toMicros(initialUsd);
  return {
    initial,
    realized: 0,
    dayStart: initial,
    dayHigh: initial,
    hwm: initial,
    hwmConfirmed: initial,
    lossStreak: 0,
    tradesToday: 0,
  };
}

/** Initial + realized + unrealized at the last marks. */
export function equityMicros(equity: Equity, holdings: Holdings): number {
  return equity.initial + equity.realized + total(holdings, unrealizedMicros);
}

/** As `equityMicros`, but an open loss counts only as far as the last marks all show it. */
export function confirmedEquityMicros(equity: Equity, holdings: Holdings): number {
  return equity.initial + equity.realized + total(holdings, confirmedUnrealizedMicros);
}

/** |size|·mark of everything held. */
export function heldMicros(holdings: Holdings): number {
  return total(holdings, exposureMicros);
}

/** Lets the highs follow the equity; call after every change. */
export function raiseHighs(equity: Equity, holdings: Holdings): void {
  const now = equityMicros(equity, holdings);
  equity.dayHigh = Math.max(equity.dayHigh, now);
  equity.hwm = Math.max(equity.hwm, now);
  equity.hwmConfirmed = Math.max(equity.hwmConfirmed, equity.initial + equity.realized + total(holdings, confirmedGainMicros));
}

/** Begins a day: the base of its P&L is the equity of this moment. */
export function rollDay(equity: Equity, holdings: Holdings): void {
  equity.dayStart = equityMicros(equity, holdings);
  equity.dayHigh = equity.dayStart;
  equity.tradesToday = 0;
}

/** After a reset of the kill switch everything is measured from here; without it the old high would kill again at once. */
export function rebase(equity: Equity, holdings: Holdings): void {
  equity.dayStart = equityMicros(equity, holdings);
  equity.dayHigh = equity.dayStart;
  equity.hwm = equity.dayStart;
  equity.hwmConfirmed = equity.dayStart;
  equity.lossStreak = 0;
}

/** A net loss adds one, a profit starts over, break-even leaves it. */
export function countResult(equity: Equity, netMicros: number): void {
  if (netMicros < 0) equity.lossStreak++;
  else if (netMicros > 0) equity.lossStreak = 0;
}

/** Share lost of `from`, >= 0, for reports; limits use `fellBy`. */
export function lossRatio(from: number, now: number): number {
  return from > 0 ? Math.max(0, (from - now) / from) : 0;
}

/** True if `now` lies at least `ratio` below `from`; exact. */
export function fellBy(from: number, now: number, ratio: number): boolean {
  return from > 0 && reachesShare(from - now, from, toPpm(ratio));
}

const LEVELS: readonly (readonly [ratio: number, level: DrawdownLevel])[] = [
  [0.2, DrawdownLevel.CATASTROPHIC],
  [0.15, DrawdownLevel.BLACK],
  [0.12, DrawdownLevel.RED],
  [0.08, DrawdownLevel.ORANGE],
  [0.05, DrawdownLevel.YELLOW],
];

export function drawdownLevel(hwm: number, now: number): DrawdownLevel {
  return LEVELS.find(([ratio]) => fellBy(hwm, now, ratio))?.[1] ?? DrawdownLevel.GREEN;
}

function total(holdings: Holdings, of: (holding: Holding) => number): number {
  let sum = 0;
  for (const holding of openHoldings(holdings)) sum += of(holding);
  return sum;
}
