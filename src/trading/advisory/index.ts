/**
 * Scores raw signals against market, regime, models and history, and passes on the few that are worth a risk decision.
 * It has no way to reach a venue.
 *
 * @module
 */
import {
  EnsemblePredictionNew,
  MarketCandleNew,
  MarketQualityUpdate,
  OrchestratorPolicyUpdated,
  PolicyUpdated,
  PositionClosed,
  PositionOpened,
  RegimeClassificationUpdate,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  SignalGenerated,
} from '../../model/index.ts';
import type { Component } from '../component.ts';
import { resolveAdvisoryOptions, type AdvisoryOptions } from './options.ts';

export { createAdvisoryState, step, type AdvisoryState } from './advisor.ts';
export { defaultAdvisoryOptions, resolveAdvisoryOptions, type AdvisoryOptions, type ResolvedAdvisoryOptions } from './options.ts';

/** @throws QtError QT_OPTION_INVALID */
export function advisoryComponent(options: AdvisoryOptions = {}): Component {
  return {
    name: 'signal_advisory',
    module: new URL('./handler.ts', import.meta.url),
    patterns: [
      SignalGenerated.type,
      MarketCandleNew.type,
      MarketQualityUpdate.type,
      RegimeClassificationUpdate.type,
      EnsemblePredictionNew.type,
      PositionOpened.type,
      PositionClosed.type,
    ],
    broadcast: [PolicyUpdated.type, OrchestratorPolicyUpdated.type, RiskKillSwitchActivated.type, RiskKillSwitchReset.type],
    owner: 'symbol',
    options: resolveAdvisoryOptions(options),
  };
}
