import type { EventInput, QtEvent } from '../../event/index.ts';
import { createInstrument, ExitBrainHeartbeat, type Instrument } from '../../model/index.ts';
import { createKillLatch } from '../kill-latch.ts';
import { AppliedSequences } from '../redelivery.ts';
import { createBook } from './book.ts';
import { decide, type Extremes } from './decide.ts';
import { createLevels } from './levels.ts';
import type { ResolvedExitBrainOptions } from './options.ts';
import type { AccountView, SymbolView } from './rule.ts';
import { guardOf } from './watchdog.ts';
import { createWatch, followPosition, UNKNOWN_REGIME, type Watch } from './watch.ts';

/** A symbol whose market data this instance receives: it alone decides about its position. */
export interface OwnedSymbol {
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly view: SymbolView;
  watch: Watch | null;
  heartbeatAt: number | null;
}

/** The memory of one instance; changed by `step` only. */
export interface BrainState {
  readonly options: ResolvedExitBrainOptions;
  readonly account: AccountView;
  readonly owned: Map<string, OwnedSymbol>;
  readonly applied: AppliedSequences;
}

export function createBrainState(options: ResolvedExitBrainOptions): BrainState {
  return {
    options,
    account: {
      kill: createKillLatch(),
      panicked: false,
      drawdown: 0,
      margin: undefined,
      levels: createLevels(),
      weakestId: null,
      smallerOf: new Map(),
      exitMode: options.exitMode,
      markets: new Map(),
      book: createBook(),
    },
    owned: new Map(),
    applied: new AppliedSequences(),
  };
}

/** Market data of a symbol arrives at its owner only, so hearing it is owning it. */
export function own(state: BrainState, symbol: string): OwnedSymbol {
  const known = state.owned.get(symbol);
  if (known !== undefined) return known;
  const instrument = state.options.instruments.find((one) => one.symbol === symbol) ?? createInstrument({ symbol });
  const view: SymbolView = { regime: UNKNOWN_REGIME, isRegimeHeard: false, priceAt: 0, inGap: false, funding: null };
  const owned: OwnedSymbol = { symbol, instrument, view, watch: null, heartbeatAt: null };
  state.owned.set(symbol, owned);
  return owned;
}

export interface Evidence {
  readonly extremes?: Extremes;
  readonly spikeRatio?: number;
}

/** Brings the watch in line with the book and runs the rules on it; nothing when the symbol is flat. */
export function evaluate(state: BrainState, owned: OwnedSymbol, event: QtEvent<object>, evidence: Evidence = {}): EventInput[] {
  const watch = watchOf(state, owned, event.timestamp);
  if (watch === null) return [];
  const { extremes = null, spikeRatio = null } = evidence;
  const { account, options } = state;
  const context = { now: event.timestamp, options, account, symbol: owned.view, spikeRatio, hasPrice: extremes !== null };
  return decide(watch, { seq: event.seq, context, extremes });
}

/** Every owned symbol in the order of its name, so that the number of instances does not change what is published. */
export function evaluateAll(state: BrainState, event: QtEvent<object>): EventInput[] {
  return ownedByName(state).flatMap((owned) => evaluate(state, owned, event));
}

export function ownedByName(state: BrainState): OwnedSymbol[] {
  return [...state.owned.values()].toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1));
}

function watchOf({ account }: BrainState, owned: OwnedSymbol, now: number): Watch | null {
  const entry = account.book.entries.get(owned.symbol);
  if (entry === undefined) owned.watch = null;
  else if (owned.watch?.positionId === entry.positionId) followPosition(owned.watch, entry, now);
  else owned.watch = createWatch(entry, owned.instrument, account.levels);
  return owned.watch;
}

/**
 * A proof of life for the owner of one symbol, or nothing when it is not due.
 *
 * @param isTimer a timer comes without market data, so it can tell that decisions have stopped
 */
export function heartbeat({ options }: BrainState, owned: OwnedSymbol, now: number, decidedAt: number, isTimer: boolean): EventInput[] {
  const { degradedUs, everyUs, when } = options.heartbeat;
  const { watch } = owned;
  if (when === 'off' || (when === 'with_positions' && watch === null)) return [];
  const isDegraded = isTimer && watch !== null && now - decidedAt > degradedUs;
  const spacing = isDegraded ? everyUs / 2 : everyUs;
  if (owned.heartbeatAt !== null && now - owned.heartbeatAt < spacing) return [];
  owned.heartbeatAt = now;
  return [
    ExitBrainHeartbeat.create({
      service_id: guardOf(owned.symbol),
      status: isDegraded ? 'DEGRADED' : 'OK',
      active_positions: watch === null ? 0 : 1,
      last_decision_ts: decidedAt,
      // Wall-clock facts stay out of what is replayed; the engine measures how long handlers take.
      latency_ms: 0,
      pending_exits: watch !== null && (watch.exitRank !== null || watch.cutTarget !== null) ? 1 : 0,
    }),
  ];
}
