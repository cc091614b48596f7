import type { EventDefinition, EventInput, QtEvent } from '../../event/index.ts';
import type { BrainState } from './state.ts';

/** What the brain does with one type of event. */
export interface EventHandle {
  readonly type: string;
  readonly apply: (state: BrainState, event: QtEvent<never>) => EventInput[];
}

export function handle<P extends object>(
  definition: EventDefinition<P>,
  apply: (state: BrainState, event: QtEvent<P>) => EventInput[],
): EventHandle {
  return { type: definition.type, apply: apply as EventHandle['apply'] };
}
