import type { EventDefinition } from '../../event/index.ts';
import {
  ExitDecisionMade,
  ExitStopTriggered,
  ModelPromoted,
  OrchestratorPolicyUpdated,
  PolicyUpdated,
  RiskEvaluationComplete,
  RiskGovernorChanged,
  RiskKillSwitchActivated,
  RiskKillSwitchFlattened,
  RiskKillSwitchReset,
  SignalsAdvisoryNew,
  SignalsAdvisoryNoSignal,
  StrategyPromoted,
  SystemHumanOverrideChanged,
  SystemOperatorCommand,
  SystemPanicClose,
  TradesRequestDenied,
  TradesRequestNew,
} from '../../model/index.ts';
import { upsert, type Row, type Rule } from './rule.ts';

/** What was decided and why; the ids it is about are read from the payload's fields of the same name. */
interface Decided {
  readonly outcome: unknown;
  readonly reason?: unknown;
  readonly symbol?: unknown;
}

/** `decisions`, one row per decision; everything else about it is in the payload of the event of the same seq. */
export const DECISION_RULES: readonly Rule[] = [
  decision(SignalsAdvisoryNew, 'ADVISORY', (p) => ({ outcome: p.recommended_action, reason: p.reasoning })),
  decision(SignalsAdvisoryNoSignal, 'ADVISORY', (p) => ({ outcome: 'NO_SIGNAL', reason: p.gate_failed })),
  decision(RiskEvaluationComplete, 'RISK', (p) => ({
    outcome: p.decision,
    reason: p.veto_reason,
    symbol: p.position_allowed?.symbol,
  })),
  decision(TradesRequestNew, 'SIZING', (p) => ({ outcome: 'REQUESTED', reason: p.strategy_id })),
  decision(TradesRequestDenied, 'DOOR', (p) => ({ outcome: 'DENIED', reason: p.reason })),
  decision(ExitDecisionMade, 'EXIT', (p) => ({ outcome: p.decision, reason: p.reason })),
  decision(ExitStopTriggered, 'EXIT', () => ({ outcome: 'STOP_TRIGGERED', reason: 'stop' })),
  decision(RiskKillSwitchActivated, 'KILL_SWITCH', (p) => ({ outcome: 'ACTIVATED', reason: p.trigger })),
  decision(RiskKillSwitchFlattened, 'KILL_SWITCH', () => ({ outcome: 'FLATTENED' })),
  decision(RiskKillSwitchReset, 'KILL_SWITCH', (p) => ({ outcome: 'RESET', reason: p.review_id })),
  decision(SystemPanicClose, 'PANIC_CLOSE', (p) => ({ outcome: 'CLOSE_ALL', reason: p.reason })),
  decision(RiskGovernorChanged, 'GOVERNOR', (p) => ({ outcome: p.level, reason: p.reasons })),
  decision(PolicyUpdated, 'POLICY', (p) => ({ outcome: p.risk_mode, reason: p.updated_by })),
  decision(OrchestratorPolicyUpdated, 'ORCHESTRATOR', (p) => ({ outcome: p.risk_profile, reason: p.note })),
  decision(StrategyPromoted, 'PROMOTION', (p) => ({ outcome: p.to_stage, reason: p.reason })),
  decision(ModelPromoted, 'PROMOTION', (p) => ({ outcome: p.new_version, reason: p.model_name })),
  decision(SystemHumanOverrideChanged, 'OVERRIDE', (p) => ({ outcome: p.action, reason: p.justification })),
  decision(SystemOperatorCommand, 'OPERATOR', (p) => ({ outcome: p.command, reason: p.justification })),
];

function decision<P extends object>(definition: EventDefinition<P>, kind: string, decided: (payload: P) => Decided): Rule {
  return upsert(definition, 'decisions', ({ payload, seq, timestamp }): Row => {
    const { outcome, reason, symbol } = decided(payload);
    const ids = payload as Readonly<Record<string, unknown>>;
    return {
      seq,
      kind,
      outcome,
      reason,
      symbol: symbol ?? ids['symbol'],
      signal_id: ids['signal_id'],
      evaluation_id: ids['evaluation_id'],
      request_id: ids['request_id'],
      position_id: ids['position_id'],
      ts_us: timestamp,
    };
  });
}
