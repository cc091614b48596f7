import { toSteps } from '../../model/index.ts';
import type { Candidate } from './rule.ts';
import { isTighter, type Watch } from './watch.ts';

/** What is to be done with one position because of one event. */
export interface Resolution {
  /** The exit that won, or null. */
  readonly exit: Candidate | null;
  /** Steps it takes; all of them for a full exit. */
  readonly exitSteps: number;
  /** The tightest stop that was asked for, and by whom; null on a full exit. */
  readonly tighten: Candidate | null;
  /** Announced when nothing else is to be done. */
  readonly announce: Candidate | null;
}

const NOTHING: Resolution = { exit: null, exitSteps: 0, tighten: null, announce: null };

/**
 * Resolves what the rules want (C43): the largest share of the position wins, ties go to the lowest rank, and of all stops
 * the tightest is taken. A rule that lost to a larger exit has had its way and will not act again.
 *
 * While a full exit is under way only a lower rank decides again, because it closes harder; while a partial one is,
 * other partial exits wait: how much remains is not known before its fill.
 */
export function resolve(watch: Watch, candidates: readonly Candidate[]): Resolution {
  const heard = candidates.filter((candidate) => isHeard(watch, candidate));
  if (heard.length === 0) return NOTHING;
  const exit = largest(heard);
  const exitSteps = exit === null ? 0 : stepsToCut(watch, exit.exitPct);
  for (const { use } of heard) use?.();
  if (exit !== null && exitSteps === watch.sizeSteps) return { exit, exitSteps, tighten: null, announce: null };
  return {
    exit: exitSteps === 0 ? null : exit,
    exitSteps,
    tighten: tightest(watch, heard),
    announce: heard.find(({ exitPct, newStop }) => exitPct === 0 && newStop === null) ?? null,
  };
}

function isHeard(watch: Watch, { exitPct, rank }: Candidate): boolean {
  if (watch.exitRank !== null) return exitPct >= 100 && rank < watch.exitRank;
  return watch.cutTarget === null || exitPct === 0 || exitPct >= 100;
}

function largest(candidates: readonly Candidate[]): Candidate | null {
  let best: Candidate | null = null;
  for (const candidate of candidates) {
    if (candidate.exitPct === 0) continue;
    const isLarger = best === null || candidate.exitPct > best.exitPct;
    if (isLarger || (candidate.exitPct === best?.exitPct && candidate.rank < best.rank)) best = candidate;
  }
  return best;
}

function tightest(watch: Watch, candidates: readonly Candidate[]): Candidate | null {
  let best: Candidate | null = null;
  let stop = watch.stop;
  for (const candidate of candidates) {
    if (candidate.newStop === null || !isTighter(watch, candidate.newStop, stop)) continue;
    best = candidate;
    stop = candidate.newStop;
  }
  return best;
}

/**
 * How many steps a cut of so many percent takes, rounded down. A cut that would leave less than the smallest order takes
 * everything; one that is itself smaller than the smallest order takes nothing, because no venue would accept it.
 */
export function stepsToCut({ instrument, sizeSteps }: Watch, percent: number): number {
  if (percent >= 100) return sizeSteps;
  const smallest = toSteps(instrument.minSize, instrument);
  const steps = Math.floor((sizeSteps * percent) / 100);
  if (steps < smallest) return 0;
  return sizeSteps - steps < smallest ? sizeSteps : steps;
}
