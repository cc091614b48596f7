import {
  MarketCandleNew,
  MarketFeedGap,
  MarketFeedRecovered,
  MarketFundingUpdate,
  MarketTickPrice,
  RegimeClassificationUpdate,
  RegimeVolatilitySpike,
  TIMEFRAME_US,
  type MarketCandleNewPayload,
  type RegimeClassificationUpdatePayload,
} from '../../model/index.ts';
import type { EventInput, QtEvent } from '../../event/index.ts';
import { knownRegime } from './book.ts';
import type { Extremes } from './decide.ts';
import { forgetRegimeCut, hasRegimeChanged } from './market-rules.ts';
import { handle, type EventHandle } from './event-handle.ts';
import { evaluate, heartbeat, own, type BrainState, type OwnedSymbol } from './state.ts';
import type { RegimeView } from './watch.ts';

/** Events of one symbol: only its owner receives them. */
export const MARKET_EVENTS: readonly EventHandle[] = [
  handle(MarketTickPrice, (state, event) => {
    const { high, low, price, symbol } = event.payload;
    const owned = priced(state, symbol, event.timestamp);
    return evaluate(state, owned, event, { extremes: { price, low: low ?? price, high: high ?? price } });
  }),
  handle(MarketCandleNew, (state, event) => {
    const owned = priced(state, event.payload.symbol, event.timestamp);
    const out = evaluate(state, owned, event, { extremes: extremesOf(state, owned, event) });
    return [...out, ...heartbeat(state, owned, event.timestamp, owned.watch?.decidedAt ?? event.timestamp, false)];
  }),
  handle(RegimeClassificationUpdate, onRegime),
  handle(RegimeVolatilitySpike, (state, event) => {
    const { spike_ratio: spikeRatio, symbol } = event.payload;
    return evaluate(state, own(state, symbol), event, { spikeRatio });
  }),
  handle(MarketFeedGap, (state, event) => {
    const owned = own(state, event.payload.symbol);
    owned.view.inGap = true;
    return evaluate(state, owned, event);
  }),
  handle(MarketFeedRecovered, (state, event) => {
    const owned = own(state, event.payload.symbol);
    owned.view.inGap = false;
    const isLost = event.payload.lost > 0 && state.options.dataGap?.lostCandles === true;
    if (owned.watch !== null && isLost) owned.watch.candlesLost = true;
    return evaluate(state, owned, event);
  }),
  handle(MarketFundingUpdate, (state, event) => {
    const { p99, rate, symbol } = event.payload;
    const owned = own(state, symbol);
    owned.view.funding = { rate, p99 };
    return evaluate(state, owned, event);
  }),
];

function priced(state: BrainState, symbol: string, now: number): OwnedSymbol {
  const owned = own(state, symbol);
  owned.view.priceAt = now;
  owned.view.inGap = false;
  return owned;
}

/** Only the close of a bar that began before the stop was in force: its extremes may be older than the stop. */
function extremesOf(
  { account }: BrainState,
  { symbol, watch }: OwnedSymbol,
  { payload, timestamp }: QtEvent<MarketCandleNewPayload>,
): Extremes {
  const { close, high, low, timeframe } = payload;
  const openedAt = payload.open_time ?? timestamp - TIMEFRAME_US[timeframe];
  const since = watch?.stopSince ?? account.book.entries.get(symbol)?.openedAt ?? 0;
  return openedAt >= since ? { price: close, low, high } : { price: close, low: close, high: close };
}

function onRegime(state: BrainState, event: QtEvent<RegimeClassificationUpdatePayload>): EventInput[] {
  const owned = own(state, event.payload.symbol);
  const regime = toView(event.payload);
  owned.view.regime = regime;
  owned.view.isRegimeHeard = true;
  const { watch } = owned;
  if (watch !== null) {
    watch.entryVolatility ??= regime.atrRatio;
    if (watch.entryRegime === 'UNKNOWN' && (regime.regime === 'TRENDING' || regime.regime === 'RANGING')) {
      // Opened blind: the first regime that is known stands for the one at entry, unless it is one to leave at once.
      watch.entryRegime = regime.regime;
      watch.entryDetail = regime.detail;
    }
    if (!hasRegimeChanged(watch, regime)) forgetRegimeCut(watch);
  }
  return evaluate(state, owned, event);
}

function toView(payload: RegimeClassificationUpdatePayload): RegimeView {
  return {
    regime: knownRegime(payload.regime, payload.regime_detail),
    detail: payload.regime_detail,
    volatility: payload.volatility_state,
    atrRatio: payload.atr_percent === null ? null : payload.atr_percent / 100,
  };
}
