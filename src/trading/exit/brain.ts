import type { EventInput, QtEvent } from '../../event/index.ts';
import { ACCOUNT_EVENTS } from './account-events.ts';
import type { EventHandle } from './event-handle.ts';
import { MARKET_EVENTS } from './market-events.ts';
import { resolveExitBrainOptions, type ExitBrainOptions } from './options.ts';
import { createBrainState, type BrainState } from './state.ts';

const HANDLES: ReadonlyMap<string, EventHandle> = new Map([...MARKET_EVENTS, ...ACCOUNT_EVENTS].map((one) => [one.type, one]));

/**
 * The memory of one exit brain.
 *
 * @throws QtError QT_OPTION_INVALID
 */
export function createBrain(options: ExitBrainOptions = {}): BrainState {
  return createBrainState(resolveExitBrainOptions(options));
}

/**
 * Decides about the exits of the symbols it owns: may close, reduce and tighten, and nothing else. Pure but for its own
 * state; time is the event's. An event that was seen already and a type that it does not know change nothing.
 *
 * @param event any event; of one symbol in commit order for each type
 * @returns decisions, stop moves and heartbeats, ordered by symbol when the event concerns several
 */
export function step(state: BrainState, event: QtEvent<object>): EventInput[] {
  const handle = HANDLES.get(event.type);
  if (handle === undefined) return [];
  return state.applied.once(event, () => handle.apply(state, event as QtEvent<never>));
}
