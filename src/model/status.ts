import { HealthStatus, ServiceStatus, StrategyLifecycle } from './words.ts';

const HEALTH: Readonly<Record<string, HealthStatus>> = {
  [ServiceStatus.HEALTHY]: HealthStatus.HEALTHY,
  OK: HealthStatus.HEALTHY,
  [ServiceStatus.DEGRADED]: HealthStatus.DEGRADED,
  [ServiceStatus.UNHEALTHY]: HealthStatus.CRITICAL,
  CRITICAL: HealthStatus.CRITICAL,
};

const STAGES: Readonly<Record<string, StrategyLifecycle>> = {
  ...StrategyLifecycle,
  CANDIDATE: StrategyLifecycle.BACKTEST,
  DISABLED: StrategyLifecycle.RETIRED,
};

/**
 * The system's word for what a service says of itself. No word, or one we do not know, is CRITICAL: silence is never
 * good news.
 */
export function toHealthStatus(word: string | null | undefined): HealthStatus {
  return lookUp(HEALTH, word) ?? HealthStatus.CRITICAL;
}

/** Our word for a strategy's stage (CANDIDATE is BACKTEST, DISABLED is RETIRED); null if there is none. */
export function toStrategyLifecycle(word: string): StrategyLifecycle | null {
  return lookUp(STAGES, word) ?? null;
}

function lookUp<T>(table: Readonly<Record<string, T>>, word: string | null | undefined): T | undefined {
  return word !== null && word !== undefined && Object.hasOwn(table, word) ? table[word] : undefined;
}
