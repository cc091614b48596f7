import { checkRequest, createDoorState, onEvaluation, onSafety, type DoorOptions } from '../risk/index.ts';
import type { ResolvedExecutionOptions } from './options.ts';
import type { Door } from './state.ts';

/**
 * The risk guard as the door in front of the venue.
 *
 * On recorded bars its limit of orders per second is off unless asked for: a bar puts all decisions at one instant, and a
 * limit per instance would make the result depend on the number of threads.
 *
 * @throws QtError QT_OPTION_INVALID
 */
export function riskDoor(options: ResolvedExecutionOptions): Door {
  const multipliers = Object.fromEntries(
    Object.entries(options.instruments).map(([symbol, instrument]) => [symbol, instrument.multiplier]),
  );
  const paced: DoorOptions = options.recordedBars ? { ordersPerSecondMax: null } : {};
  const state = createDoorState({ ...paced, multipliers, ...options.door });
  return {
    onEvaluation: (event) => onEvaluation(state, event),
    onSafety: (event) => onSafety(state, event),
    check: (request, nowUs, lastPrice) => checkRequest(state, request, nowUs, lastPrice),
  };
}
