import { isLatched } from '../kill-latch.ts';
import { reached, type LevelName } from './levels.ts';
import { fullExit, type Candidate, type Rule, type RuleContext } from './rule.ts';
import { tightened, type Watch } from './watch.ts';

/** Rank 1. */
export const killRule: Rule = (_watch, { account }) => (isLatched(account.kill) ? fullExit(1, 'KILL_SWITCH', 'kill_switch') : null);

/** Rank 1. */
export const panicRule: Rule = (_watch, { account }) => (account.panicked ? fullExit(1, 'PANIC', 'panic') : null);

/** Rank 1: a human closes by force. */
export const humanRule: Rule = (watch) => (watch.forced ? fullExit(1, 'FORCE_CLOSE', 'human') : null);

/** Rank 2. */
export const breakerRule: Rule = (watch, { account, options, symbol }) => {
  const { breaker } = options;
  if (breaker === null) return null;
  if (reached(account.drawdown, breaker.drawdownRatio)) return fullExit(2, 'DRAWDOWN_15', 'circuit_breaker');
  if (account.margin !== undefined && !reached(account.margin, breaker.marginRatio)) return fullExit(2, 'MARGIN_120', 'circuit_breaker');
  const { funding } = symbol;
  if (!breaker.funding || funding === null || funding.p99 === 0) return null;
  // A positive rate is paid by LONG to SHORT.
  return reached(funding.rate * watch.sign, Math.abs(funding.p99)) ? fullExit(2, 'FUNDING_P99', 'funding') : null;
};

/** Rank 4, drawdown at the first level: the weakest position of the account. */
export const weakestRule: Rule = (watch, context) => {
  if (context.options.capital === null || !isUnanswered(watch, context, 'drawdown_weakest')) return null;
  if (context.account.weakestId !== watch.positionId) return null;
  return { ...fullExit(4, 'DRAWDOWN_8', 'capital_stress', 'HIGH'), use: answer(watch, context, 'drawdown_weakest') };
};

/** Rank 4, drawdown at the second level: every position. */
export const halveRule: Rule = (watch, context) => {
  const { capital } = context.options;
  if (capital === null || !isUnanswered(watch, context, 'drawdown_halve')) return null;
  return {
    ...cut('DRAWDOWN_12', 'URGENT', capital.halvePct),
    newStop: tightened(watch, capital.halveTightenPct),
    use: answer(watch, context, 'drawdown_halve'),
  };
};

/** Rank 4, the day's loss. */
export const dailyQuarterRule: Rule = (watch, context) => {
  const { capital } = context.options;
  if (capital === null || !isUnanswered(watch, context, 'daily_quarter')) return null;
  return { ...cut('DAILY_3', 'MEDIUM', capital.dailyQuarterExitPct), use: answer(watch, context, 'daily_quarter') };
};

/** Rank 4, the day's loss. */
export const dailyHalveRule: Rule = (watch, context) => {
  const { capital } = context.options;
  if (capital === null || !isUnanswered(watch, context, 'daily_halve')) return null;
  return { ...cut('DAILY_4', 'HIGH', capital.dailyHalveExitPct), use: answer(watch, context, 'daily_halve') };
};

/** Rank 4, margin between stress and breaker. */
export const marginRule: Rule = (watch, context) => {
  const { capital } = context.options;
  if (capital === null || !isUnanswered(watch, context, 'margin')) return null;
  return { ...cut('MARGIN_150', 'HIGH', capital.marginExitPct), use: answer(watch, context, 'margin') };
};

/** Rank 4: of two positions that are one bet, the smaller is cut, once for each pair. */
export const pairRule: Rule = (watch, { account, options }) => {
  const { capital } = options;
  const pair = account.smallerOf.get(watch.positionId)?.find((one) => !watch.used.has(one));
  if (capital === null || pair === undefined) return null;
  return { ...cut('PAIR_RHO', 'MEDIUM', capital.pairExitPct), use: () => watch.used.add(pair) };
};

function cut(rule: string, priority: Candidate['priority'], exitPct: number): Candidate {
  return { rank: 4, rule, reason: 'capital_stress', priority, exitPct, newStop: null };
}

function isUnanswered(watch: Watch, { account }: RuleContext, name: LevelName): boolean {
  const level = account.levels[name];
  return level.active && watch.answered[name] < level.epoch;
}

function answer(watch: Watch, { account }: RuleContext, name: LevelName): () => void {
  const { epoch } = account.levels[name];
  return () => {
    watch.answered[name] = epoch;
  };
}
