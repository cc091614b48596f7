import type { SignalsAdvisoryCalibrationPayload, SignalType } from '../../model/index.ts';

export type Bucket = SignalsAdvisoryCalibrationPayload['bucket'];

/** The share of wins that an edge score of each bucket promises. */
const EXPECTED_WIN_RATE: Readonly<Record<Bucket, number>> = { '40-54': 0.5, '55-69': 0.55, '70-84': 0.6, '85-100': 0.65 };
const DRIFT_MAX = 0.1;
const SAMPLE_MIN = 50;
const HOUR_US = 3_600_000_000;
/** Advice that never became a position is forgotten after this many newer ones. */
const ADVICE_MAX = 1_000;

export function toBucket(edgeScore: number): Bucket {
  if (edgeScore < 55) return '40-54';
  if (edgeScore < 70) return '55-69';
  return edgeScore < 85 ? '70-84' : '85-100';
}

interface Advice {
  readonly strategy: string;
  readonly type: SignalType;
  readonly bucket: Bucket;
}

interface Tally {
  wins: number;
  count: number;
}

/** What became of the advice on one symbol. */
export class Outcomes {
  readonly #advice = new Map<string, Advice>();
  readonly #positions = new Map<string, Advice>();
  readonly #tallies = new Map<string, Tally>();
  readonly #reportedAt = new Map<Bucket, number>();

  onAdvice(signalId: string, strategy: string, type: SignalType, edgeScore: number): void {
    this.#advice.set(signalId, { strategy, type, bucket: toBucket(edgeScore) });
    if (this.#advice.size > ADVICE_MAX) this.#advice.delete(this.#advice.keys().next().value as string);
  }

  onOpened(positionId: string, signalId: string): void {
    const advice = this.#advice.get(signalId);
    if (advice === undefined) return;
    this.#advice.delete(signalId);
    this.#positions.set(positionId, advice);
  }

  /** @returns the calibration of the bucket if it has drifted and was not reported within the hour, else null */
  onClosed(positionId: string, isWin: boolean, now: number): SignalsAdvisoryCalibrationPayload | null {
    const advice = this.#positions.get(positionId);
    if (advice === undefined) return null;
    this.#positions.delete(positionId);
    for (const bucket of [advice.bucket, null]) {
      const tally = this.#tally(advice.strategy, advice.type, bucket);
      tally.count++;
      if (isWin) tally.wins++;
    }
    return this.#calibrate(advice.bucket, now);
  }

  /**
   * Share of wins of a strategy's type of signal, drawn toward one half while there are few. Over all buckets, because
   * the bucket follows from the score that this rate is part of.
   *
   * @see Laplace's rule of succession, with ten imagined outcomes
   */
  winRate(strategy: string, type: SignalType): number {
    const { wins, count } = this.#tally(strategy, type, null);
    return (wins + 5) / (count + 10);
  }

  #calibrate(bucket: Bucket, now: number): SignalsAdvisoryCalibrationPayload | null {
    let wins = 0;
    let count = 0;
    for (const [key, tally] of this.#tallies) {
      if (!key.endsWith(`/${bucket}`)) continue;
      wins += tally.wins;
      count += tally.count;
    }
    const expected = EXPECTED_WIN_RATE[bucket];
    const hasDrifted = count > SAMPLE_MIN && Math.abs(wins / count - expected) > DRIFT_MAX;
    if (!hasDrifted || now - (this.#reportedAt.get(bucket) ?? -Infinity) < HOUR_US) return null;
    this.#reportedAt.set(bucket, now);
    return { bucket, expected_winrate: expected, actual_winrate: wins / count, sample_size: count };
  }

  #tally(strategy: string, type: SignalType, bucket: Bucket | null): Tally {
    const key = `${strategy}/${type}/${bucket ?? 'all'}`;
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      tally = { wins: 0, count: 0 };
      this.#tallies.set(key, tally);
    }
    return tally;
  }
}
