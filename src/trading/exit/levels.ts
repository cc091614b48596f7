import type { CapitalOptions } from './options.ts';

/** Account-wide stresses that act once per entry into them. */
export type LevelName = 'drawdown_weakest' | 'drawdown_halve' | 'daily_quarter' | 'daily_halve' | 'margin';

/** `epoch` counts entries; a position remembers the epoch it has answered, so one entry is answered once. */
export interface Level {
  active: boolean;
  epoch: number;
}

export type Levels = Record<LevelName, Level>;

export interface AccountStress {
  /** 1 - equity/HWM, ratio. */
  readonly drawdown: number;
  /** Percent points, negative for a loss. */
  readonly dailyPct: number;
  /** Ratio, 1.5 = 150 %; undefined for cash accounts. */
  readonly margin: number | undefined;
}

export function createLevels(): Levels {
  const level = (): Level => ({ active: false, epoch: 0 });
  return { drawdown_weakest: level(), drawdown_halve: level(), daily_quarter: level(), daily_halve: level(), margin: level() };
}

/**
 * Enters and re-arms levels. A drawdown level re-arms only well below itself, so that an equity that hovers around the
 * limit is not cut down slice by slice. Daily levels re-arm on the next trading day alone.
 *
 * @returns the levels entered by this status, in a fixed order
 */
export function enterLevels(levels: Levels, stress: AccountStress, options: CapitalOptions): LevelName[] {
  const { drawdown, dailyPct, margin } = stress;
  const rearm = options.rearmRatio;
  const entered: LevelName[] = [];
  const move = (name: LevelName, inside: boolean, left: boolean): void => {
    const level = levels[name];
    if (level.active && left) level.active = false;
    if (level.active || !inside) return;
    level.active = true;
    level.epoch += 1;
    entered.push(name);
  };
  move('drawdown_weakest', reached(drawdown, options.weakestDrawdownRatio), !reached(drawdown, options.weakestDrawdownRatio - rearm, true));
  move('drawdown_halve', reached(drawdown, options.halveDrawdownRatio), !reached(drawdown, options.halveDrawdownRatio - rearm, true));
  move('daily_quarter', reached(-dailyPct, -options.dailyQuarterPct), false);
  move('daily_halve', reached(-dailyPct, -options.dailyHalvePct), false);
  if (margin !== undefined)
    move('margin', !reached(margin, options.marginStressRatio, true), reached(margin, options.marginStressRatio, true));
  return entered;
}

/** A new trading day: yesterday's losses are answered for. */
export function rollDay(levels: Levels): void {
  levels.daily_quarter.active = false;
  levels.daily_halve.active = false;
}

/** Nano-units: what is published has at most 15 digits, so this removes only the noise of binary fractions. */
const SCALE = 1e9;

/**
 * `value >= limit` in integers, so that a drawdown of 1 - 0.92 counts as 8 %.
 *
 * @param strict asks for `value > limit`
 */
export function reached(value: number, limit: number, strict = false): boolean {
  const difference = Math.round(value * SCALE) - Math.round(limit * SCALE);
  return strict ? difference > 0 : difference >= 0;
}
