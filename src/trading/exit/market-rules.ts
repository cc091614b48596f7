import { reached } from './levels.ts';
import { fullExit, type AccountView, type Candidate, type Rule } from './rule.ts';
import { riskDistance, tightened, type RegimeView, type Watch } from './watch.ts';

/** Rank 3. A position without a stop has an unknown risk: it goes at once, by the emergency tactic. */
export const stopRule: Rule = (watch, { stopHit }) => {
  if (riskDistance(watch) === 0) return fullExit(3, 'STOP_MISSING', 'panic');
  return stopHit === null ? null : fullExit(3, 'STOP_HIT', 'stop');
};

/** Rank 5. Only a change counts, so a position that was opened without a known regime waits for the first one. */
export const regimeRule: Rule = (watch, { now, options, symbol }) => {
  const rules = options.regime;
  const view = symbol.regime;
  if (rules === null || !symbol.isRegimeHeard || !hasRegimeChanged(watch, view)) return null;
  const cutAt = watch.regimeCutAt;
  if (cutAt !== null && now - cutAt >= rules.stillChangedUs) return fullExit(5, 'REGIME_STILL_CHANGED', 'regime_exit', 'HIGH');
  if (view.regime === 'UNKNOWN') return cutOnce(watch, now, 'REGIME_UNKNOWN', rules.unknownExitPct, 'HIGH');
  if (view.regime === 'CHAOTIC') return fullExit(5, 'REGIME_CHAOTIC', 'regime_exit');
  if (isReversed(watch, view)) return fullExit(5, 'TREND_REVERSED', 'regime_exit', 'HIGH');
  if (watch.entryRegime === 'RANGING') return fullExit(5, 'RANGE_LEFT', 'regime_exit', 'HIGH');
  if (watch.entryRegime === 'TRENDING') return cutOnce(watch, now, 'TREND_TO_RANGE', rules.rangingExitPct, 'MEDIUM');
  return null;
};

function cutOnce(watch: Watch, now: number, rule: string, exitPct: number, priority: 'HIGH' | 'MEDIUM'): Candidate | null {
  if (watch.used.has(rule)) return null;
  const use = (): void => {
    watch.used.add(rule);
    watch.regimeCutAt ??= now;
  };
  return { rank: 5, rule, reason: 'regime_exit', priority, exitPct, newStop: null, use };
}

/** The regime is the one at entry again: a later change counts anew. */
export function forgetRegimeCut(watch: Watch): void {
  watch.regimeCutAt = null;
  watch.used.delete('REGIME_UNKNOWN');
  watch.used.delete('TREND_TO_RANGE');
}

export function hasRegimeChanged(watch: Watch, view: RegimeView): boolean {
  return view.regime !== watch.entryRegime || isReversed(watch, view);
}

/** The trend points against the one at entry; against the position when that was none. */
function isReversed(watch: Watch, view: RegimeView): boolean {
  if (view.regime !== 'TRENDING') return false;
  const entryTrend = watch.entryDetail.startsWith('TREND_') ? watch.entryDetail : watch.sign > 0 ? 'TREND_UP' : 'TREND_DOWN';
  return view.detail === (entryTrend === 'TREND_UP' ? 'TREND_DOWN' : 'TREND_UP');
}

/** Rank 6. Each level moves the stop once; only the exit repeats, for it ends the position. */
export const volatilityRule: Rule = (watch, { options, spikeRatio, symbol }) => {
  const rules = options.volatility;
  if (rules === null) return null;
  const { entryVolatility } = watch;
  const { atrRatio } = symbol.regime;
  const sinceEntry = entryVolatility === null || entryVolatility === 0 || atrRatio === null ? 0 : atrRatio / entryVolatility;
  const ratio = Math.max(sinceEntry, spikeRatio ?? 0);
  if (reached(ratio, rules.exitRatio, true)) return fullExit(6, 'VOLATILITY_EXIT', 'volatility_exit');
  const isLarge = reached(ratio, rules.largeRatio);
  if (!isLarge && !reached(ratio, rules.smallRatio)) return null;
  const rule = isLarge ? 'VOLATILITY_LARGE' : 'VOLATILITY_SMALL';
  // The larger level has done the smaller one's work.
  if (watch.used.has(rule) || watch.used.has('VOLATILITY_LARGE')) return null;
  return {
    rank: 6,
    rule,
    reason: 'volatility_exit',
    priority: isLarge ? 'HIGH' : 'MEDIUM',
    exitPct: 0,
    newStop: tightened(watch, isLarge ? rules.largeTightenPct : rules.smallTightenPct),
    use: () => watch.used.add(rule),
  };
};

/** Rank 7. Staleness is judged only on events without a price: a price, however late, ends it. */
export const dataGapRule: Rule = (watch, { account, hasPrice, now, options, symbol }) => {
  const rules = options.dataGap;
  if (rules === null) return null;
  if (watch.candlesLost) return fullExit(7, 'CANDLES_LOST', 'data_gap');
  if (rules.staleUs === null || hasPrice || !symbol.inGap || isClosed(account)) return null;
  const since = Math.max(symbol.priceAt, watch.openedAt);
  return now - since >= rules.staleUs ? fullExit(7, 'DATA_STALE', 'data_gap') : null;
};

/** Silence of a closed market is no gap. */
function isClosed({ markets }: AccountView): boolean {
  return markets.size > 0 && [...markets.values()].every((state) => state === 'CLOSED');
}
