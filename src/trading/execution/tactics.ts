/** How a position is being closed, mildest first. */
export const TACTICS = ['LIMIT', 'MARKET', 'EMERGENCY_MARKET', 'PANIC'] as const;
export type Tactic = (typeof TACTICS)[number];

/** The plan for one reason to exit. */
export interface ExitPlan {
  readonly tactic: Tactic;
  /** How far through the last price the limit goes, ratio. */
  readonly toleranceRatio: number;
  /** How long the limit may work, microseconds. */
  readonly lifetimeUs: number;
  /** True if the first limit that runs out of time is followed by a market order. */
  readonly thenMarket: boolean;
}

const SECOND = 1_000_000;
const stop: ExitPlan = { tactic: 'LIMIT', toleranceRatio: 0.005, lifetimeUs: 2 * SECOND, thenMarket: true };
const profit: ExitPlan = { tactic: 'LIMIT', toleranceRatio: 0.002, lifetimeUs: 30 * SECOND, thenMarket: false };
const orderly: ExitPlan = { tactic: 'LIMIT', toleranceRatio: 0.003, lifetimeUs: 300 * SECOND, thenMarket: true };
const emergency: ExitPlan = { tactic: 'EMERGENCY_MARKET', toleranceRatio: 0, lifetimeUs: 0, thenMarket: false };

const PLANS: Readonly<Record<string, ExitPlan>> = {
  stop,
  trailing: stop,
  take_profit: profit,
  partial: profit,
  kill_switch: emergency,
  panic: emergency,
  circuit_breaker: emergency,
  data_gap: emergency,
  human: emergency,
  square_off: emergency,
};

/** Stops, profits and emergencies have plans of their own; time, regime and everything else leave in good order. */
export function planOf(reason: string): ExitPlan {
  return Object.hasOwn(PLANS, reason) ? (PLANS[reason] as ExitPlan) : orderly;
}

export function harder(a: Tactic, b: Tactic): Tactic {
  return TACTICS.indexOf(a) >= TACTICS.indexOf(b) ? a : b;
}

/** After how many failures in a row closing goes on harder: 2 market, 4 emergency, 6 panic. */
export function tacticAfter(failures: number, tactic: Tactic): Tactic {
  const due: Tactic = failures >= 6 ? 'PANIC' : failures >= 4 ? 'EMERGENCY_MARKET' : failures >= 2 ? 'MARKET' : 'LIMIT';
  return harder(tactic, due);
}
