/**
 * Turns an approved evaluation into a sized request: fixed risk by default, Kelly or a volatility target by name, made
 * smaller by the worst of the circumstances and never above what the evaluation allows.
 *
 * @module
 */
import type { Component } from '../component.ts';
import { resolveSizerOptions, type SizerOptions } from './options.ts';
import { INPUT_TYPES } from './sizer.ts';

export { smallestFactor, type Circumstances, type Factor, type FactorTable, type FactorTables } from './factors.ts';
export { marginAllowed, reserveRatio, type MarginCircumstances } from './margin.ts';
export { fixedRiskSteps, fullKelly, kellyRatio, lossPerUnit, volTargetSteps } from './methods.ts';
export { defaultSizerOptions, resolveSizerOptions, type SizerOptions, type SizingMethod } from './options.ts';
export { step } from './sizer.ts';
export { createSizerState, type SizerState } from './state.ts';

/**
 * The position sizer as a component.
 *
 * @throws QtError QT_OPTION_INVALID
 */
export function sizerComponent(options: SizerOptions = {}): Component {
  resolveSizerOptions(options);
  return {
    name: 'position_sizer',
    module: new URL('./handler.ts', import.meta.url),
    patterns: [...INPUT_TYPES],
    broadcast: [],
    owner: 'account',
    options,
  };
}
