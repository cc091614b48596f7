import type { MarketCandleNewPayload } from './catalogue/market.ts';
import type { Timeframe } from './words.ts';

/** A closed bar. */
export interface Candle {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Nominal when the feed did not say: close minus timeframe. */
  readonly openTimeUs: number;
  readonly closeTimeUs: number;
}

const MINUTE_US = 60_000_000;

/** Nominal length in microseconds; sessions and clock changes make some bars shorter or longer. */
export const TIMEFRAME_US: Readonly<Record<Timeframe, number>> = {
  '1m': MINUTE_US,
  '5m': 5 * MINUTE_US,
  '15m': 15 * MINUTE_US,
  '1h': 60 * MINUTE_US,
  '1d': 1_440 * MINUTE_US,
};

/**
 * The bar that a candle event tells of.
 *
 * @param closeTimeUs the event's timestamp: a candle happens at its close
 */
export function toCandle(payload: MarketCandleNewPayload, closeTimeUs: number): Candle {
  const { symbol, timeframe, open, high, low, close, volume } = payload;
  const openTimeUs = payload.open_time ?? closeTimeUs - TIMEFRAME_US[timeframe];
  return { symbol, timeframe, open, high, low, close, volume, openTimeUs, closeTimeUs };
}
