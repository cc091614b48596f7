import type { EventInput } from '../event/index.ts';
import type { Timeframe } from '../model/index.ts';

/** What is known of a feed before its first batch. */
export interface FeedInfo {
  readonly name: string;
  /** In source order, which also breaks ties between events of one instant. */
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  /** IANA zone whose midnight is the boundary of the trading day. */
  readonly dayZone: string;
  /** Trading days a year, for annualised figures: 252 for exchanges with sessions, 365 for markets that never close. */
  readonly periodsPerYear: number;
  /** Bars of the whole feed, null when only reading to the end would tell. */
  readonly rowsTotal: number | null;
}

/**
 * All inputs of one instant, in the order (source, line). Event times rise strictly from batch to batch, so a batch
 * is one window of a lockstep run: it is settled before the next one is published.
 */
export interface FeedBatch {
  readonly tsEventUs: number;
  readonly events: readonly EventInput[];
  /** When a paced feed meant to send it, in microseconds of the pacing clock. Latency is measured from here. */
  readonly intendedUs?: number;
}

/** A row that was left out, and why. */
export interface RowFault {
  readonly file: string;
  /** Number of the line in the file, from 1. */
  readonly line: number;
  readonly reason: string;
}

/** Counts since the start of the current `batches()`. */
export interface FeedStatus {
  rowsRead: number;
  rowsAccepted: number;
  /** Exact repetitions of the row before, dropped. */
  rowsRepeated: number;
  rowsSkipped: number;
  gaps: number;
  /** The first faults, at most `FAULTS_LISTED_MAX`; `rowsSkipped` counts them all. */
  readonly faults: RowFault[];
  /** Share of the input that was read, 0..1; null when its length is unknown. */
  progressRatio: number | null;
}

export const FAULTS_LISTED_MAX = 1000;

export function createFeedStatus(): FeedStatus {
  return { rowsRead: 0, rowsAccepted: 0, rowsRepeated: 0, rowsSkipped: 0, gaps: 0, faults: [], progressRatio: null };
}

/**
 * Market data to be pulled: whoever iterates sets the pace, so there is no buffer to overflow.
 * Each call of `batches` starts anew and gives the same events.
 */
export interface Feed {
  readonly info: FeedInfo;
  status(): FeedStatus;
  /**
   * @param signal ends the iteration by throwing its reason
   * @throws QtError QT_FEED_BAD_ROW, QT_FEED_FILE_UNREADABLE while iterating
   */
  batches(signal?: AbortSignal): AsyncIterable<FeedBatch>;
}
