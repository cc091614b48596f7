import type { RegimeVolatilitySpikePayload } from '../../model/index.ts';
import { RollingDeviation } from '../../quant/index.ts';
import type { ResolvedRegimeOptions } from './options.ts';

const LEVELS = [1.5, 2, 3] as const;
const REARM_RATIO = 0.9;

/** Watches short against long volatility and reports each level once, until the ratio has fallen well below it again. */
export class Spikes {
  readonly #current: RollingDeviation;
  readonly #baseline: RollingDeviation;
  readonly #scale: number;
  readonly #isArmed = new Map<number, boolean>(LEVELS.map((level) => [level, true]));
  #close: number | null = null;

  constructor(options: ResolvedRegimeOptions) {
    this.#current = new RollingDeviation(options.volatilityPeriods[0], 1);
    this.#baseline = new RollingDeviation(options.volatilityPeriods[1], 1);
    this.#scale = Math.sqrt(options.periodsPerYear);
  }

  /** @returns the highest level that was crossed upward at this close, or null */
  update(close: number): Omit<RegimeVolatilitySpikePayload, 'symbol'> | null {
    const before = this.#close;
    this.#close = close;
    if (before === null) return null;
    const change = Math.log(close / before);
    const current = this.#current.update(change);
    const baseline = this.#baseline.update(change);
    if (current === null || baseline === null || baseline <= 0) return null;
    const ratio = current / baseline;
    const level = this.#cross(ratio);
    if (level === null) return null;
    return { current_volatility: current * this.#scale, baseline_volatility: baseline * this.#scale, spike_ratio: ratio, level };
  }

  #cross(ratio: number): (typeof LEVELS)[number] | null {
    let crossed: (typeof LEVELS)[number] | null = null;
    for (const level of LEVELS) {
      // The top level is exclusive: exactly three times is not yet "more than three times".
      const isAbove = level === 3 ? ratio > level : ratio >= level;
      if (isAbove && this.#isArmed.get(level)) {
        crossed = level;
        this.#isArmed.set(level, false);
      } else if (ratio < REARM_RATIO * level) {
        this.#isArmed.set(level, true);
      }
    }
    return crossed;
  }
}
