import type { VolatilityState } from '../../model/index.ts';
import { Ema } from '../../quant/index.ts';
import { createKillLatch, type KillLatch } from '../kill-latch.ts';
import { toMicros } from '../micros.ts';
import { RecentIds } from '../recent-ids.ts';
import { AppliedSequences } from '../redelivery.ts';
import { resolveSizerOptions, type ResolvedSizerOptions, type SizerOptions } from './options.ts';
import type { TrackRecords } from './track-record.ts';

/** Days of the exponentially weighted variance. */
const VARIANCE_SPAN = 36;

/** Daily volatility of a symbol, from its daily closes. */
export class DailyVolatility {
  readonly #variance = new Ema(VARIANCE_SPAN);
  #close: number | null = null;
  #at = 0;
  #ratio: number | null = null;

  /** Standard deviation of a day's return; null before 36 returns. */
  get ratio(): number | null {
    return this.#ratio;
  }

  update(close: number, at: number): void {
    if (at <= this.#at) return;
    if (this.#close !== null) {
      const variance = this.#variance.update((close / this.#close - 1) ** 2);
      this.#ratio = variance === null ? null : Math.sqrt(variance);
    }
    this.#close = close;
    this.#at = at;
  }
}

export interface SizerState {
  readonly options: ResolvedSizerOptions;
  readonly applied: AppliedSequences;
  readonly evaluations: RecentIds;
  readonly kill: KillLatch;
  readonly records: TrackRecords;
  readonly volatility: Map<string, VolatilityState>;
  readonly daily: Map<string, DailyVolatility>;
  /** Strategy by signal: the evaluation does not carry it. */
  readonly strategies: Map<string, string>;
  /** Micro-units. */
  equity: number;
  /** Held and reserved exposure, micro-units. */
  used: number;
  drawdownRatio: number;
  lossStreak: number;
  policyRiskRatio: number;
  policyVersion: number;
  orchestratorRatio: number;
  governorRatio: number;
  scalingLevel: number;
}

const RECENT_IDS_MAX = 20_000;

/** @throws QtError QT_OPTION_INVALID */
export function createSizerState(options: SizerOptions = {}): SizerState {
  const resolved = resolveSizerOptions(options);
  return {
    options: resolved,
    applied: new AppliedSequences(),
    evaluations: new RecentIds(RECENT_IDS_MAX),
    kill: createKillLatch(),
    records: new Map(),
    volatility: new Map(),
    daily: new Map(),
    strategies: new Map(),
    equity: toMicros(resolved.initialEquityUsd),
    used: 0,
    drawdownRatio: 0,
    lossStreak: 0,
    policyRiskRatio: resolved.policyRiskRatio,
    policyVersion: 0,
    orchestratorRatio: 1,
    governorRatio: 1,
    scalingLevel: resolved.scalingLevel,
  };
}
