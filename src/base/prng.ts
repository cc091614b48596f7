import { hash32 } from './hash.ts';

/** A repeatable source of randomness. The same name gives the same numbers on every machine. */
export interface Prng {
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
}

/**
 * A generator named by purpose and entity, as in `prng('feed:BTCUSDT:42')`, so that adding one never shifts another.
 *
 * @see sfc32 from PractRand; Box and Muller 1958 for the normal
 */
export function createPrng(name: string): Prng {
  let a = hash32(`${name}/a`);
  let b = hash32(`${name}/b`);
  let c = hash32(`${name}/c`);
  let counter = 1;
  let spare: number | null = null;

  const next32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next32();

  const next = (): number => next32() / 4294967296;
  return {
    next,
    integer: (bound) => Math.floor(next() * bound),
    normal: () => {
      if (spare !== null) {
        const value = spare;
        spare = null;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      const angle = 2 * Math.PI * next();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}
