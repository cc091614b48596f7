/** Worker-thread handler that takes a few microseconds, so that a backlog outlasts its publishing. */
import type { QtEvent } from '../../src/index.ts';
import { checksumOf, type Trade } from '../trade.ts';

let sum = 0;

export function onTrade(event: QtEvent<Trade>): void {
  for (let i = 0; i < 200; i++) sum = (sum + checksumOf(event.payload)) % 1_000_003;
}
