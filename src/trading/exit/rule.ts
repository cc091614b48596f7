import type { ExitPriority, ExitReason } from '../../model/index.ts';
import type { KillLatch } from '../kill-latch.ts';
import type { Book } from './book.ts';
import type { Levels } from './levels.ts';
import type { ExitMode, ResolvedExitBrainOptions } from './options.ts';
import type { RegimeView, Watch } from './watch.ts';

/** What all positions of the account share. */
export interface AccountView {
  readonly kill: KillLatch;
  panicked: boolean;
  /** Drawdown ratio and margin ratio of the last daily status. */
  drawdown: number;
  margin: number | undefined;
  readonly levels: Levels;
  /** The position that the last entry into the first drawdown level condemned. */
  weakestId: string | null;
  /** Per position, the pairs in which it was the smaller when the second of the two was opened. */
  readonly smallerOf: Map<string, string[]>;
  exitMode: ExitMode;
  /** State of each market, from the calendar. */
  readonly markets: Map<string, 'OPEN' | 'PRE_CLOSE' | 'CLOSED' | 'NO_TRADE'>;
  /** Every open position of the account. */
  readonly book: Book;
}

/** What is known about one symbol beside its position. */
export interface SymbolView {
  regime: RegimeView;
  /** False until the first classification: silence about the regime is not a change of it. */
  isRegimeHeard: boolean;
  /** Time of the last price, 0 before the first. */
  priceAt: number;
  /** The feed reported a gap that it has not closed. */
  inGap: boolean;
  funding: { readonly rate: number; readonly p99: number } | null;
}

/** Everything a rule may look at. */
export interface RuleContext {
  readonly now: number;
  readonly options: ResolvedExitBrainOptions;
  readonly account: AccountView;
  readonly symbol: SymbolView;
  /** Price that reached the stop in this event, or null. */
  readonly stopHit: number | null;
  /** Ratio of a volatility spike reported by this event, or null. */
  readonly spikeRatio: number | null;
  /** True when the event brought a price. */
  readonly hasPrice: boolean;
}

/** What a rule wants. A candidate with neither exit nor stop is an announcement. */
export interface Candidate {
  /** Rank of the rule, 1 decides ties first. */
  readonly rank: number;
  readonly rule: string;
  readonly reason: ExitReason;
  readonly priority: ExitPriority;
  /** Percent of what remains, 0 for none. */
  readonly exitPct: number;
  readonly newStop: number | null;
  /** Remembers that the rule has acted. */
  readonly use?: () => void;
}

/** A rule reads and never writes: what it wants to remember, it leaves to `use`. */
export type Rule = (watch: Watch, context: RuleContext) => Candidate | null;

export function fullExit(rank: number, rule: string, reason: ExitReason, priority: ExitPriority = 'URGENT'): Candidate {
  return { rank, rule, reason, priority, exitPct: 100, newStop: null };
}
