import { createPrng } from '../../src/base/index.ts';

export interface TestBar {
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** A random walk with ranges, the same for the same name. */
export function generateBars(name: string, count: number): TestBar[] {
  const prng = createPrng(`test:${name}`);
  let close = 100;
  return Array.from({ length: count }, () => {
    const open = close;
    close = Math.max(1, close * (1 + 0.015 * prng.normal()));
    return { high: Math.max(open, close) * (1 + 0.01 * prng.next()), low: Math.min(open, close) * (1 - 0.01 * prng.next()), close };
  });
}
