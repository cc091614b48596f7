import type { EventInput, QtEvent } from '../../event/index.ts';
import {
  ExitDecisionMade,
  ExitStopTriggered,
  ExitStopUpdated,
  MarketBookTop,
  MarketCandleNew,
  MarketTickPrice,
  PositionOpened,
  RiskEvaluationComplete,
  RiskGovernorChanged,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  SystemHumanOverrideChanged,
  SystemPanicClose,
  TradesRequestNew,
  type ExitDecisionMadePayload,
  type ExitStopTriggeredPayload,
  type ExitStopUpdatedPayload,
  type MarketBookTopPayload,
  type MarketCandleNewPayload,
  type MarketTickPricePayload,
  type PositionOpenedPayload,
  type RiskGovernorChangedPayload,
  type RiskKillSwitchActivatedPayload,
  type RiskKillSwitchResetPayload,
  type SystemPanicClosePayload,
  type TradesRequestNewPayload,
} from '../../model/index.ts';
import { onActivated, onReset } from '../kill-latch.ts';
import { openOutlet } from './choke-point.ts';
import { settle } from './consequences.ts';
import { onDecision, onPositionOpened } from './decisions.ts';
import { onRequest } from './entries.ts';
import { beginExit } from './exits.ts';
import { onBook, onCandle, onTick } from './market.ts';
import type { ResolvedExecutionOptions } from './options.ts';
import { cancelEntries } from './send.ts';
import { createState, deskOf, type Desk, type Door, type ExecutionState, type Turn } from './state.ts';
import { onStopTriggered, onStopUpdated } from './stops.ts';
import type { SimulatedVenue, Venue } from './venue.ts';

export interface ExecutionCollaborators {
  /** The risk guard's check in front of the venue. */
  readonly door: Door;
  /** Default: the paper venue in paper and backtest, none in live. */
  readonly venue?: Venue | SimulatedVenue;
}

/** @throws QtError QT_EXECUTION_NO_LIVE_VENUE in mode live without a venue */
export function createExecutionState(options: ResolvedExecutionOptions, collaborators: ExecutionCollaborators): ExecutionState {
  return createState(options, openOutlet(options, collaborators.venue), collaborators.door);
}

/**
 * Turns requests, exit decisions, kills and market data into orders and what becomes of them.
 *
 * Pure but for its state; no clock: `now` is the event's time. It promises: one entry order for one request; no increasing
 * order while the kill switch is latched; exits that are reduce-only, never more than what is held, and never given up; one
 * fill id counted once. An event that was applied before gives nothing.
 */
export function step(state: ExecutionState, event: QtEvent<object>): EventInput[] {
  return state.applied.once(event, () => apply(state, event));
}

function apply(state: ExecutionState, event: QtEvent<object>): EventInput[] {
  const bySymbol = SYMBOL_EVENTS.get(event.type);
  if (bySymbol !== undefined) {
    const { symbol } = event.payload as { symbol: string };
    return atDesk(state, deskOf(state, symbol), event, (turn) => bySymbol(turn, event));
  }
  return ACCOUNT_EVENTS.get(event.type)?.(state, event) ?? [];
}

type SymbolEvent = (turn: Turn, event: QtEvent<object>) => void;
type AccountEvent = (state: ExecutionState, event: QtEvent<object>) => EventInput[];

/** Types of one symbol: they reach the one instance that owns it. */
export function symbolTypes(): string[] {
  return [...SYMBOL_EVENTS.keys()];
}

/** Types of the account: every instance sees them. */
export function accountTypes(): string[] {
  return [...ACCOUNT_EVENTS.keys()];
}

const SYMBOL_EVENTS = new Map<string, SymbolEvent>([
  [MarketTickPrice.type, (turn, event) => onTick(turn, event.payload as MarketTickPricePayload)],
  [MarketCandleNew.type, (turn, event) => onCandle(turn, event.payload as MarketCandleNewPayload, event.timestamp)],
  [MarketBookTop.type, (turn, event) => onBook(turn, event.payload as MarketBookTopPayload)],
  [TradesRequestNew.type, (turn, event) => onRequest(turn, event.payload as TradesRequestNewPayload)],
  [ExitDecisionMade.type, (turn, event) => onDecision(turn, event.payload as ExitDecisionMadePayload)],
  [ExitStopTriggered.type, (turn, event) => onStopTriggered(turn, event.payload as ExitStopTriggeredPayload)],
  [ExitStopUpdated.type, (turn, event) => onStopUpdated(turn, event.payload as ExitStopUpdatedPayload)],
  [PositionOpened.type, (turn, event) => onPositionOpened(turn, event.payload as PositionOpenedPayload)],
]);

const ACCOUNT_EVENTS = new Map<string, AccountEvent>([
  [RiskEvaluationComplete.type, learn],
  [RiskKillSwitchActivated.type, onKill],
  [RiskKillSwitchReset.type, onKillReset],
  [RiskGovernorChanged.type, onGovernor],
  [SystemPanicClose.type, onPanic],
  [SystemHumanOverrideChanged.type, onHumanOverride],
]);

function learn(state: ExecutionState, event: QtEvent<object>): EventInput[] {
  state.door.onEvaluation(event);
  return [];
}

/** Increasing orders go, positions follow; stops stay at the venue until the closing fill. */
function onKill(state: ExecutionState, event: QtEvent<object>): EventInput[] {
  state.door.onSafety(event);
  if (!onActivated(state.latch, (event.payload as RiskKillSwitchActivatedPayload).kill_switch_id)) return [];
  return flatten(state, event, 'kill_switch');
}

function onPanic(state: ExecutionState, event: QtEvent<object>): EventInput[] {
  if (!state.panics.add((event.payload as SystemPanicClosePayload).event_id)) return [];
  return flatten(state, event, 'panic');
}

function onKillReset(state: ExecutionState, event: QtEvent<object>): EventInput[] {
  state.door.onSafety(event);
  onReset(state.latch, (event.payload as RiskKillSwitchResetPayload).kill_switch_id);
  return [];
}

function onGovernor(state: ExecutionState, event: QtEvent<object>): EventInput[] {
  state.door.onSafety(event);
  const { allow_new_trades } = event.payload as RiskGovernorChangedPayload;
  return allow_new_trades ? [] : everywhere(state, event, (turn) => cancelEntries(turn, 'USER'));
}

function onHumanOverride(state: ExecutionState, event: QtEvent<object>): EventInput[] {
  state.door.onSafety(event);
  return [];
}

function flatten(state: ExecutionState, event: QtEvent<object>, reason: 'kill_switch' | 'panic'): EventInput[] {
  return everywhere(state, event, (turn) => {
    cancelEntries(turn, 'KILL');
    beginExit(turn, { all: true, reason });
  });
}

/** Desk by desk in the order of their symbols, so that the output does not depend on who saw which symbol first. */
function everywhere(state: ExecutionState, event: QtEvent<object>, act: (turn: Turn) => void): EventInput[] {
  const symbols = [...state.desks.keys()].toSorted();
  return symbols.flatMap((symbol) => atDesk(state, deskOf(state, symbol), event, act));
}

function atDesk(state: ExecutionState, desk: Desk, event: QtEvent<object>, act: (turn: Turn) => void): EventInput[] {
  desk.nowUs = Math.max(desk.nowUs, event.timestamp);
  const turn: Turn = { state, desk, seq: event.seq, nowUs: desk.nowUs, out: [], consequences: [] };
  act(turn);
  settle(turn);
  return turn.out;
}
