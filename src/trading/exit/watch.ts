import {
  roundLimit,
  roundStop,
  toSteps,
  type Direction,
  type Instrument,
  type Regime,
  type RegimeDetail,
  type VolatilityState,
} from '../../model/index.ts';
import type { LevelName, Levels } from './levels.ts';
import type { Candidate } from './rule.ts';

/** The regime as exits see it: a detail of UNKNOWN and no regime at all are one thing. */
export type KnownRegime = Regime | 'UNKNOWN';

export interface RegimeView {
  readonly regime: KnownRegime;
  readonly detail: RegimeDetail;
  readonly volatility: VolatilityState;
  /** ATR as a share of the price, or null before it is known. */
  readonly atrRatio: number | null;
}

export const UNKNOWN_REGIME: RegimeView = { regime: 'UNKNOWN', detail: 'UNKNOWN', volatility: 'NORMAL', atrRatio: null };

/** An open position as the position service describes it. Every instance keeps one for every symbol. */
export interface BookEntry {
  readonly positionId: string;
  readonly symbol: string;
  readonly direction: Direction;
  readonly openedAt: number;
  readonly entryRegime: KnownRegime;
  readonly entryDetail: RegimeDetail;
  readonly entryVolatility: number | null;
  /** Null for a position that was opened without one. */
  readonly initialStop: number | null;
  size: number;
  entryPrice: number;
  stop: number | null;
  price: number;
  unrealizedPct: number;
  /** `seq` of the newest event in it. */
  seq: number;
}

/** What the owner of a symbol remembers about its open position. */
export interface Watch {
  readonly positionId: string;
  readonly symbol: string;
  readonly direction: Direction;
  /** 1 for LONG, -1 for SHORT. */
  readonly sign: 1 | -1;
  readonly instrument: Instrument;
  readonly openedAt: number;
  readonly initialStop: number | null;
  entryRegime: KnownRegime;
  entryDetail: RegimeDetail;
  entryVolatility: number | null;
  entryPrice: number;
  sizeSteps: number;
  /** The stop that is tested; only ever moves toward the market. Infinitely far away when there is none. */
  stop: number;
  /** Since when it is in force: an older extreme cannot have hit it. */
  stopSince: number;
  /** Who moved it last, or null. */
  stopMover: Pick<Candidate, 'rule' | 'reason' | 'priority'> | null;
  /** The stop that execution knows, and when it was told. */
  publishedStop: number;
  publishedAt: number | null;
  /** Best and last price since entry. */
  best: number;
  price: number;
  /** Next step of the profit ladder. */
  ladderStep: number;
  /** Rules that act once and have acted. */
  readonly used: Set<string>;
  /** Per level, the entry into it that was answered. */
  readonly answered: Record<LevelName, number>;
  /** When a change of regime last cut the position. */
  regimeCutAt: number | null;
  /** Size that the last partial exit leads to; null when it has been filled. */
  cutTarget: number | null;
  /** When the rules last ran on it, and when they last did on a price. */
  decidedAt: number;
  marketAt: number;
  /** Rank of the full exit under way; only a lower rank may decide again. */
  exitRank: number | null;
  /** Set by a human's FORCE_CLOSE and by lost candles. */
  forced: boolean;
  candlesLost: boolean;
}

/** Takes over a position. What the account suffered before it was opened is not held against it. */
export function createWatch(entry: BookEntry, instrument: Instrument, levels: Levels): Watch {
  const sign = entry.direction === 'LONG' ? 1 : -1;
  const stop = entry.stop ?? -sign * Infinity;
  return {
    positionId: entry.positionId,
    symbol: entry.symbol,
    direction: entry.direction,
    sign,
    instrument,
    openedAt: entry.openedAt,
    initialStop: entry.initialStop,
    entryRegime: entry.entryRegime,
    entryDetail: entry.entryDetail,
    entryVolatility: entry.entryVolatility,
    entryPrice: entry.entryPrice,
    sizeSteps: toSteps(entry.size, instrument),
    stop,
    stopSince: entry.openedAt,
    stopMover: null,
    publishedStop: stop,
    publishedAt: null,
    best: entry.entryPrice,
    price: entry.price,
    ladderStep: 0,
    used: new Set(),
    answered: {
      drawdown_weakest: levels.drawdown_weakest.epoch,
      drawdown_halve: levels.drawdown_halve.epoch,
      daily_quarter: levels.daily_quarter.epoch,
      daily_halve: levels.daily_halve.epoch,
      margin: levels.margin.epoch,
    },
    regimeCutAt: null,
    cutTarget: null,
    decidedAt: entry.openedAt,
    marketAt: entry.openedAt,
    exitRank: null,
    forced: false,
    candlesLost: false,
  };
}

/** Follows the position service: sizes and average prices come from fills, and from nowhere else. */
export function followPosition(watch: Watch, entry: BookEntry, now: number): void {
  const size = toSteps(entry.size, watch.instrument);
  if (watch.cutTarget !== null) {
    if (size > watch.sizeSteps) watch.cutTarget += size - watch.sizeSteps;
    if (size <= watch.cutTarget) watch.cutTarget = null;
  }
  watch.sizeSteps = size;
  watch.entryPrice = entry.entryPrice;
  if (entry.stop === null) return;
  if (isTighter(watch, entry.stop, watch.stop)) {
    watch.stop = entry.stop;
    watch.stopSince = now;
  }
  if (isTighter(watch, entry.stop, watch.publishedStop)) watch.publishedStop = entry.stop;
}

/** True if `stop` lies nearer to the market than `than`. */
export function isTighter(watch: Watch, stop: number, than: number): boolean {
  return (stop - than) * watch.sign > 0;
}

/** True if the price has reached the stop. */
export function isBeyond(watch: Watch, price: number, stop: number): boolean {
  return (price - stop) * watch.sign <= 0;
}

/** Distance to the initial stop in price; 0 when there is none, which no rule may read as "no risk". */
export function riskDistance(watch: Watch): number {
  return watch.initialStop === null ? 0 : Math.abs(watch.entryPrice - watch.initialStop);
}

/** Profit at a price in R. */
export function profitR(watch: Watch, price: number): number {
  const distance = riskDistance(watch);
  return distance === 0 ? 0 : ((price - watch.entryPrice) * watch.sign) / distance;
}

/** Unrealized result, percent of entry, before fees. */
export function unrealizedPct(watch: Watch): number {
  return ((watch.price - watch.entryPrice) / watch.entryPrice) * watch.sign * 100;
}

/**
 * A stop moved so many percent of the way to the last price, one tick short of it at most; null if that is not tighter.
 */
export function tightened(watch: Watch, percent: number): number | null {
  if (watch.initialStop === null || isBeyond(watch, watch.price, watch.stop)) return null;
  const { direction, instrument, sign } = watch;
  const wanted = roundStop(watch.stop + ((watch.price - watch.stop) * percent) / 100, direction, instrument);
  const limit = roundLimit(watch.price - sign * instrument.tick, sign > 0 ? 'BUY' : 'SELL', instrument);
  const stop = isTighter(watch, wanted, limit) ? limit : wanted;
  return isTighter(watch, stop, watch.stop) ? stop : null;
}
