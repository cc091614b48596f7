import type { EventInput } from '../../event/index.ts';
import { profitR, stateEvent, type Life } from './life.ts';
import type { ResolvedPositionStateOptions } from './options.ts';

/** A price and when it was. */
export interface Quote {
  readonly ticks: number;
  readonly at: number;
}

/** Where a position is valued: the mid of a fresh book, else the last price. */
export function markOf(last: Quote | null, mid: Quote | null, now: number, freshUs: number): Quote | null {
  return mid !== null && now - mid.at <= freshUs ? mid : last;
}

/**
 * Values the open position at the newest mark. Published at most once per spacing, and at once when the result has moved
 * into another step of R; never a mark older than the last.
 */
export function setMark(
  books: { readonly life: Life | null; readonly last: Quote | null; readonly mid: Quote | null },
  { bookFreshUs, markEveryUs, markStepR }: ResolvedPositionStateOptions,
  now: number,
): EventInput[] {
  const { last, life, mid } = books;
  const mark = markOf(last, mid, now, bookFreshUs);
  if (life === null || mark === null || mark.at < life.markAt) return [];
  life.markTicks = mark.ticks;
  life.markAt = mark.at;
  const isNewStep = stepOf(life, markStepR) !== life.publishedStep;
  if (!isNewStep && now - life.publishedAt < markEveryUs) return [];
  return [publishState(life, now, markStepR)];
}

/** A state update that restarts the spacing of marks. */
export function publishState(life: Life, now: number, markStepR: number): EventInput {
  life.publishedAt = now;
  life.publishedStep = stepOf(life, markStepR);
  return stateEvent(life, now);
}

function stepOf(life: Life, markStepR: number): number | null {
  const profit = profitR(life);
  return profit === null ? null : Math.floor(profit / markStepR);
}
