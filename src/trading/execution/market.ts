import {
  TIMEFRAME_US,
  toCandle,
  type MarketBookTopPayload,
  type MarketCandleNewPayload,
  type MarketTickPricePayload,
} from '../../model/index.ts';
import { settle } from './consequences.ts';
import { isDue } from './deadline.ts';
import { onClosingDue, sendClosing } from './exits.ts';
import { applyReport } from './reports.ts';
import { cancelOrder } from './send.ts';
import type { Turn } from './state.ts';
import { giveUpOnStop } from './stops.ts';
import type { VenueReport } from './venue.ts';

/*
 * Market data moves three things: the simulated venue, the last price, and logical time with everything that waits for it.
 */

export function onTick(turn: Turn, payload: MarketTickPricePayload): void {
  const { desk, state } = turn;
  const { symbol, price, low = price, high = price } = payload;
  desk.lastPrice = price;
  if (state.outlet.kind === 'simulated')
    take(turn, state.outlet.venue.onTick({ symbol, timestampUs: turn.nowUs, seq: turn.seq, price, low, high }));
  afterMarket(turn, null);
}

export function onCandle(turn: Turn, payload: MarketCandleNewPayload, closeTimeUs: number): void {
  const { desk, state } = turn;
  const durationUs = TIMEFRAME_US[payload.timeframe];
  if (durationUs > desk.barUs) return;
  desk.barUs = durationUs;
  const candle = toCandle(payload, closeTimeUs);
  if (state.outlet.kind === 'simulated') take(turn, state.outlet.venue.onCandle({ ...candle, timestampUs: closeTimeUs, seq: turn.seq }));
  desk.lastPrice = candle.close;
  afterMarket(turn, candle.openTimeUs);
}

export function onBook(turn: Turn, payload: MarketBookTopPayload): void {
  const { desk, state } = turn;
  const { symbol, bid, ask } = payload;
  if (state.outlet.kind === 'simulated') state.outlet.venue.onBook({ symbol, bid, ask, timestampUs: turn.nowUs });
  desk.spreadBps = ask > bid ? ((ask - bid) * 2e4) / (ask + bid) : null;
}

/** One report at a time, each with its consequences: the stop of an entry is at the venue before the next price is tried. */
function take(turn: Turn, reports: Iterable<VenueReport>): void {
  for (const report of reports) {
    applyReport(turn, report);
    settle(turn);
  }
}

function afterMarket(turn: Turn, barOpenUs: number | null): void {
  const { desk, nowUs, state } = turn;
  const { recordedBars } = state.options;
  for (const [clientOrderId, deadline] of desk.entries) {
    if (isDue(deadline, nowUs, barOpenUs, recordedBars)) cancelOrder(turn, clientOrderId, 'TTL');
  }
  const wait = desk.holding?.stopWait ?? null;
  if (wait !== null && isDue(wait, nowUs, barOpenUs, recordedBars)) giveUpOnStop(turn);
  const deadline = desk.closing?.deadline ?? null;
  if (deadline !== null && isDue(deadline, nowUs, barOpenUs, recordedBars)) onClosingDue(turn);
  settle(turn);
  const retryAtUs = desk.closing?.retryAtUs ?? null;
  if (retryAtUs !== null && nowUs >= retryAtUs) sendClosing(turn);
  settle(turn);
}
