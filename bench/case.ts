import type { CaseName, CaseSettings } from './config.ts';
import type { Spread } from './harness/statistics.ts';

/** One thing that was measured, by what. */
export interface SubjectReport {
  readonly name: string;
  /** By figure with its unit, as in `events/s`; each over the rounds. */
  readonly figures: Readonly<Record<string, Spread>>;
  /** Where its job is not the same as that of the others, as in "no delivery guarantee". */
  readonly note?: string;
}

/** One subject against another, round by round. */
export interface RatioReport {
  readonly subject: string;
  readonly reference: string;
  readonly figure: string;
  readonly ratio: Spread;
}

/** A subject that could not take part, visibly. */
export interface SkippedSubject {
  readonly subject: string;
  readonly reason: string;
}

export interface Axis {
  /** With its unit. */
  readonly label: string;
  readonly scale: 'linear' | 'log';
}

export interface PlotPoint {
  readonly x: number;
  /** Median over the rounds. */
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

/** A picture for the HTML report, as data. */
export interface Plot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly { readonly name: string; readonly points: readonly PlotPoint[] }[];
}

export interface CaseReport {
  readonly subjects: readonly SubjectReport[];
  readonly ratios: readonly RatioReport[];
  readonly plots?: readonly Plot[];
  readonly skipped?: readonly SkippedSubject[];
}

/** A case: the question it answers and how it finds out. Its module exports it as `bench`. */
export interface BenchCase<N extends CaseName = CaseName> {
  readonly name: N;
  readonly question: string;
  /**
   * Measures, and checks what was measured.
   *
   * @throws CheckError when a receiver did not get what was sent
   * @throws MissingPeer when nothing can be measured, because what the case needs is not on this machine
   */
  run(settings: CaseSettings[N]): Promise<CaseReport>;
}
