import { checkNumber } from '../../base/index.ts';
import type { QtEvent } from '../../event/index.ts';
import {
  RiskEvaluationComplete,
  RiskGovernorChanged,
  RiskKillSwitchActivated,
  RiskKillSwitchReset,
  SystemHumanOverrideChanged,
  type RiskEvaluationCompletePayload,
  type RiskGovernorChangedPayload,
  type RiskKillSwitchActivatedPayload,
  type RiskKillSwitchResetPayload,
  type SystemHumanOverrideChangedPayload,
  type TradesRequestNewPayload,
} from '../../model/index.ts';
import { createKillLatch, isLatched, onActivated, onReset, type KillLatch } from '../kill-latch.ts';
import { notionalMicros, toMicros } from '../micros.ts';
import { RecentIds } from '../recent-ids.ts';
import { Checklist, type CheckRecord } from './checklist.ts';
import { createIntegrity, isBlocked, onHumanOverride, type Integrity } from './integrity.ts';
import { isTooFar } from './signal-check.ts';

export interface DoorOptions {
  /** Largest |price - last| as a share of the last price, default .01. */
  readonly priceAwayRatioMax?: number;
  /** Largest |entry - stop| as a share of the entry price, default .03. */
  readonly stopDistanceRatioMax?: number;
  /** Most requests let through in one second of logical time, default 10; null: no limit. Recorded bars put many decisions at one instant: use null there. */
  readonly ordersPerSecondMax?: number | null;
  /** Account currency per unit per 1 of price by symbol, default 1. */
  readonly multipliers?: Readonly<Record<string, number>>;
}

export const defaultDoorOptions = Object.freeze({
  priceAwayRatioMax: 0.01,
  stopDistanceRatioMax: 0.03,
  ordersPerSecondMax: 10,
  multipliers: {},
});

type Allowed = NonNullable<RiskEvaluationCompletePayload['position_allowed']>;

/** What the guard knows. One for each instance of the executor; requests of a symbol always meet the same one. */
export interface DoorState {
  readonly options: Required<DoorOptions>;
  /** Evaluations that allow an entry and were not used yet. */
  readonly live: Map<string, { readonly allowed: Allowed; readonly expiresAt: number }>;
  readonly used: RecentIds;
  readonly kill: KillLatch;
  readonly blocks: Integrity;
  /** When the last requests were let through, microseconds. */
  passedAt: number[];
  governorAllows: boolean;
}

/** Evaluation ids kept to tell "used" from "unknown". */
const USED_MAX = 20_000;
const SECOND_US = 1_000_000;

/** @throws QtError QT_OPTION_INVALID */
export function createDoorState(options: DoorOptions = {}): DoorState {
  const resolved: Required<DoorOptions> = { ...defaultDoorOptions, ...options };
  checkNumber('priceAwayRatioMax', resolved.priceAwayRatioMax, { min: 0, max: 1 });
  checkNumber('stopDistanceRatioMax', resolved.stopDistanceRatioMax, { min: 0, max: 1 });
  if (resolved.ordersPerSecondMax !== null)
    checkNumber('ordersPerSecondMax', resolved.ordersPerSecondMax, { min: 1, max: 100_000, integer: true });
  for (const [symbol, multiplier] of Object.entries(resolved.multipliers))
    checkNumber(`multipliers.${symbol}`, multiplier, { min: 1e-9, max: 1e9 });
  return {
    options: resolved,
    live: new Map(),
    used: new RecentIds(USED_MAX),
    kill: createKillLatch(),
    blocks: createIntegrity(),
    passedAt: [],
    governorAllows: true,
  };
}

/** Types that a guard must see, all of them in every instance. */
export function doorInputTypes(): string[] {
  return [RiskEvaluationComplete, RiskKillSwitchActivated, RiskKillSwitchReset, RiskGovernorChanged, SystemHumanOverrideChanged].map(
    (definition) => definition.type,
  );
}

/** Learns from an evaluation. A VETOED one allows nothing; one that was used stays used however often it is delivered. */
export function onEvaluation(state: DoorState, event: QtEvent<object>): void {
  const { evaluation_id, decision, position_allowed, expires_at } = event.payload as RiskEvaluationCompletePayload;
  for (const [id, { expiresAt }] of state.live) {
    if (expiresAt > event.timestamp) break;
    state.live.delete(id);
  }
  if (decision === 'VETOED' || position_allowed === undefined || state.used.has(evaluation_id)) return;
  state.live.set(evaluation_id, { allowed: position_allowed, expiresAt: expires_at });
}

