import type { EventInput } from '../event/index.ts';
import { MarketCandleNew, MarketTickPrice, type Timeframe } from '../model/index.ts';

/** One row of a file, with the instants it stands for. */
export interface Bar {
  readonly openUs: number;
  readonly closeUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly file: string;
  readonly line: number;
}

/** An event with its time, ready to be merged. */
export interface TimedEvent {
  readonly timeUs: number;
  readonly event: EventInput;
}

/** Publisher of all `market.*` data. */
export const DATA_COLLECTOR = 'data_collector';

/** The bar as a candle. `timeUs` is its close, or later when it was admitted late. */
export function toCandle(symbol: string, timeframe: Timeframe, bar: Bar, timeUs: number, isBackfilled: boolean): TimedEvent {
  const { open, high, low, close, volume, openUs } = bar;
  const payload = { symbol, timeframe, open, high, low, close, volume, open_time: openUs, backfilled: isBackfilled };
  return { timeUs, event: MarketCandleNew.create(payload, { timestamp: timeUs, source: DATA_COLLECTOR }) };
}

/** The opening tick of a bar: it lets an order decided at one close fill at the next open. */
export function toOpeningTick(symbol: string, price: number, timeUs: number): TimedEvent {
  const payload = { symbol, price, low: price, high: price, size: 0, count: 1 };
  return { timeUs, event: MarketTickPrice.create(payload, { timestamp: timeUs, source: DATA_COLLECTOR }) };
}

/**
 * When a bar's opening is told: at its open, or where it opens at the very instant the one before closed, a microsecond
 * later, so that what was decided at that close is settled before the next price is seen.
 *
 * @param afterUs time of the last event of this symbol
 */
export function openingTimeUs(openUs: number, afterUs: number): number {
  return Math.max(openUs, afterUs + 1);
}

/** What is wrong with the numbers of a bar, or null. */
export function faultOf(bar: Bar): string | null {
  for (const field of ['open', 'high', 'low', 'close'] as const) {
    if (!Number.isFinite(bar[field]) || bar[field] <= 0) return `${field} is ${bar[field]}: expected a price above 0`;
  }
  if (!Number.isFinite(bar.volume) || bar.volume < 0) return `volume is ${bar.volume}: expected 0 or more`;
  if (bar.low > Math.min(bar.open, bar.close)) return `low ${bar.low} is above open ${bar.open} or close ${bar.close}`;
  if (bar.high < Math.max(bar.open, bar.close)) return `high ${bar.high} is below open ${bar.open} or close ${bar.close}`;
  return null;
}

/** True if two rows say the same of the same time. */
export function isSameBar(a: Bar, b: Bar): boolean {
  return (
    a.closeUs === b.closeUs &&
    a.openUs === b.openUs &&
    a.open === b.open &&
    a.high === b.high &&
    a.low === b.low &&
    a.close === b.close &&
    a.volume === b.volume
  );
}
