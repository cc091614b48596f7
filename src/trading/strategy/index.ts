/**
 * Runs trading strategies: pure functions of the bars of one symbol that propose and never trade. What they propose is
 * a candidate for the signal manager.
 *
 * @module
 */
import { MarketCandleNew, OpportunitiesUpdated, PolicyUpdated, RegimeClassificationUpdate, StrategyPromoted } from '../../model/index.ts';
import type { Component } from '../component.ts';
import { resolveStrategyOptions, type StrategyOptions } from './options.ts';

export { BUILT_IN_STRATEGIES } from './built-in/index.ts';
export * from './errors.ts';
export {
  defaultStrategyOptions,
  resolveStrategyOptions,
  type ResolvedStrategyOptions,
  type StrategyOptions,
  type StrategySetting,
} from './options.ts';
export { createStrategyState, step, type StrategyState } from './runtime.ts';
export { strategyKind, type Bar, type MarketView, type Proposal, type Strategy, type StrategyKind } from './strategy.ts';

/** @throws QtError QT_OPTION_INVALID */
export function strategyComponent(options: StrategyOptions = {}): Component {
  return {
    name: 'strategy_runtime',
    module: new URL('./handler.ts', import.meta.url),
    patterns: [MarketCandleNew.type, RegimeClassificationUpdate.type],
    broadcast: [PolicyUpdated.type, StrategyPromoted.type, OpportunitiesUpdated.type],
    owner: 'symbol',
    options: resolveStrategyOptions(options),
  };
}
