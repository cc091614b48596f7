/**
 * The kill switch: one latch for the account, closed by any trigger, opened only by a valid reset. `step` is the pure
 * core; what it decides is on disk before it is published.
 *
 * Who publishes an activation: the risk kernel for what it measures (losses, drawdown, streak, quality, venue, moves,
 * margin), this service for the rest (manual, panic, foreign alias, reconciliation, audit, a latch found at start).
 * Both name the n-th latch of a run alike, so if they race, consumers see one latch under one name.
 *
 * @module
 */
import type { Component } from '../component.ts';
import { resolveKillSwitchOptions, type KillSwitchOptions } from './options.ts';
import { INPUT_TYPES } from './service.ts';

export * from './errors.ts';
export { createFlattenState, FLATTEN_TYPES, stepFlatten, type FlattenState } from './flatten.ts';
export { createFileLatchStore } from './file-latch-store.ts';
export { createMemoryLatchStore, type KillPhase, type LatchRead, type LatchRecord, type LatchStore } from './latch-store.ts';
export { defaultKillSwitchOptions, resolveKillSwitchOptions, type KillSwitchOptions } from './options.ts';
export { createTotpSecondFactor, noSecondFactor, totp, type SecondFactor, type TotpSecrets } from './second-factor.ts';
export { step } from './service.ts';
export { createKillSwitchState, type KillSwitchCollaborators, type KillSwitchState } from './state.ts';

/**
 * The kill switch as a component.
 *
 * @throws QtError QT_OPTION_INVALID
 */
export function killSwitchComponent(options: KillSwitchOptions = {}): Component {
  resolveKillSwitchOptions(options);
  return {
    name: 'kill_switch_service',
    module: new URL('./handler.ts', import.meta.url),
    patterns: [...INPUT_TYPES],
    broadcast: [],
    owner: 'account',
    options,
  };
}
