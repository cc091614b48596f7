import { roundStop } from '../../model/index.ts';
import { reached } from './levels.ts';
import type { TimeOptions, TrailingStep } from './options.ts';
import { fullExit, type Candidate, type Rule, type RuleContext } from './rule.ts';
import { isTighter, profitR, riskDistance, tightened, unrealizedPct, type Watch } from './watch.ts';

/** Rank 8: too old, or announced once at most of the way there. */
export const timeRule: Rule = (watch, context) => {
  const rules = context.options.time;
  if (rules === null) return null;
  const age = context.now - watch.openedAt;
  const limit = ageLimit(watch, context, rules);
  if (age > limit) return fullExit(8, 'TIME_LIMIT', 'time_exit', 'HIGH');
  if (age < limit * rules.alertRatio || watch.used.has('TIME_NEAR')) return null;
  return {
    rank: 8,
    rule: 'TIME_NEAR',
    reason: 'time_exit',
    priority: 'LOW',
    exitPct: 0,
    newStop: null,
    use: () => watch.used.add('TIME_NEAR'),
  };
};

/** Rank 8: the market is about to close for the day. */
export const squareOffRule: Rule = (_watch, { account, options }) =>
  options.squareOff && [...account.markets.values()].includes('PRE_CLOSE') ? fullExit(8, 'PRE_CLOSE', 'square_off', 'HIGH') : null;

function ageLimit(watch: Watch, { symbol }: RuleContext, rules: TimeOptions): number {
  const { regime, volatility } = symbol.regime;
  const row = { TRENDING: rules.trending, RANGING: rules.ranging, UNKNOWN: rules.unknown, CHAOTIC: rules.chaotic }[regime];
  if (volatility === 'HIGH' || volatility === 'EXTREME') return row.volatileUs;
  const isWinner = regime === 'TRENDING' && reached(profitR(watch, watch.price), rules.extendAtR);
  return isWinner ? Math.max(row.calmUs, rules.extendedUs) : row.calmUs;
}

/** Rank 9, once. */
export const lossCutRule: Rule = (watch, { now, options }) => {
  const rules = options.lossCut;
  if (rules === null || watch.used.has('LOSS_CUT') || now - watch.openedAt <= rules.afterUs) return null;
  if (!reached(-unrealizedPct(watch), -rules.lossPct)) return null;
  return {
    rank: 9,
    rule: 'LOSS_CUT',
    reason: 'loss_cut',
    priority: 'MEDIUM',
    exitPct: rules.exitPct,
    newStop: tightened(watch, rules.tightenPct),
    use: () => watch.used.add('LOSS_CUT'),
  };
};

/** Rank 10. One step at a time, so that a jump over two steps still takes 40 and then 30 of the initial hundred. */
export const ladderRule: Rule = (watch, { account, options }) => {
  const { ladder } = options;
  const first = ladder[0];
  if (first === undefined || riskDistance(watch) === 0) return null;
  const profit = profitR(watch, watch.price);
  const last = account.exitMode === 'FAST_TP' ? first : ladder.find((step) => step.exitPct >= 100);
  if (last !== undefined && reached(profit, last.atR)) return fullExit(10, 'TAKE_PROFIT_REST', 'take_profit', 'MEDIUM');
  const step = ladder[watch.ladderStep];
  if (step === undefined || !reached(profit, step.atR)) return null;
  return {
    rank: 10,
    rule: `TAKE_PROFIT_${watch.ladderStep + 1}`,
    reason: 'take_profit',
    priority: 'MEDIUM',
    exitPct: step.exitPct,
    newStop: null,
    use: () => {
      watch.ladderStep += 1;
    },
  };
};

/** Rank 11: a distance from the best price, never from the value held. */
export const trailingRule: Rule = (watch, { options }) => trail(watch, options.trailing);

export function trail(watch: Watch, steps: readonly TrailingStep[]): Candidate | null {
  if (riskDistance(watch) === 0) return null;
  const profit = profitR(watch, watch.best);
  const step = steps.findLast(({ fromR }) => reached(profit, fromR));
  if (step === undefined) return null;
  const newStop = roundStop(watch.best * (1 - (watch.sign * step.distancePct) / 100), watch.direction, watch.instrument);
  if (!isTighter(watch, newStop, watch.stop)) return null;
  return { rank: 11, rule: 'TRAILING', reason: 'trailing', priority: 'LOW', exitPct: 0, newStop };
}
