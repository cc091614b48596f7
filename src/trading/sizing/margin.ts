import { VolatilityState } from '../../model/index.ts';
import { shareOf, toMicros, toPpm } from '../micros.ts';

/** Margin of one trade as a share of equity, by equity below so much. */
const BRACKETS: readonly (readonly [equityUsdBelow: number, ratio: number])[] = [
  [10_000, 0.05],
  [50_000, 0.04],
  [100_000, 0.03],
  [Infinity, 0.02],
];
/** Margin of one trade at the scaling levels 1 to 3; level 4 has none. */
const USD_BY_LEVEL = [50, 250, 1_000] as const;

export interface MarginCircumstances {
  /** Micro-units of account currency. */
  readonly equity: number;
  /** Margin of what is held and reserved, micro-units. */
  readonly used: number;
  /** Capital tier 1-4. */
  readonly level: number;
  readonly volatility: VolatilityState | null;
  readonly drawdownRatio: number;
  readonly lossStreak: number;
}

/** The most margin a new trade may take, micro-units; 0 when the reserve is touched already. */
export function marginAllowed(circumstances: MarginCircumstances): number {
  const { equity, used, level } = circumstances;
  if (equity <= 0) return 0;
  const bracket = BRACKETS.find(([below]) => equity < below * 1e6)?.[1] ?? 0;
  const byLevel = USD_BY_LEVEL[level - 1];
  const free = shareOf(equity, toPpm(1 - reserveRatio(circumstances))) - used;
  return Math.max(0, Math.min(shareOf(equity, toPpm(bracket)), byLevel === undefined ? Infinity : toMicros(byLevel), free));
}

/** Share of equity that stays free: 10 %, more when it may be needed. */
export function reserveRatio({ volatility, drawdownRatio, lossStreak }: Omit<MarginCircumstances, 'equity' | 'used' | 'level'>): number {
  if (lossStreak >= 3) return 0.4;
  if (drawdownRatio >= 0.05) return 0.3;
  return volatility === VolatilityState.LOW || volatility === VolatilityState.NORMAL ? 0.1 : 0.2;
}
