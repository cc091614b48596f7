/**
 * The trading side of the package, `quantum-trader/trading`: every component with its pure core, market data in, the
 * watchers, and the application that composes them. The engine and the event catalogue are in `quantum-trader`.
 *
 * Cores of several components share names such as `step`; here they carry the name of their component.
 *
 * @module
 */
export type { Component } from './component.ts';

export {
  advisoryComponent,
  createAdvisoryState,
  defaultAdvisoryOptions,
  step as stepAdvisory,
  type AdvisoryOptions,
  type AdvisoryState,
} from './advisory/index.ts';
export {
  chargePreset,
  CHARGE_PRESETS,
  createExecutionState,
  defaultExecutionOptions,
  executionComponent,
  PaperVenue,
  QT_EXECUTION_NO_LIVE_VENUE,
  QT_EXECUTION_PRESET_UNKNOWN,
  resolveExecutionOptions,
  riskDoor,
  step as stepExecution,
  type ExecutionOptions,
  type ExecutionState,
  type SimulatedVenue,
  type Venue,
} from './execution/index.ts';
export {
  checkWatchdog,
  createBrain,
  createWatchdog,
  defaultExitBrainOptions,
  exitBrainComponent,
  step as stepExitBrain,
  type BrainState,
  type ExitBrainOptions,
  type WatchdogState,
} from './exit/index.ts';
export {
  createFileLatchStore,
  createFlattenState,
  createKillSwitchState,
  createMemoryLatchStore,
  createTotpSecondFactor,
  defaultKillSwitchOptions,
  killSwitchComponent,
  QT_KILL_SWITCH_LATCH_WRITE,
  QT_KILL_SWITCH_SECRETS_INVALID,
  stepFlatten,
  step as stepKillSwitch,
  type KillSwitchOptions,
  type KillSwitchState,
} from './kill-switch/index.ts';
export {
  createPositionState,
  defaultPositionStateOptions,
  positionStateComponent,
  step as stepPosition,
  type PositionState,
  type PositionStateOptions,
} from './position/index.ts';
export {
  createRegimeState,
  defaultRegimeOptions,
  regimeComponent,
  step as stepRegime,
  type RegimeOptions,
  type RegimeState,
} from './regime/index.ts';
export {
  checkRequest,
  createDoorState,
  createRiskState,
  defaultHardLimits,
  defaultRiskOptions,
  MODE_PRESETS,
  recordedIntegrity,
  riskComponent,
  step as stepRisk,
  type HardLimits,
  type RiskOptions,
  type RiskState,
} from './risk/index.ts';
export {
  createSignalState,
  defaultSignalOptions,
  signalComponent,
  step as stepSignal,
  type SignalOptions,
  type SignalState,
} from './signal/index.ts';
export {
  createSizerState,
  defaultSizerOptions,
  sizerComponent,
  step as stepSizer,
  type SizerOptions,
  type SizerState,
} from './sizing/index.ts';
export {
  BUILT_IN_STRATEGIES,
  createStrategyState,
  defaultStrategyOptions,
  QT_STRATEGY_MODULE_INVALID,
  step as stepStrategy,
  strategyComponent,
  strategyKind,
  type Proposal,
  type Strategy,
  type StrategyKind,
  type StrategyOptions,
  type StrategyState,
} from './strategy/index.ts';
export * from '../feed/index.ts';
export * from '../observe/index.ts';
export * from '../app/index.ts';
