import { VolatilityState } from '../../model/index.ts';

/** One reason to be smaller. */
export interface Factor {
  readonly code: 'KERNEL' | 'ORCHESTRATOR' | 'GOVERNOR' | 'DRAWDOWN' | 'VOLATILITY' | 'LOSS_STREAK';
  readonly ratio: number;
}

export interface Circumstances {
  /** `size_multiplier` of the evaluation. */
  readonly kernelRatio: number;
  readonly orchestratorRatio: number;
  readonly governorRatio: number;
  readonly drawdownRatio: number;
  /** Unknown counts as the worst. */
  readonly volatility: VolatilityState | null;
  readonly lossStreak: number;
}

export interface FactorTables {
  readonly drawdownTable: FactorTable;
  readonly streakTable: FactorTable;
}

const BY_VOLATILITY: Readonly<Record<VolatilityState, number>> = { LOW: 1, NORMAL: 0.75, HIGH: 0.5, EXTREME: 0.25 };

/** The smallest factor: the reasons overlap, so they are never multiplied. */
export function smallestFactor(circumstances: Circumstances, tables: FactorTables): Factor {
  const factors: Factor[] = [
    { code: 'KERNEL', ratio: circumstances.kernelRatio },
    { code: 'ORCHESTRATOR', ratio: circumstances.orchestratorRatio },
    { code: 'GOVERNOR', ratio: circumstances.governorRatio },
    { code: 'DRAWDOWN', ratio: lookUp(tables.drawdownTable, circumstances.drawdownRatio) },
    { code: 'VOLATILITY', ratio: BY_VOLATILITY[circumstances.volatility ?? VolatilityState.EXTREME] },
    { code: 'LOSS_STREAK', ratio: lookUp(tables.streakTable, circumstances.lossStreak) },
  ];
  return factors.reduce((least, factor) => (factor.ratio < least.ratio ? factor : least));
}

/** Rows [below, factor], bounds rising and factors falling: the first row whose bound lies above the value counts, past the last it is 0. */
export type FactorTable = readonly (readonly [below: number, ratio: number])[];

export const DRAWDOWN_TABLE: FactorTable = Object.freeze([
  [0.03, 1],
  [0.05, 0.85],
  [0.08, 0.7],
]);

export const STREAK_TABLE: FactorTable = Object.freeze([
  [3, 1],
  [4, 0.75],
  [6, 0.5],
]);

export function lookUp(table: FactorTable, value: number): number {
  return table.find(([below]) => value < below)?.[1] ?? 0;
}
