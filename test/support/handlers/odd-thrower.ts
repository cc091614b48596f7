import type { QtEvent } from '../../../src/index.ts';
import { oddities, throwIt } from '../oddities.ts';

/** Throws the oddity of the event's number, or for negative numbers rejects with it. */
export function onStep(event: QtEvent): unknown {
  const id = event.payload['id'] as number;
  const thrown = Object.values(oddities())[Math.abs(id) - 1];
  return id > 0 ? throwIt(thrown) : Promise.reject(thrown as Error);
}
