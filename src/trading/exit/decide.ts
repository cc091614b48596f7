import type { EventInput } from '../../event/index.ts';
import { EXIT_PRIORITY, ExitDecisionMade, ExitStopTriggered, ExitStopUpdated, type ExitDecision } from '../../model/index.ts';
import {
  breakerRule,
  dailyHalveRule,
  dailyQuarterRule,
  halveRule,
  humanRule,
  killRule,
  marginRule,
  pairRule,
  panicRule,
  weakestRule,
} from './account-rules.ts';
import { dataGapRule, regimeRule, stopRule, volatilityRule } from './market-rules.ts';
import { ladderRule, lossCutRule, squareOffRule, timeRule, trail, trailingRule } from './profit-rules.ts';
import { resolve, type Resolution } from './resolve.ts';
import { fullExit, type Candidate, type Rule, type RuleContext } from './rule.ts';
import { isBeyond, isTighter, type Watch } from './watch.ts';

/** Every rule, by rank. */
const RULES: readonly Rule[] = [
  killRule,
  panicRule,
  humanRule,
  breakerRule,
  stopRule,
  weakestRule,
  halveRule,
  dailyHalveRule,
  dailyQuarterRule,
  marginRule,
  pairRule,
  regimeRule,
  volatilityRule,
  dataGapRule,
  timeRule,
  squareOffRule,
  lossCutRule,
  ladderRule,
  trailingRule,
];

/** A price that arrived, with the extremes of the time since the stop was set. */
export interface Extremes {
  readonly price: number;
  readonly low: number;
  readonly high: number;
}

/** The event as the decision sees it. */
export interface Occasion {
  readonly seq: number;
  readonly context: Omit<RuleContext, 'stopHit'>;
  /** Null for an event without a price. */
  readonly extremes: Extremes | null;
}

/**
 * Runs every rule on one position. At most one decision comes of it; the stop only moves toward the market and the size
 * only falls.
 */
export function decide(watch: Watch, occasion: Occasion): EventInput[] {
  const { context, extremes } = occasion;
  const isTakeover = !watch.used.has('OWNED');
  const stopHit = testStop(watch, occasion, isTakeover);
  const evidence: RuleContext = { ...context, stopHit };
  const wanted = RULES.map((rule) => rule(watch, evidence)).filter((candidate) => candidate !== null);
  const resolution = resolve(watch, wanted);
  watch.used.add('OWNED');
  watch.decidedAt = context.now;
  if (extremes !== null) watch.marketAt = context.now;
  if (isFull(watch, resolution)) return exitFull(watch, occasion, resolution.exit, stopHit);
  tightenTo(watch, resolution.tighten, context.now);
  // A trailing stop that has just moved past the last price would be refused by any venue: it counts as hit, and none rests there.
  if (extremes !== null && resolution.tighten !== null && isBeyond(watch, extremes.price, watch.stop)) {
    return exitFull(watch, occasion, fullExit(3, 'STOP_HIT', 'trailing'), extremes.price);
  }
  return adjust(watch, occasion, resolution, isTakeover);
}

/** Tests the stop and ratchets the best price in the order that the bar convention names; the price that hit, or null. */
function testStop(watch: Watch, { context, extremes }: Occasion, isTakeover: boolean): number | null {
  // A fill beyond its own stop is seen when the position is taken over, before any price arrives.
  if (extremes === null) return isTakeover && isBeyond(watch, watch.price, watch.stop) ? watch.price : null;
  const adverse = watch.sign > 0 ? extremes.low : extremes.high;
  const favourable = watch.sign > 0 ? extremes.high : extremes.low;
  watch.price = extremes.price;
  if (context.options.barConvention === 'ratchet_then_stop') {
    ratchet(watch, favourable);
    tightenTo(watch, trail(watch, context.options.trailing), context.now);
    return isBeyond(watch, adverse, watch.stop) ? adverse : null;
  }
  if (isBeyond(watch, adverse, watch.stop)) return adverse;
  ratchet(watch, favourable);
  return null;
}

