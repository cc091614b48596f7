import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Adx, mean, Window } from '../../src/quant/index.ts';

const moves = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 })), {
  minLength: 40,
  maxLength: 120,
});

function toBars(steps: readonly (readonly [number, number, number])[], scale: number): (readonly [number, number, number])[] {
  let close = 5_000;
  return steps.map(([move, above, below]) => {
    const open = close;
    close += move;
    return [(Math.max(open, close) + above) * scale, (Math.min(open, close) - below) * scale, close * scale] as const;
  });
}

test('Adx does not change when all prices are multiplied by the same factor', () => {
  fc.assert(
    fc.property(moves, fc.constantFrom(0.001, 0.5, 3, 1_000), (steps, scale) => {
      const plain = new Adx(14);
      const scaled = new Adx(14);

      const left = toBars(steps, 1).map((bar) => plain.update(...bar)?.adx ?? null);
      const right = toBars(steps, scale).map((bar) => scaled.update(...bar)?.adx ?? null);

      left.forEach((value, i) => {
        expect(value === null).toBe(right[i] === null);
        expect(Math.abs((value ?? 0) - (right[i] ?? 0)), `bar ${i}`).toBeLessThan(1e-6);
        expect(value ?? 0, `bar ${i}`).toBeLessThanOrEqual(100 + 1e-9);
      });
    }),
    { numRuns: 300 },
  );
});

test('Window answers as the plain slice of the last values does', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 60 }),
      (length, values) => {
        const window = new Window(length);

        values.forEach((value) => window.push(value));

        const slice = values.slice(-length);
        expect(Array.from({ length: window.size }, (_, i) => window.at(i))).toEqual(slice);
        expect(window.max()).toBe(Math.max(...slice));
        expect(window.min()).toBe(Math.min(...slice));
        expect(window.mean()).toBe(mean(slice));
        expect(window.isFull).toBe(values.length >= length);
      },
    ),
  );
});
