/**
 * Positions: made from fills and from nothing else, counted in integers, valued at marks.
 *
 * @module
 */
export { positionStateComponent } from './component.ts';
export * from './options.ts';
export { createPositionState, step, type PositionState } from './service.ts';
