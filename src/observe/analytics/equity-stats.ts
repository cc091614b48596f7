import { normalCdf, normalInverse, quantile } from '../../quant/index.ts';
import { createFigures, setFigure, type Figures } from './figures.ts';
import type { ResolvedPerformanceOptions } from './options.ts';

/** Equity at the end of a trading day. */
export interface EquityPoint {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly equityUsd: number;
}

/** The deepest fall below a high. */
export interface DrawdownSpan {
  /** Day of the high, null for the start. */
  readonly peakDay: string | null;
  readonly troughDay: string;
  /** First day back at the high, null if that has not come. */
  readonly recoveredDay: string | null;
}

const EULER_GAMMA = 0.5772156649015329;

/**
 * Figures of daily equity, one day at a time. A return is that of a day over the day before, the first over the initial
 * equity; moments are updated in place, so a new day costs the same after twenty years as after one.
 *
 * @see Pébay 2008, Formulas for robust, one-pass parallel computation of covariances and arbitrary-order moments
 * @see Bailey and López de Prado 2012, The Sharpe ratio efficient frontier, for PSR; 2014 for the deflated ratio
 */
export class EquityStats {
  readonly #options: ResolvedPerformanceOptions;
  readonly #points: EquityPoint[] = [];
  readonly #returns: number[] = [];
  #mean = 0;
  #m2 = 0;
  #m3 = 0;
  #m4 = 0;
  #downside = 0;
  #high: number;
  #highDay: string | null = null;
  #daysUnder = 0;
  #daysUnderMax = 0;
  #maxDrawdown = 0;
  #span: { peakDay: string | null; troughDay: string; recoveredDay: string | null } | null = null;
  #isRuined = false;

  constructor(options: ResolvedPerformanceOptions) {
    this.#options = options;
    this.#high = options.initialEquityUsd;
  }

  get points(): readonly EquityPoint[] {
    return this.#points;
  }

  get span(): DrawdownSpan | null {
    return this.#span;
  }

  get equityUsd(): number {
    return this.#points.at(-1)?.equityUsd ?? this.#options.initialEquityUsd;
  }

  add(day: string, equityUsd: number): void {
    const before = this.equityUsd;
    this.#points.push({ day, equityUsd });
    this.#addDrawdown(day, equityUsd);
    // Nothing can be earned on nothing: returns after ruin have no meaning.
    if (before <= 0) this.#isRuined = true;
    else this.#addReturn(equityUsd / before - 1);
  }

