import type { Gate } from '../config.ts';
import type { CaseOutcome } from '../harness/isolate.ts';
import type { Spread } from '../harness/statistics.ts';

export interface GateResult {
  readonly gate: Gate;
  /** Null when its case gave no such ratio. */
  readonly ratio: Spread | null;
  readonly isMet: boolean;
}

/** Looks at the gates of the cases that ran. A case that ran without giving the ratio has missed its gate. */
export function judge(gates: readonly Gate[], outcomes: readonly CaseOutcome[]): GateResult[] {
  return gates.flatMap((gate) => {
    const outcome = outcomes.find(({ name }) => name === gate.case);
    if (outcome === undefined) return [];
    const ratios = outcome.status === 'done' ? outcome.report.ratios : [];
    const found = ratios.find(
      ({ subject, reference, figure }) => subject === gate.subject && reference === gate.reference && figure === gate.figure,
    );
    const ratio = found?.ratio ?? null;
    return [{ gate, ratio, isMet: ratio !== null && ratio.median >= gate.atLeast }];
  });
}

/** 1 when a case failed, or when gates count and one was missed. */
export function exitCodeOf(outcomes: readonly CaseOutcome[], gates: readonly GateResult[], doGatesCount: boolean): 0 | 1 {
  const isFailed = outcomes.some(({ status }) => status === 'failed');
  const isMissed = doGatesCount && gates.some(({ isMet }) => !isMet);
  return isFailed || isMissed ? 1 : 0;
}
