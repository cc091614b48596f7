import type { Direction } from '../../model/index.ts';
import type { Checklist } from './checklist.ts';
import { openHoldings, unrealizedMicros } from './exposure.ts';
import { all } from './reservations.ts';
import { confidenceFloor } from './policy.ts';
import type { RiskState } from './state.ts';

/** What the guard looks at in a signal. */
export interface GuardedEntry {
  readonly symbol: string;
  readonly direction: Direction;
  readonly strategyId: string;
  readonly confidence: number;
}

/** The orchestrator's filter: strategy, symbol, confidence, stance. An empty list of strategies allows none. */
export function checkStance(state: RiskState, entry: GuardedEntry, list: Checklist): boolean {
  const { policies } = state;
  const { orchestrator } = policies;
  const floor = confidenceFloor(policies);
  const listed = orchestrator === null || orchestrator.allowed_symbols.length === 0 || orchestrator.allowed_symbols.includes(entry.symbol);
  return (
    list.check('STRATEGY_NOT_ALLOWED', policies.allowedStrategies.has(entry.strategyId)) &&
    list.check('SYMBOL_NOT_ALLOWED', listed && orchestrator?.disallowed_symbols.includes(entry.symbol) !== true) &&
    list.check('CONFIDENCE_LOW', entry.confidence >= floor, entry.confidence, floor) &&
    list.check('NO_NEW_TRADES', orchestrator?.allow_new_trades !== false)
  );
}

/** The safety governor's stance. */
export function checkGovernor({ policies }: RiskState, list: Checklist): boolean {
  const { governor } = policies;
  return list.check('GOVERNOR_NO_NEW_TRADES', governor?.allow_new_trades !== false && governor?.level !== 'EMERGENCY');
}

/** Run-time policy limits on what is held. For entries only: nothing here ever stands in the way of an exit. */
export function checkGuard(state: RiskState, entry: GuardedEntry, list: Checklist): boolean {
  const { policies, options, reservations } = state;
  const symbols = policies.allowedSymbols;
  const held = openHoldings(state.holdings);
  const adding = canAdd(state, entry);
  // A reserved entry of a symbol that is already held adds no position.
  const open = new Set([...held.map((holding) => holding.symbol), ...all(reservations).map((reservation) => reservation.symbol)]);
  const max = Math.min(options.limits.positionsMax, policies.maxPositions);
  const last = state.stoppedAt.get(stopKey(entry.symbol, entry.direction));
  const sinceMs = last === undefined ? null : (state.now - last) / 1_000;
  return (
    list.check('SYMBOL_NOT_ALLOWED', symbols.size === 0 || symbols.has(entry.symbol)) &&
    list.check('POSITION_ALREADY_OPEN', !open.has(entry.symbol) || adding) &&
    list.check('MAX_POSITIONS', adding || open.size < max, open.size, max) &&
    list.check('REENTRY_AFTER_STOP', sinceMs === null || sinceMs >= options.reentryPauseMs, sinceMs, options.reentryPauseMs)
  );
}

export function stopKey(symbol: string, direction: Direction): string {
  return `${symbol} ${direction}`;
}

/** Adding needs the option, a held position of the same direction, in profit, and nothing reserved for the symbol. */
function canAdd({ options, holdings, reservations }: RiskState, entry: GuardedEntry): boolean {
  const holding = holdings.get(entry.symbol);
  if (!options.allowAdds || holding === undefined || holding.steps === 0) return false;
  const same = holding.steps > 0 === (entry.direction === 'LONG');
  return same && unrealizedMicros(holding) > 0 && all(reservations).every((reservation) => reservation.symbol !== entry.symbol);
}
