import type { OrchestratorPolicyUpdatedPayload, PolicyUpdatedPayload, RiskGovernorChangedPayload, RiskMode } from '../../model/index.ts';

/** Limits of a risk mode; where the sources differ, the stricter per field. */
export interface ModePreset {
  readonly maxRiskPerTradeRatio: number;
  readonly maxPositions: number;
  readonly minConfidenceRatio: number;
}

export const MODE_PRESETS: Readonly<Record<RiskMode, ModePreset>> = Object.freeze({
  DEFENSIVE: { maxRiskPerTradeRatio: 0.005, maxPositions: 3, minConfidenceRatio: 0.75 },
  NORMAL: { maxRiskPerTradeRatio: 0.01, maxPositions: 5, minConfidenceRatio: 0.65 },
  AGGRESSIVE: { maxRiskPerTradeRatio: 0.02, maxPositions: 5, minConfidenceRatio: 0.6 },
});

/** No policy can lower the confidence floor below this. */
export const CONFIDENCE_FLOOR_RATIO = 0.6;

/** The policy before the first `policy.updated`. */
export interface PolicyOptions {
  /** Default NORMAL. */
  readonly riskMode?: RiskMode;
  /** Strategy ids that may trade. Default none: an empty list means none, never all. */
  readonly allowedStrategies?: readonly string[];
  /** Symbols that may trade; empty means every described symbol. Default empty. */
  readonly allowedSymbols?: readonly string[];
  /** Share of equity, (0, 1]; default from the mode. */
  readonly maxRiskPerTradeRatio?: number;
  /** 1-100; default from the mode. */
  readonly maxPositions?: number;
  /** 0..1; default from the mode. */
  readonly minConfidenceRatio?: number;
}

/** What the run-time policies say at this moment. */
export interface Policies {
  version: number;
  allowedStrategies: ReadonlySet<string>;
  readonly allowedSymbols: ReadonlySet<string>;
  maxRiskPerTradeRatio: number;
  maxPositions: number;
  minConfidenceRatio: number;
  orchestrator: OrchestratorPolicyUpdatedPayload | null;
  governor: RiskGovernorChangedPayload | null;
}

export function createPolicies(options: PolicyOptions): Policies {
  const preset = MODE_PRESETS[options.riskMode ?? 'NORMAL'];
  return {
    version: 0,
    allowedStrategies: new Set(options.allowedStrategies),
    allowedSymbols: new Set(options.allowedSymbols),
    maxRiskPerTradeRatio: options.maxRiskPerTradeRatio ?? preset.maxRiskPerTradeRatio,
    maxPositions: options.maxPositions ?? preset.maxPositions,
    minConfidenceRatio: options.minConfidenceRatio ?? preset.minConfidenceRatio,
    orchestrator: null,
    governor: null,
  };
}

/** Takes a policy unless it is older than the one in force; every event carries the whole policy, so a skipped version loses nothing. */
export function onPolicy(policies: Policies, payload: PolicyUpdatedPayload): void {
  const version = payload.version ?? policies.version + 1;
  if (version <= policies.version) return;
  policies.version = version;
  policies.allowedStrategies = new Set(payload.allowed_strategies);
  policies.maxRiskPerTradeRatio = payload.max_risk_per_trade;
  policies.maxPositions = payload.max_positions;
  policies.minConfidenceRatio = payload.global_min_confidence;
}

export function confidenceFloor(policies: Policies): number {
  return Math.max(CONFIDENCE_FLOOR_RATIO, policies.minConfidenceRatio, policies.orchestrator?.min_confidence ?? 0);
}
