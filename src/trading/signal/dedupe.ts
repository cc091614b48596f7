import type { SignalCandidateNewPayload } from '../../model/index.ts';
import type { SignalRecord } from './record.ts';

/**
 * Whether a candidate says something new: the first of a trading day does, a reversal does, and so does the same
 * action again once the price has passed the stop or the target of the signal before.
 *
 * @param latest newest signal of this strategy on this symbol
 * @param day trading day of the candidate
 */
export function isNews(latest: SignalRecord | undefined, candidate: SignalCandidateNewPayload, day: string): boolean {
  if (latest === undefined || latest.day !== day || latest.action !== candidate.action) return true;
  const price = candidate.entry_price;
  const low = Math.min(latest.stopLoss, latest.target);
  const high = Math.max(latest.stopLoss, latest.target);
  return !(low < price && price < high);
}
