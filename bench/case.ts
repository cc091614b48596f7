import type { CaseName, CaseSettings } from './config.ts';
import type { Spread } from './harness/statistics.ts';

/** One thing that was measured, by what. */
export interface SubjectReport {
  readonly name: string;
  /** By figure with its unit, as in `events/s`; each over the rounds. */
  readonly figures: Readonly<Record<string, Spread>>;
}

/** One subject against another, round by round. */
export interface RatioReport {
  readonly subject: string;
  readonly reference: string;
  readonly figure: string;
  readonly ratio: Spread;
}

export interface CaseReport {
  readonly subjects: readonly SubjectReport[];
  readonly ratios: readonly RatioReport[];
}

/** A case: the question it answers and how it finds out. Its module exports it as `bench`. */
export interface BenchCase<N extends CaseName = CaseName> {
  readonly name: N;
  readonly question: string;
  /**
   * Measures, and checks what was measured.
   *
   * @throws CheckError when a receiver did not get what was sent
   */
  run(settings: CaseSettings[N]): Promise<CaseReport>;
}
