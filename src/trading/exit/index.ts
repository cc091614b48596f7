/**
 * The exit brain: owns every exit of linear positions. It may close, reduce and tighten; it never opens, adds, widens or
 * waits. Beside it the watchdog that guards the guard.
 *
 * @module
 */
export { EXIT_TIMER_PREFIX } from './account-events.ts';
export { createBrain, step } from './brain.ts';
export { exitBrainComponent } from './component.ts';
export * from './options.ts';
export type { BrainState } from './state.ts';
export * from './watchdog.ts';
