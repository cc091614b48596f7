import { describe, expect, it } from 'vitest';
import { Patience } from '../../src/engine/patience.ts';

/** Waits of these lengths, one after the other; says before which of them the thread would have spun. */
function spins(patience: Patience, waitsMs: readonly number[]): boolean[] {
  let nowMs = 1000;
  return waitsMs.map((ms) => {
    const isSpinning = patience.begin(nowMs);
    nowMs += ms;
    patience.end(nowMs);
    return isSpinning;
  });
}

const LONG = 0.2;
const SHORT = 0.02;

describe('patience', () => {
  it('ends after eight long waits in a row', () => {
    expect(spins(new Patience(), Array<number>(10).fill(LONG))).toEqual([...Array<boolean>(8).fill(true), false, false]);
  });

  it('comes back with the first short wait', () => {
    const patience = new Patience();
    spins(patience, Array<number>(20).fill(LONG));

    expect(spins(patience, [SHORT, SHORT])).toEqual([false, true]);
  });

  it('lasts while long and short waits take turns', () => {
    const pairs = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? LONG : SHORT));

    expect(spins(new Patience(), pairs)).toEqual(Array<boolean>(100).fill(true));
  });
});