  #addReturn(value: number): void {
    const before = this.#returns.length;
    this.#returns.push(value);
    const n = before + 1;
    const delta = value - this.#mean;
    const deltaN = delta / n;
    const deltaN2 = deltaN * deltaN;
    const term = delta * deltaN * before;
    this.#mean += deltaN;
    this.#m4 += term * deltaN2 * (n * n - 3 * n + 3) + 6 * deltaN2 * this.#m2 - 4 * deltaN * this.#m3;
    this.#m3 += term * deltaN * (n - 2) - 3 * deltaN * this.#m2;
    this.#m2 += term;
    this.#downside += Math.min(value - this.#options.requiredReturnRatio, 0) ** 2;
  }

  #addDrawdown(day: string, equityUsd: number): void {
    if (equityUsd >= this.#high) {
      if (this.#span !== null && this.#span.recoveredDay === null) this.#span.recoveredDay = day;
      this.#high = equityUsd;
      this.#highDay = day;
      this.#daysUnder = 0;
      return;
    }
    this.#daysUnder++;
    this.#daysUnderMax = Math.max(this.#daysUnderMax, this.#daysUnder);
    const drawdown = equityUsd / this.#high - 1;
    if (drawdown < this.#maxDrawdown) {
      this.#maxDrawdown = drawdown;
      this.#span = { peakDay: this.#highDay, troughDay: day, recoveredDay: null };
    }
  }

  /**
   * @param trades closed trades, since ratios need some
   * @param withTails also value at risk, which sorts all returns
   */
  figures(trades: number, withTails: boolean): Figures {
    const figures = createFigures();
    const { tradesMin, daysMin, periodsPerYear: periods, requiredReturnRatio, riskFreeRatio, initialEquityUsd } = this.#options;
    const n = this.#returns.length;
    const total = this.equityUsd / initialEquityUsd - 1;
    const floor = this.#isRuined
      ? 'equity was lost whole'
      : trades < tradesMin
        ? `needs ${tradesMin} trades, has ${trades}`
        : n < daysMin
          ? `needs ${daysMin} days, has ${n}`
          : null;
    const ratio = (name: string, value: number | null, reason: string): number | null => {
      setFigure(figures, name, floor === null ? value : null, floor ?? reason);
      return figures.metrics[name] ?? null;
    };
    const deviation = n < 2 ? 0 : Math.sqrt(this.#m2 / (n - 1));
    const spread = deviation > 0 ? deviation : null;
    const noSpread = 'returns do not vary';
    const riskFree = (1 + riskFreeRatio) ** (1 / periods) - 1;
    const daily = spread === null ? null : (this.#mean - riskFree) / spread;
    const downside = Math.sqrt(this.#downside / n);
    setFigure(figures, 'days', this.#points.length);
    setFigure(figures, 'total_return_ratio', total);
    setFigure(figures, 'max_drawdown_ratio', this.#maxDrawdown);
    setFigure(figures, 'drawdown_ratio', this.equityUsd / this.#high - 1);
    setFigure(figures, 'drawdown_longest_days', this.#daysUnderMax);
    const cagr = ratio('cagr_ratio', total > -1 ? (1 + total) ** (periods / n) - 1 : null, 'equity was lost whole');
    ratio('volatility_annual_ratio', spread === null ? null : spread * Math.sqrt(periods), noSpread);
    ratio('sharpe', daily === null ? null : daily * Math.sqrt(periods), noSpread);
    ratio(
      'sortino',
      downside > 0 ? ((this.#mean - requiredReturnRatio) / downside) * Math.sqrt(periods) : null,
      'no day below the required return',
    );
    ratio('calmar', cagr === null || this.#maxDrawdown === 0 ? null : cagr / -this.#maxDrawdown, 'no drawdown');
    const skewness = this.#m2 > 0 ? this.#m3 / n / (this.#m2 / n) ** 1.5 : null;
    const kurtosis = this.#m2 > 0 ? this.#m4 / n / (this.#m2 / n) ** 2 : null;
    ratio('skewness', skewness, noSpread);
    ratio('kurtosis', kurtosis, noSpread);
    ratio('psr', probabilisticSharpe(daily, this.#options.sharpeBenchmark, n, skewness, kurtosis), noSpread);
    this.#setDeflated(ratio, daily, skewness, kurtosis);
    if (withTails) this.#setTails(ratio, spread);
    return figures;
  }

  #setDeflated(
    set: (name: string, value: number | null, reason: string) => void,
    daily: number | null,
    skewness: number | null,
    kurtosis: number | null,
  ): void {
    const { trials } = this.#options;
    if (trials === null) return;
    const { count, sharpeVariance } = trials;
    const luck = (1 - EULER_GAMMA) * normalInverse(1 - 1 / count) + EULER_GAMMA * normalInverse(1 - 1 / (count * Math.E));
    set(
      'dsr',
      probabilisticSharpe(daily, Math.sqrt(sharpeVariance) * luck, this.#returns.length, skewness, kurtosis),
      'returns do not vary',
    );
  }

  #setTails(set: (name: string, value: number | null, reason: string) => void, spread: number | null): void {
    for (const level of [95, 99]) {
      const tail = 1 - level / 100;
      set(`var${level}_historical_ratio`, quantile(this.#returns, tail), 'no days');
      set(`var${level}_normal_ratio`, spread === null ? null : this.#mean + spread * normalInverse(tail), 'returns do not vary');
    }
  }
}

/** Probability that the true Sharpe ratio of a period is above the benchmark; null when it is not defined. */
function probabilisticSharpe(
  sharpe: number | null,
  benchmark: number,
  n: number,
  skewness: number | null,
  kurtosis: number | null,
): number | null {
  if (sharpe === null || skewness === null || kurtosis === null || n < 2) return null;
  const variance = 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
  return variance > 0 ? normalCdf(((sharpe - benchmark) * Math.sqrt(n - 1)) / Math.sqrt(variance)) : null;
}
