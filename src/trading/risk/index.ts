/**
 * The account owner: the last word on every entry, and the one place where equity, exposure, reservations, drawdown and
 * the day's losses are known. `step` is the pure core; `riskComponent` wires it; the guard at the door of the executor
 * is `checkRequest`.
 *
 * @module
 */
import type { Component } from '../component.ts';
import { inputTypes } from './kernel.ts';
import { resolveRiskOptions, type RiskOptions } from './options.ts';

export type { CheckRecord } from './checklist.ts';
export {
  checkRequest,
  createDoorState,
  defaultDoorOptions,
  doorInputTypes,
  onEvaluation,
  onSafety,
  type DoorAnswer,
  type DoorOptions,
  type DoorState,
} from './door.ts';
export type { TradedInstrument } from '../instrument.ts';
export { step } from './kernel.ts';
export { defaultHardLimits, type HardLimits } from './limits.ts';
export {
  defaultIntegrity,
  defaultRiskOptions,
  recordedIntegrity,
  resolveRiskOptions,
  type IntegrityOptions,
  type RiskOptions,
} from './options.ts';
export { MODE_PRESETS, type ModePreset, type PolicyOptions } from './policy.ts';
export { createRiskState, type RiskState } from './state.ts';

/**
 * The risk kernel as a component: one instance for the account, which sees everything it needs in commit order.
 *
 * @throws QtError QT_OPTION_INVALID
 */
export function riskComponent(options: RiskOptions = {}): Component {
  resolveRiskOptions(options);
  return {
    name: 'risk_kernel',
    module: new URL('./handler.ts', import.meta.url),
    patterns: inputTypes(),
    broadcast: [],
    owner: 'account',
    options,
  };
}