function ratchet(watch: Watch, price: number): void {
  if ((price - watch.best) * watch.sign > 0) watch.best = price;
}

function tightenTo(watch: Watch, mover: Candidate | null, now: number): void {
  if (mover === null || mover.newStop === null || watch.exitRank !== null) return;
  if (!isTighter(watch, mover.newStop, watch.stop)) return;
  watch.stop = mover.newStop;
  watch.stopSince = now;
  watch.stopMover = mover;
}

function isFull(watch: Watch, resolution: Resolution): resolution is Resolution & { exit: Candidate } {
  return resolution.exit !== null && resolution.exitSteps === watch.sizeSteps;
}

function exitFull(watch: Watch, { context, extremes, seq }: Occasion, exit: Candidate, hit: number | null): EventInput[] {
  watch.exitRank = exit.rank;
  const out: EventInput[] = [];
  if (exit.rule === 'STOP_HIT' && hit !== null) {
    out.push(
      ExitStopTriggered.create({
        position_id: watch.positionId,
        symbol: watch.symbol,
        trigger_price: hit,
        stop_price: watch.stop,
        // Only a stop that execution was told of, and that a later price then reached, can have been filled by the venue.
        resting_at_venue: context.options.stopsRestAtVenue && extremes !== null && watch.stop === watch.publishedStop,
      }),
    );
  }
  out.push(decision(watch, seq, 'EXIT_FULL', exit, { exit_percent: 100 }));
  return out;
}

function adjust(watch: Watch, { context, seq }: Occasion, { announce, exit, exitSteps }: Resolution, isTakeover: boolean): EventInput[] {
  const out: EventInput[] = [];
  const isMove = isStopDue(watch, context);
  const newStop = isMove ? { new_stop: watch.stop } : {};
  if (exit !== null) {
    watch.cutTarget = watch.sizeSteps - exitSteps;
    out.push(decision(watch, seq, 'EXIT_PARTIAL', exit, { exit_percent: exit.exitPct, ...newStop }));
  } else if (isMove && watch.stopMover !== null) {
    out.push(decision(watch, seq, 'TIGHTEN_STOP', watch.stopMover, newStop));
  } else if (announce !== null) {
    out.push(decision(watch, seq, 'HOLD', announce, {}));
  } else if (isTakeover) {
    out.push(decision(watch, seq, 'HOLD', { rule: 'OWNED', reason: 'stop', priority: 'LOW' }, {}));
  }
  if (isMove) out.push(publishStop(watch, context.now));
  return out;
}

/** Stop moves are told at most once a second; the stop that is tested here does not wait for that. */
function isStopDue(watch: Watch, { now, options }: Occasion['context']): boolean {
  if (watch.exitRank !== null || watch.stopMover === null || !isTighter(watch, watch.stop, watch.publishedStop)) return false;
  return watch.publishedAt === null || now - watch.publishedAt >= options.stopUpdateEveryUs;
}

function publishStop(watch: Watch, now: number): EventInput {
  const old = watch.publishedStop;
  watch.publishedStop = watch.stop;
  watch.publishedAt = now;
  return ExitStopUpdated.create({
    position_id: watch.positionId,
    symbol: watch.symbol,
    old_stop: Number.isFinite(old) ? old : null,
    new_stop: watch.stop,
    cause: watch.stopMover?.rule ?? 'TRAILING',
  });
}

/** One decision per event and position, so the symbol makes the id unique, whichever instance decides. */
function decision(
  watch: Watch,
  seq: number,
  what: ExitDecision,
  { priority, reason, rule }: Pick<Candidate, 'rule' | 'reason' | 'priority'>,
  extra: { readonly exit_percent?: number; readonly new_stop?: number },
): EventInput {
  return ExitDecisionMade.create(
    {
      position_id: watch.positionId,
      symbol: watch.symbol,
      decision: what,
      reason,
      ...extra,
      priority,
      decision_id: `dec_${seq}_${watch.symbol}`,
      rule,
    },
    { priority: EXIT_PRIORITY[priority] },
  );
}
