import { Type } from '../../event/index.ts';
import { bool, count, id, int, num, numbers, numbersOrNull, obj, ratio, str, strs, texts, us } from '../schema.ts';
import { RiskMode, StrategyLifecycle } from '../words.ts';
import { byAccount, byModel, byStrategy, catalogued, type PayloadOf } from './_define.ts';

/** What the source documents' factory does not take is optional. Our publisher always gives `version`, which rises by one. */
export const PolicyUpdated = catalogued('policy.updated', {
  payload: Type.Object({
    risk_mode: Type.Enum(RiskMode),
    allowed_strategies: strs,
    global_min_confidence: ratio,
    max_risk_per_trade: ratio,
    max_positions: count,
    updated_by: Type.Optional(str),
    version: Type.Optional(count),
    changed: Type.Optional(strs),
  }),
  priority: 'HIGH',
  ...byAccount,
  keep: 'perm',
  rate: 'at least 60 s apart unless to DEFENSIVE',
  description: 'The global policy changed',
  publishers: ['msc_ai'],
  consumers: ['orchestrator', 'risk_guard', 'risk_kernel', 'portfolio_balancer', 'safety_governor', 'strategy_runtime'],
});
export type PolicyUpdatedPayload = PayloadOf<typeof PolicyUpdated>;

export const StrategyPromoted = catalogued('strategy.promoted', {
  payload: Type.Object({
    strategy_id: id,
    from_stage: Type.Enum(StrategyLifecycle),
    to_stage: Type.Enum(StrategyLifecycle),
    reason: str,
    metrics: numbers,
  }),
  priority: 'HIGH',
  ...byStrategy,
  keep: 'perm',
  description: 'A strategy moved between stages, up or down',
  publishers: ['sg_ai'],
  consumers: ['strategy_runtime', 'orchestrator', 'performance_tracker', 'notification'],
});
export type StrategyPromotedPayload = PayloadOf<typeof StrategyPromoted>;

export const StrategyCandidateEvaluated = catalogued('strategy.candidate.evaluated', {
  payload: Type.Object({
    strategy_id: id,
    generation: count,
    genome: obj,
    seed: int,
    fitness: num,
    metrics: obj,
    accepted: bool,
    reason: str,
  }),
  priority: 'LOW',
  ...byStrategy,
  keep: '365d',
  description: 'One trial of the strategy generator, kept whether it won or not',
  publishers: ['sg_ai'],
  consumers: [],
});
export type StrategyCandidateEvaluatedPayload = PayloadOf<typeof StrategyCandidateEvaluated>;

const runtime = {
  payload: Type.Object({ strategy_id: id, reason: str, error: Type.Optional(str) }),
  priority: 'NORMAL',
  ...byStrategy,
  keep: '90d',
  publishers: ['strategy_runtime'],
} as const;

export const StrategyStarted = catalogued('strategy.started', {
  ...runtime,
  description: 'A strategy began to run',
  consumers: ['orchestrator'],
});
export type StrategyStartedPayload = PayloadOf<typeof StrategyStarted>;

export const StrategyStopped = catalogued('strategy.stopped', {
  ...runtime,
  description: 'A strategy no longer runs',
  consumers: ['orchestrator'],
});
export type StrategyStoppedPayload = PayloadOf<typeof StrategyStopped>;

export const StrategyError = catalogued('strategy.error', {
  ...runtime,
  description: 'A strategy failed too often and was stopped',
  consumers: ['orchestrator', 'alerting'],
});
export type StrategyErrorPayload = PayloadOf<typeof StrategyError>;

export const ModelPromoted = catalogued('model.promoted', {
  payload: Type.Object({
    model_name: id,
    old_version: str,
    new_version: str,
    metrics: numbers,
    shadow_performance: numbers,
  }),
  priority: 'HIGH',
  ...byModel,
  keep: 'perm',
  description: 'A model version replaced another',
  publishers: ['clm'],
  consumers: ['ensemble_manager', 'performance_tracker', 'notification'],
});
export type ModelPromotedPayload = PayloadOf<typeof ModelPromoted>;

const learning = { priority: 'NORMAL', ...byModel, keep: '365d', publishers: ['clm'] } as const;
const modelFields = { model_name: id, version: str };

export const LearningDegradationDetected = catalogued('learning.degradation.detected', {
  ...learning,
  payload: Type.Object({ ...modelFields, metric: str, value: num, baseline: num }),
  description: 'A live model became worse than its baseline',
  consumers: ['alerting'],
});
export type LearningDegradationDetectedPayload = PayloadOf<typeof LearningDegradationDetected>;

export const LearningRetrainStarted = catalogued('learning.retrain.started', {
  ...learning,
  payload: Type.Object({ ...modelFields, job_id: id, train_from: us, train_to: us, samples: count }),
  description: 'Training of a new version began',
  consumers: [],
});
export type LearningRetrainStartedPayload = PayloadOf<typeof LearningRetrainStarted>;

export const LearningRetrainComplete = catalogued('learning.retrain.complete', {
  ...learning,
  payload: Type.Object({ ...modelFields, job_id: id, artefact_hash: str, metrics: obj }),
  description: 'Training of a new version ended',
  consumers: ['ensemble_manager'],
});
export type LearningRetrainCompletePayload = PayloadOf<typeof LearningRetrainComplete>;

export const LearningShadowEvaluated = catalogued('learning.shadow.evaluated', {
  ...learning,
  payload: Type.Object({
    ...modelFields,
    shadow_version: str,
    improvement: num,
    samples: count,
    promote: bool,
    reason: str,
  }),
  description: 'A shadow version was compared with the live one',
  consumers: ['sg_ai'],
});
export type LearningShadowEvaluatedPayload = PayloadOf<typeof LearningShadowEvaluated>;

/** A figure that is undefined is null and its reason stands in `reasons`. */
export const PerformanceReportUpdated = catalogued('performance.report.updated', {
  payload: Type.Object({
    scope: Type.Enum(['ACCOUNT', 'STRATEGY', 'MODEL', 'SYMBOL']),
    id,
    metrics: numbersOrNull,
    reasons: texts,
    convention: obj,
  }),
  priority: 'LOW',
  keyKind: 'strat',
  key: (payload) => payload.id,
  keep: '365d',
  rate: '1/min and on close',
  description: 'Performance figures of an account, strategy, model or symbol',
  publishers: ['performance_tracker'],
  consumers: ['sg_ai', 'clm', 'msc_ai', 'opportunity_ranker'],
});
export type PerformanceReportUpdatedPayload = PayloadOf<typeof PerformanceReportUpdated>;
