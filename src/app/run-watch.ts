import { systemClock } from '../base/index.ts';
import type { Sink, SinkEvent } from '../engine/index.ts';
import {
  MarketCandleNew,
  MarketTickPrice,
  PositionClosed,
  PositionOpened,
  PositionStateUpdate,
  RiskDailyStatusUpdate,
  RiskEvaluationComplete,
  RiskKillSwitchActivated,
  RiskKillSwitchFlattened,
  RiskKillSwitchReset,
  SignalsAdvisoryNoSignal,
  TradesOrderLogged,
  TradesRequestDenied,
  type PositionClosedPayload,
  type RiskDailyStatusUpdatePayload,
  type RiskEvaluationCompletePayload,
  type RiskKillSwitchActivatedPayload,
  type SignalsAdvisoryNoSignalPayload,
  type TradesRequestDeniedPayload,
} from '../model/index.ts';
import { DecisionHash, isDecisionType } from '../observe/index.ts';
import type { LatencyMeter } from './latency.ts';

/** What the kill switch did in a run. */
export interface KillReport {
  readonly state: 'ARMED' | 'REDUCING' | 'HALTED';
  readonly activations: number;
  readonly trigger: string | null;
  readonly triggerValue: number | null;
  readonly threshold: number | null;
  /** Event time, microseconds. */
  readonly latchedAtUs: number | null;
}

/** Types whose payload says in which mode the run is, which is no part of what was decided. */
const STAMPED = new Set([PositionOpened.type, PositionStateUpdate.type, PositionClosed.type]);
const WARMUP_US = 1_000_000;
const ARMED: KillReport = { state: 'ARMED', activations: 0, trigger: null, triggerValue: null, threshold: null, latchedAtUs: null };

/**
 * Sees every event of a run as it is committed: fingerprints the decisions, counts what the report tells, and notes
 * when market data was sent. It changes nothing.
 */
export class RunWatch implements Sink {
  readonly exits: Tally = new Map();
  readonly vetoes: Tally = new Map();
  readonly gates: Tally = new Map();
  readonly denials: Tally = new Map();
  readonly types: Tally = new Map();
  readonly decisions: Tally = new Map();
  /** Ticks and candles. */
  marketEvents = 0;
  trades = 0;
  equityUsd: number | null = null;
  kill: KillReport = ARMED;
  /** Event time of the first and the last market event, microseconds. */
  firstUs = 0;
  lastUs = 0;
  /** From the start of the process to the first market event, null before it. */
  firstEventMs: number | null = null;
  /** When the batch at hand was meant to be sent, or null for now. */
  intendedUs: number | null = null;
  #pacedFromUs: number | null = null;
  readonly #hash = new DecisionHash();
  readonly #latency: LatencyMeter;

  constructor(latency: LatencyMeter) {
    this.#latency = latency;
  }

  write(_bytes: Uint8Array, _offset: number, _length: number, event: SinkEvent): void {
    const { seq, timestamp, type } = event;
    count(this.types, type);
    if (type === MarketTickPrice.type || type === MarketCandleNew.type) {
      this.marketEvents++;
      if (this.firstUs === 0) {
        this.firstUs = timestamp;
        this.firstEventMs = performance.now();
      }
      this.lastUs = Math.max(this.lastUs, timestamp);
      // Pacing sends what is due within a millisecond at once, so an event can leave before its time.
      const nowUs = systemClock.nowUs();
      if (this.intendedUs === null) {
        this.#latency.sent(seq, nowUs, false);
        return;
      }
      this.#pacedFromUs ??= this.intendedUs;
      this.#latency.sent(seq, Math.min(this.intendedUs, nowUs), this.intendedUs - this.#pacedFromUs < WARMUP_US);
      return;
    }
    if (!isDecisionType(type)) return;
    const { key, payload } = event.decode();
    this.#hash.update({ seq, type, key, payload: STAMPED.has(type) ? withoutMode(payload) : payload });
    readers.get(type)?.(this, payload as never, timestamp);
  }

  decisionHash(): string {
    return this.#hash.hex();
  }
}

type Tally = Map<string, number>;

function count(tally: Tally, name: string): void {
  tally.set(name, (tally.get(name) ?? 0) + 1);
}

function withoutMode(payload: object): object {
  const { mode: _mode, ...decided } = payload as { mode?: unknown };
  return decided;
}

const readers = new Map<string, (watch: RunWatch, payload: never, timestamp: number) => void>([
  [PositionClosed.type, onClosed],
  [RiskEvaluationComplete.type, onEvaluation],
  [SignalsAdvisoryNoSignal.type, onNoSignal],
  [TradesRequestDenied.type, onDenied],
  [RiskDailyStatusUpdate.type, onStatus],
  [RiskKillSwitchActivated.type, onKill],
  [RiskKillSwitchFlattened.type, onFlattened],
  [RiskKillSwitchReset.type, onReset],
]);

function onClosed(watch: RunWatch, { exit_reason }: PositionClosedPayload): void {
  watch.trades++;
  count(watch.exits, exit_reason);
}

function onEvaluation(watch: RunWatch, { decision, veto_reason }: RiskEvaluationCompletePayload): void {
  count(watch.decisions, decision);
  if (decision === 'VETOED') count(watch.vetoes, veto_reason ?? 'UNKNOWN');
}

function onNoSignal(watch: RunWatch, { gate_failed }: SignalsAdvisoryNoSignalPayload): void {
  count(watch.gates, gate_failed);
}

function onDenied(watch: RunWatch, { reason }: TradesRequestDeniedPayload): void {
  count(watch.denials, reason);
}

function onStatus(watch: RunWatch, { equity_usd }: RiskDailyStatusUpdatePayload): void {
  watch.equityUsd = equity_usd;
}

function onKill(watch: RunWatch, { trigger, trigger_value, threshold }: RiskKillSwitchActivatedPayload, timestamp: number): void {
  const activations = watch.kill.activations + 1;
  watch.kill = { state: 'REDUCING', activations, trigger, triggerValue: trigger_value, threshold, latchedAtUs: timestamp };
}

function onFlattened(watch: RunWatch): void {
  watch.kill = { ...watch.kill, state: 'HALTED' };
}

function onReset(watch: RunWatch): void {
  watch.kill = { ...watch.kill, state: 'ARMED' };
}

/** How many events of a type were committed. */
export function countOf(watch: RunWatch, type: string): number {
  return watch.types.get(type) ?? 0;
}

/** Orders that logging_only wrote down instead of sending. */
export function loggedOrders(watch: RunWatch): number {
  return countOf(watch, TradesOrderLogged.type);
}
