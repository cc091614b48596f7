import type { RiskEvaluationCompletePayload } from '../../model/index.ts';

export type CheckRecord = RiskEvaluationCompletePayload['checks'][number];
export type RiskDimensions = RiskEvaluationCompletePayload['risk_dimensions'];
export type Dimension = 'system_integrity' | 'daily_risk' | 'drawdown' | 'trade_risk';

/** The checks of one evaluation, in the order they were made. The first failure decides; nothing is checked after it. */
export class Checklist {
  readonly records: CheckRecord[] = [];
  readonly #passed = new Set<Dimension>();
  #veto: string | null = null;

  /** The code that failed, or null. */
  get veto(): string | null {
    return this.#veto;
  }

  /**
   * Records one check and says whether to go on. A value that is not finite is recorded as null.
   *
   * @param code names the check, and is the veto reason when it fails
   */
  check(code: string, passed: boolean, value: number | null = null, limit: number | null = null): boolean {
    this.records.push({ code, passed, value: finiteOrNull(value), limit: finiteOrNull(limit) });
    if (!passed) this.#veto ??= code;
    return passed;
  }

  /** Every check of the dimension was reached and passed. */
  pass(dimension: Dimension): void {
    this.#passed.add(dimension);
  }

  /** A dimension that was not reached is not passed. */
  dimensions(): RiskDimensions {
    return {
      trade_risk_passed: this.#passed.has('trade_risk'),
      daily_risk_passed: this.#passed.has('daily_risk'),
      drawdown_passed: this.#passed.has('drawdown'),
      system_integrity_passed: this.#passed.has('system_integrity'),
    };
  }
}

function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value + 0 : null;
}
