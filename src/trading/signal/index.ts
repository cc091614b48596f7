/**
 * The life of a strategy's signal: which candidates are news, and how each signal ends.
 *
 * @module
 */
import {
  MarketCandleNew,
  PositionClosed,
  PositionOpened,
  RiskEvaluationComplete,
  SignalCandidateNew,
  SignalsAdvisoryExpired,
  SignalsAdvisoryNoSignal,
  TradesOrderCancelled,
  TradesOrderExpired,
  TradesOrderFilled,
  TradesOrderLogged,
  TradesOrderPartiallyFilled,
  TradesOrderRejected,
  TradesOrderSubmitted,
  TradesRequestDenied,
  TradesRequestNew,
} from '../../model/index.ts';
import type { Component } from '../component.ts';
import { resolveSignalOptions, type SignalOptions } from './options.ts';

export { createSignalState, step, type SignalState } from './manager.ts';
export { defaultSignalOptions, resolveSignalOptions, type ResolvedSignalOptions, type SignalOptions } from './options.ts';
export type { SignalRecord, SignalStatus } from './record.ts';
export { MemorySignalStore, type SignalStore } from './store.ts';

/** @throws QtError QT_OPTION_INVALID, QT_MODEL_ZONE_INVALID */
export function signalComponent(options: SignalOptions = {}): Component {
  return {
    name: 'signal_manager',
    module: new URL('./handler.ts', import.meta.url),
    patterns: [
      SignalCandidateNew.type,
      MarketCandleNew.type,
      SignalsAdvisoryNoSignal.type,
      SignalsAdvisoryExpired.type,
      TradesRequestNew.type,
      TradesRequestDenied.type,
      TradesOrderSubmitted.type,
      TradesOrderLogged.type,
      TradesOrderPartiallyFilled.type,
      TradesOrderFilled.type,
      TradesOrderRejected.type,
      TradesOrderCancelled.type,
      TradesOrderExpired.type,
      PositionOpened.type,
      PositionClosed.type,
    ],
    // Ordered by account, so no instance can be chosen by its key; whoever holds the signal acts.
    broadcast: [RiskEvaluationComplete.type],
    owner: 'symbol',
    options: resolveSignalOptions(options),
  };
}
