import type { Direction, Side } from './words.ts';

/** Side of the order that opens or adds: BUY for LONG. */
export function toEntrySide(direction: Direction): Side {
  return direction === 'LONG' ? 'BUY' : 'SELL';
}

/** Side of the order that closes or reduces: SELL for LONG. */
export function toExitSide(direction: Direction): Side {
  return direction === 'LONG' ? 'SELL' : 'BUY';
}

/** +1 for LONG and BUY, -1 for SHORT and SELL: what a size is multiplied by when sizes are added. */
export function signOf(word: Direction | Side): 1 | -1 {
  return word === 'LONG' || word === 'BUY' ? 1 : -1;
}
