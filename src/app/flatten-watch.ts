import { createFlattenState, FLATTEN_TYPES, stepFlatten } from '../trading/kill-switch/index.ts';
import type { Subscribable } from './compose.ts';

/**
 * Announces that an account is flat after a kill. It speaks for the execution engine, whose instances see one symbol each.
 */
export function subscribeFlattenWatch(bus: Subscribable): void {
  const state = createFlattenState();
  bus.subscribe(
    FLATTEN_TYPES,
    (event, ctx) => {
      for (const out of stepFlatten(state, event)) ctx.publish(out);
    },
    { group: 'flatten_watch', source: 'execution_engine', priority: 'HIGH' },
  );
}