/** Learns from an event of the kill switch, the governor or a human lock; other types change nothing. */
export function onSafety(state: DoorState, event: QtEvent<object>): void {
  if (event.type === RiskKillSwitchActivated.type)
    onActivated(state.kill, (event.payload as RiskKillSwitchActivatedPayload).kill_switch_id);
  else if (event.type === RiskKillSwitchReset.type) onReset(state.kill, (event.payload as RiskKillSwitchResetPayload).kill_switch_id);
  else if (event.type === SystemHumanOverrideChanged.type)
    onHumanOverride(state.blocks, event.payload as SystemHumanOverrideChangedPayload);
  else if (event.type === RiskGovernorChanged.type) {
    const governor = event.payload as RiskGovernorChangedPayload;
    state.governorAllows = governor.allow_new_trades && governor.level !== 'EMERGENCY';
  }
}

export type DoorAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly checks: CheckRecord[] };

/**
 * The last check before an entry becomes an order. An evaluation opens the door once: a second request with it is
 * refused, so ask only for requests that were not handled before. Reducing orders never come here.
 *
 * @param now logical time, microseconds
 * @param lastPrice last known price of the symbol; null or undefined refuses
 */
export function checkRequest(
  state: DoorState,
  request: TradesRequestNewPayload,
  now: number,
  lastPrice: number | null | undefined,
): DoorAnswer {
  const list = new Checklist();
  const evaluation = state.live.get(request.evaluation_id);
  if (isOpen(state, request, now, list) && isKnown(state, request, now, list) && evaluation !== undefined) {
    if (isWithin(state, request, evaluation.allowed, lastPrice ?? null, list) && isPaced(state, now, list)) {
      state.live.delete(request.evaluation_id);
      state.used.add(request.evaluation_id);
      return { ok: true };
    }
  }
  return { ok: false, reason: list.veto ?? 'EVALUATION_UNKNOWN', checks: list.records };
}

function isOpen(state: DoorState, request: TradesRequestNewPayload, now: number, list: Checklist): boolean {
  return (
    list.check('KILL_ACTIVE', !isLatched(state.kill)) &&
    list.check('HUMAN_OVERRIDE', !isBlocked(state.blocks, request.symbol)) &&
    list.check('GOVERNOR_NO_NEW_TRADES', state.governorAllows) &&
    list.check('REQUEST_EXPIRED', now < request.expires_at, now, request.expires_at)
  );
}

function isKnown(state: DoorState, request: TradesRequestNewPayload, now: number, list: Checklist): boolean {
  const evaluation = state.live.get(request.evaluation_id);
  return (
    list.check('EVALUATION_USED', !state.used.has(request.evaluation_id)) &&
    list.check('EVALUATION_UNKNOWN', evaluation !== undefined) &&
    list.check('EVALUATION_EXPIRED', evaluation !== undefined && now < evaluation.expiresAt, now, evaluation?.expiresAt ?? null)
  );
}

function isWithin(state: DoorState, request: TradesRequestNewPayload, allowed: Allowed, last: number | null, list: Checklist): boolean {
  const { priceAwayRatioMax, stopDistanceRatioMax, multipliers } = state.options;
  const { size, stop_loss: stop, entry_price: entry } = request;
  const finite = [size, stop, entry].every((value) => Number.isFinite(value) && value > 0);
  if (!list.check('NOT_FINITE', finite)) return false;
  const long = request.direction === 'LONG';
  const distance = Math.abs(entry - stop);
  const risk = notionalMicros(distance, size, multipliers[request.symbol] ?? 1);
  const price = request.limit_price ?? entry;
  const awayRatio = last === null ? null : Math.abs(price - last) / last;
  return (
    list.check('REQUEST_MISMATCH', request.symbol === allowed.symbol && request.direction === allowed.direction) &&
    list.check('SIZE_ABOVE_MAX', allowed.max_size !== undefined && size <= allowed.max_size, size, allowed.max_size ?? null) &&
    list.check('STOP_WRONG_SIDE', long ? stop < entry : stop > entry, stop, entry) &&
    list.check('STOP_TOO_FAR', !isTooFar(entry, stop, stopDistanceRatioMax), distance / entry, stopDistanceRatioMax) &&
    list.check('STOP_LOOSER', long ? stop >= allowed.stop_loss : stop <= allowed.stop_loss, stop, allowed.stop_loss) &&
    list.check('RISK_ABOVE_MAX', risk <= toMicros(allowed.max_risk_usd), risk / 1e6, allowed.max_risk_usd) &&
    list.check('PRICE_AWAY', awayRatio !== null && awayRatio <= priceAwayRatioMax * (1 + 1e-12), awayRatio, priceAwayRatioMax)
  );
}

function isPaced(state: DoorState, now: number, list: Checklist): boolean {
  const max = state.options.ordersPerSecondMax;
  if (max === null) return true;
  state.passedAt = state.passedAt.filter((at) => now - at < SECOND_US);
  if (!list.check('ORDER_RATE', state.passedAt.length < max, state.passedAt.length, max)) return false;
  state.passedAt.push(now);
  return true;
}
