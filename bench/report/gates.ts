import type { Gate } from '../config.ts';
import type { CaseOutcome } from '../harness/isolate.ts';
import type { Spread } from '../harness/statistics.ts';

export interface GateResult {
  readonly gate: Gate;
  /** Null when its case gave no such ratio. */
  readonly ratio: Spread | null;
  /** `skipped` only where a peer, or what its case needs, is not on this machine. */
  readonly state: 'met' | 'missed' | 'skipped';
  /** Why it was skipped. */
  readonly reason?: string;
}

/** Looks at the gates of the cases that ran. A case that ran without giving the ratio has missed its gate. */
export function judge(gates: readonly Gate[], outcomes: readonly CaseOutcome[]): GateResult[] {
  return gates.flatMap((gate) => {
    const outcome = outcomes.find(({ name }) => name === gate.case);
    return outcome === undefined ? [] : [judgeOne(gate, outcome)];
  });
}

function judgeOne(gate: Gate, outcome: CaseOutcome): GateResult {
  if (outcome.status === 'skipped') return { gate, ratio: null, state: 'skipped', reason: outcome.reason };
  if (outcome.status === 'failed') return { gate, ratio: null, state: 'missed' };
  const { ratios, skipped = [] } = outcome.report;
  const found = ratios.find(
    ({ subject, reference, figure }) => subject === gate.subject && reference === gate.reference && figure === gate.figure,
  );
  if (found !== undefined) return { gate, ratio: found.ratio, state: isKept(gate, found.ratio.median) ? 'met' : 'missed' };
  const absent = skipped.find(({ subject }) => subject === gate.subject || subject === gate.reference);
  return absent === undefined ? { gate, ratio: null, state: 'missed' } : { gate, ratio: null, state: 'skipped', reason: absent.reason };
}

function isKept(gate: Gate, ratio: number): boolean {
  return gate.atLeast === undefined ? ratio <= gate.atMost : ratio >= gate.atLeast;
}

/** What a gate promises, as text. */
export function promiseText({ atLeast, atMost, figure, reference, subject }: Gate): string {
  return `${subject} ${atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`} x ${reference} (${figure})`;
}

/** 1 when a case failed, or when gates count and one was missed. */
export function exitCodeOf(outcomes: readonly CaseOutcome[], gates: readonly GateResult[], doGatesCount: boolean): 0 | 1 {
  const isFailed = outcomes.some(({ status }) => status === 'failed');
  const isMissed = doGatesCount && gates.some(({ state }) => state === 'missed');
  return isFailed || isMissed ? 1 : 0;
}
