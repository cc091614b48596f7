/**
 * The only door to a venue: turns requests and exit decisions into orders, follows each through its life, keeps one
 * resting stop for every position, and flattens on a kill. `mode` decides at one choke point whether an order is logged,
 * simulated or sent. Costs are in `costs/`.
 *
 * A position that is flat after a kill is announced by the kill switch service, which sees the whole account; each
 * instance here sees only its own symbols.
 *
 * @module
 */
import type { Component } from '../component.ts';
import { openOutlet } from './choke-point.ts';
import { accountTypes, symbolTypes } from './engine.ts';
import { riskDoor } from './guard.ts';
import { resolveExecutionOptions, type ExecutionOptions } from './options.ts';

export { openOutlet, type Outlet } from './choke-point.ts';
export * from './costs/index.ts';
export { createExecutionState, step, type ExecutionCollaborators } from './engine.ts';
export * from './errors.ts';
export { defaultInstrument as defaultExecutionInstrument, type Instrument as ExecutionInstrument } from './grid.ts';
export { riskDoor } from './guard.ts';
export { IN_BAR_ORDERS, type InBarOrder } from './in-bar.ts';
export { defaultExecutionOptions, resolveExecutionOptions, type ExecutionOptions, type ResolvedExecutionOptions } from './options.ts';
export {
  applyFill,
  createOrder as createExecutionOrder,
  moveOrder,
  type Fill as ExecutionFill,
  type FillOutcome,
  type Order as ExecutionOrder,
  type OrderTerms,
} from './order.ts';
export { isTerminal, ORDER_MOVES, ORDER_STATES, stateAfterFill, stateAfterMove, type OrderMove, type OrderState } from './order-machine.ts';
export { defaultPaperVenueOptions, resolvePaperVenueOptions, type PaperVenueOptions, type PaperVenueSettings } from './paper-options.ts';
export { PaperVenue } from './paper-venue.ts';
export type { Counters, Desk, Door, ExecutionState } from './state.ts';
export { planOf, tacticAfter, TACTICS, type ExitPlan, type Tactic } from './tactics.ts';
export type { SimulatedVenue, Venue, VenueBook, VenueCandle, VenueReport, VenueTick } from './venue.ts';

/**
 * The execution engine as a component: symbol state is sharded; evaluations, kills and panics reach every instance.
 *
 * @throws QtError QT_OPTION_INVALID, QT_EXECUTION_PRESET_UNKNOWN, QT_EXECUTION_NO_LIVE_VENUE
 */
export function executionComponent(options: ExecutionOptions = {}): Component {
  const resolved = resolveExecutionOptions(options);
  // Refused here, at start, and not on a worker with the first event.
  openOutlet(resolved);
  riskDoor(resolved);
  return {
    name: 'execution_engine',
    module: new URL('./handler.ts', import.meta.url),
    patterns: symbolTypes(),
    broadcast: accountTypes(),
    owner: 'symbol',
    options: resolved,
  };
}
