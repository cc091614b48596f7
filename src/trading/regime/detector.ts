import type { EventInput, QtEvent } from '../../event/index.ts';
import {
  MarketBookTop,
  MarketCandleNew,
  MarketFeedRecovered,
  RegimeClassificationUpdate,
  RegimeVolatilitySpike,
  type MarketBookTopPayload,
  type MarketCandleNewPayload,
  type MarketFeedRecoveredPayload,
  type Regime,
  type RegimeDetail,
} from '../../model/index.ts';
import { Adx, Atr, Ema } from '../../quant/index.ts';
import { AppliedSequences } from '../redelivery.ts';
import { classify, toConfidence, toRegime, toVolatilityState } from './classify.ts';
import { Confirmation } from './confirmation.ts';
import { Liquidity } from './liquidity.ts';
import { resolveRegimeOptions, type RegimeOptions, type ResolvedRegimeOptions } from './options.ts';
import { Spikes } from './spikes.ts';

const TREND_FAST = 12;
const TREND_SLOW = 26;

/** The indicators of one symbol; made anew when candles were lost. */
class Indicators {
  readonly #atr: Atr;
  readonly #adx: Adx;
  readonly #fast = new Ema(TREND_FAST);
  readonly #slow = new Ema(TREND_SLOW);
  readonly spikes: Spikes;

  constructor(options: ResolvedRegimeOptions) {
    this.#atr = new Atr(options.period);
    this.#adx = new Adx(options.period);
    this.spikes = new Spikes(options);
  }

  update({ high, low, close }: MarketCandleNewPayload): { atr: number | null; adx: number | null; trendStrength: number | null } {
    const atr = this.#atr.update(high, low, close);
    const adx = this.#adx.update(high, low, close)?.adx ?? null;
    const fast = this.#fast.update(close);
    const slow = this.#slow.update(close);
    const isKnown = fast !== null && slow !== null && atr !== null;
    return { atr, adx, trendStrength: isKnown ? toTrendStrength(fast - slow, atr) : null };
  }
}

/** Distance of the averages in units of ATR, cut at one; a market without range has no trend. */
function toTrendStrength(distance: number, atr: number): number {
  return atr > 0 ? Math.min(Math.max(distance / atr, -1), 1) : 0;
}

interface SymbolState {
  indicators: Indicators;
  readonly confirmation: Confirmation;
  readonly liquidity: Liquidity;
  regime: Regime;
  closeTime: number;
}

/** Owned by `step`; keep it, do not look inside. */
export interface RegimeState {
  readonly options: ResolvedRegimeOptions;
  readonly symbols: Map<string, SymbolState>;
  readonly applied: AppliedSequences;
  /** Inputs that were refused because they cannot be true. */
  refused: number;
}

/** @throws QtError QT_OPTION_INVALID */
export function createRegimeState(options: RegimeOptions = {}): RegimeState {
  return { options: resolveRegimeOptions(options), symbols: new Map(), applied: new AppliedSequences(), refused: 0 };
}

/**
 * Classifies the market of each symbol. Reads candles, books and `market.feed.recovered`; returns one
 * `regime.classification.update` for each candle of its timeframe and `regime.volatility.spike` on a crossing.
 * Before 2n - 1 candles, and again after a gap that lost candles, the class is UNKNOWN.
 */
export function step(state: RegimeState, event: QtEvent<object>): EventInput[] {
  return state.applied.once(event, () => dispatch(state, event));
}

function dispatch(state: RegimeState, event: QtEvent<object>): EventInput[] {
  switch (event.type) {
    case MarketCandleNew.type:
      return onCandle(state, event as QtEvent<MarketCandleNewPayload>);
    case MarketBookTop.type:
      return onBook(state, event as QtEvent<MarketBookTopPayload>);
    case MarketFeedRecovered.type:
      return onRecovered(state, event as QtEvent<MarketFeedRecoveredPayload>);
    default:
      return [];
  }
}

function onBook(state: RegimeState, { payload, timestamp }: QtEvent<MarketBookTopPayload>): EventInput[] {
  if (payload.bid > payload.ask) state.refused++;
  else symbolOf(state, payload.symbol).liquidity.onBook(payload, timestamp);
  return [];
}

function onRecovered(state: RegimeState, { payload }: QtEvent<MarketFeedRecoveredPayload>): EventInput[] {
  if (payload.lost > 0) {
    const symbol = symbolOf(state, payload.symbol);
    symbol.indicators = new Indicators(state.options);
    symbol.confirmation.force('UNKNOWN');
  }
  return [];
}

function onCandle(state: RegimeState, { payload: candle, timestamp }: QtEvent<MarketCandleNewPayload>): EventInput[] {
  if (candle.timeframe !== state.options.timeframe) return [];
  const symbol = symbolOf(state, candle.symbol);
  const isPossible = candle.low <= Math.min(candle.open, candle.close) && candle.high >= Math.max(candle.open, candle.close);
  if (!isPossible || timestamp <= symbol.closeTime) {
    state.refused++;
    return [];
  }
  symbol.closeTime = timestamp;
  symbol.liquidity.onCandle(candle.volume * candle.close, candle.open_time ?? timestamp, timestamp);
  const { atr, adx, trendStrength } = symbol.indicators.update(candle);
  const atrPct = atr === null ? null : (100 * atr) / candle.close;
  const detail = confirm(state.options, symbol, timestamp, { adx, trendStrength, atrPct });
  const previous = symbol.regime;
  symbol.regime = toRegime(detail);
  const update = RegimeClassificationUpdate.create({
    symbol: candle.symbol,
    regime: symbol.regime,
    confidence: toConfidence(detail, adx ?? 0, trendStrength ?? 0),
    previous_regime: previous,
    changed: symbol.regime !== previous,
    regime_detail: detail,
    volatility_state: toVolatilityState(atrPct, state.options),
    adx,
    atr,
    atr_percent: atrPct,
    trend_strength: trendStrength,
  });
  const spike = symbol.indicators.spikes.update(candle.close);
  return spike === null ? [update] : [update, RegimeVolatilitySpike.create({ symbol: candle.symbol, ...spike })];
}

interface Known {
  readonly adx: number | null;
  readonly trendStrength: number | null;
  readonly atrPct: number | null;
}

function confirm(options: ResolvedRegimeOptions, symbol: SymbolState, now: number, { adx, trendStrength, atrPct }: Known): RegimeDetail {
  const { confirmation, liquidity } = symbol;
  const isBlind = options.requiresBook && !liquidity.hasBook(now);
  if (isBlind || adx === null || trendStrength === null || atrPct === null) return confirmation.force('UNKNOWN');
  const measures = { adx, trendStrength, atrPct, thinCount: liquidity.thinCount(now) };
  return confirmation.update(classify(measures, confirmation.current, options));
}

function symbolOf(state: RegimeState, name: string): SymbolState {
  let symbol = state.symbols.get(name);
  if (symbol === undefined) {
    symbol = {
      indicators: new Indicators(state.options),
      confirmation: new Confirmation(state.options.confirmCandles),
      liquidity: new Liquidity(state.options),
      regime: 'CHAOTIC',
      closeTime: 0,
    };
    state.symbols.set(name, symbol);
  }
  return symbol;
}
