import type { EventInput, QtEvent } from '../../event/index.ts';
import type { TradesRequestNewPayload } from '../../model/index.ts';
import { RecentIds } from '../recent-ids.ts';
import { AppliedSequences } from '../redelivery.ts';
import { createKillLatch, type KillLatch } from '../kill-latch.ts';
import type { Outlet } from './choke-point.ts';
import type { Deadline } from './deadline.ts';
import type { Instrument } from './grid.ts';
import type { Holding } from './holding.ts';
import type { ResolvedExecutionOptions } from './options.ts';
import type { Order } from './order.ts';
import type { Tactic } from './tactics.ts';

/** The risk guard in front of the venue: it knows the evaluations and says whether a request still stands on one. */
export interface Door {
  onEvaluation(event: QtEvent<object>): void;
  /** Kill switch, governor and human locks. */
  onSafety(event: QtEvent<object>): void;
  check(request: TradesRequestNewPayload, nowUs: number, lastPrice: number | null): DoorAnswer;
}

export type DoorAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly checks: readonly object[] };

/** An exit under way: one per holding, with at most one live order. */
export interface Closing {
  /** Steps still to close; everything there is when `all`. */
  targetSteps: number;
  all: boolean;
  reason: string;
  tactic: Tactic;
  /** Failures since it began. */
  failures: number;
  attempts: number;
  orderId: string | null;
  deadline: Deadline | null;
  /** From when the next attempt may follow, on a market event and never in a loop; null while none is due. */
  retryAtUs: number | null;
  panicked: boolean;
}

/** One symbol's share of the state. */
export interface Desk {
  readonly symbol: string;
  readonly instrument: Instrument;
  /** Logical time: the latest event of this symbol or of the account. Not shared between symbols, so that sharding changes nothing. */
  nowUs: number;
  lastPrice: number | null;
  spreadBps: number | null;
  /** Shortest timeframe seen; bars of longer ones repeat the same trades and fill nothing. */
  barUs: number;
  readonly orders: Map<string, Order>;
  /** Ended orders, oldest first; a few are kept for fills that arrive late. */
  readonly ended: string[];
  /** Entry orders with their lifetimes. */
  readonly entries: Map<string, Deadline>;
  readonly requests: RecentIds;
  readonly decisions: RecentIds;
  /** Next attempt by `request|intent`. */
  readonly attempts: Map<string, number>;
  holding: Holding | null;
  closing: Closing | null;
}

/** What went wrong or came twice. Nothing here changes a decision. */
export interface Counters {
  illegalMoves: number;
  duplicateFills: number;
  refusedFills: number;
  unknownReports: number;
  repeatedRequests: number;
  ignoredExits: number;
  foreignPositions: number;
}

export interface ExecutionState {
  readonly options: ResolvedExecutionOptions;
  readonly outlet: Outlet;
  readonly door: Door;
  readonly latch: KillLatch;
  readonly panics: RecentIds;
  readonly applied: AppliedSequences;
  readonly desks: Map<string, Desk>;
  readonly counters: Counters;
}

/** What happened to an order, for those who must act on it. */
export type Consequence = { readonly kind: 'filled' | 'ended'; readonly order: Order };

/** One event at one desk: what is known, and what comes of it. */
export interface Turn {
  readonly state: ExecutionState;
  readonly desk: Desk;
  readonly seq: number;
  readonly nowUs: number;
  readonly out: EventInput[];
  /** Worked off before the turn ends, in order. */
  readonly consequences: Consequence[];
}

/** How many request and decision ids a desk remembers. Requests are void 30 s after they were made, so a thousand reach far beyond. */
const RECENT_MAX = 1_000;
const ATTEMPTS_MAX = 3_000;

export function createState(options: ResolvedExecutionOptions, outlet: Outlet, door: Door): ExecutionState {
  return {
    options,
    outlet,
    door,
    latch: createKillLatch(),
    panics: new RecentIds(RECENT_MAX),
    applied: new AppliedSequences(),
    desks: new Map(),
    counters: {
      illegalMoves: 0,
      duplicateFills: 0,
      refusedFills: 0,
      unknownReports: 0,
      repeatedRequests: 0,
      ignoredExits: 0,
      foreignPositions: 0,
    },
  };
}

export function deskOf(state: ExecutionState, symbol: string): Desk {
  let desk = state.desks.get(symbol);
  if (desk === undefined) {
    desk = {
      symbol,
      instrument: state.options.instruments[symbol] ?? state.options.defaultInstrument,
      nowUs: 0,
      lastPrice: null,
      spreadBps: null,
      barUs: Infinity,
      orders: new Map(),
      ended: [],
      entries: new Map(),
      requests: new RecentIds(RECENT_MAX),
      decisions: new RecentIds(RECENT_MAX),
      attempts: new Map(),
      holding: null,
      closing: null,
    };
    state.desks.set(symbol, desk);
  }
  return desk;
}

/** The number of the next order for a request and intent, from 0. */
export function nextAttempt(desk: Desk, requestId: string, intent: string): number {
  const key = `${requestId}|${intent}`;
  const attempt = desk.attempts.get(key) ?? 0;
  desk.attempts.delete(key);
  desk.attempts.set(key, attempt + 1);
  if (desk.attempts.size > ATTEMPTS_MAX) desk.attempts.delete(desk.attempts.keys().next().value as string);
  return attempt;
}
