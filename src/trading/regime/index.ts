/**
 * Classifies the market of each symbol from its candles and book: trending, ranging or chaotic, how volatile, and when
 * volatility jumps.
 *
 * @module
 */
import { MarketBookTop, MarketCandleNew, MarketFeedRecovered } from '../../model/index.ts';
import type { Component } from '../component.ts';
import { resolveRegimeOptions, type RegimeOptions } from './options.ts';

export { createRegimeState, step, type RegimeState } from './detector.ts';
export { defaultRegimeOptions, resolveRegimeOptions, type RegimeOptions, type ResolvedRegimeOptions } from './options.ts';

/** @throws QtError QT_OPTION_INVALID */
export function regimeComponent(options: RegimeOptions = {}): Component {
  return {
    name: 'regime_detector',
    module: new URL('./handler.ts', import.meta.url),
    patterns: [MarketCandleNew.type, MarketBookTop.type, MarketFeedRecovered.type],
    broadcast: [],
    owner: 'symbol',
    options: resolveRegimeOptions(options),
  };
}
