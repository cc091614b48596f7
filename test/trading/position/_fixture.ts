import type { EventDraft, EventInput, QtEvent } from '../../../src/event/index.ts';
import {
  ExitDecisionMade,
  ExitStopUpdated,
  MarketCandleNew,
  MarketTickPrice,
  TradesOrderFilled,
  TradesRequestNew,
  type Direction,
  type OrderIntent,
  type Side,
} from '../../../src/model/index.ts';
import { createPositionState, step, type PositionStateOptions } from '../../../src/trading/position/index.ts';

export const SECOND = 1_000_000;

/** Drafts become events with rising sequence numbers, as a bus would make them. */
export function createDesk(options: PositionStateOptions = {}) {
  const state = createPositionState(options);
  let seq = 0;
  let last: QtEvent | null = null;
  const redeliver = (): EventInput[] => (last === null ? [] : step(state, last));
  const send = (draft: EventDraft, timestamp: number): EventInput[] => {
    seq += 1;
    const { type, payload } = draft;
    const event = { type, payload, seq, timestamp, key: (payload as { symbol?: string }).symbol ?? null };
    last = event as unknown as QtEvent;
    return step(state, last);
  };
  let fills = 0;
  const fill = (side: Side, size: number, price: number, more: FillOptions = {}): EventInput[] => {
    fills += 1;
    const { at = 0, fees = 0, id = `f_${fills}`, intent = 'ENTRY', request = 'req', symbol = 'XYZ' } = more;
    return send(
      TradesOrderFilled.create({
        request_id: request,
        order_id: 'o',
        fill_id: id,
        symbol,
        fill_price: price,
        fill_size: size,
        fees,
        client_order_id: 'c',
        side,
        intent,
        cumulative_size: size,
        remaining_size: 0,
        liquidity: 'TAKER',
        decision_price: price,
        fee_currency: 'USD',
      }) as EventDraft,
      at,
    );
  };
  const request = (direction: Direction, stop: number, id = 'req', entry = 100): EventInput[] =>
    send(
      TradesRequestNew.create({
        request_id: id,
        evaluation_id: 'ev',
        symbol: 'XYZ',
        direction,
        size: 10,
        entry_price: entry,
        stop_loss: stop,
        risk_amount: 20,
        risk_percent: 0.2,
        signal_id: 'sig',
        strategy_id: 'rsi',
        type: 'MARKET',
        expires_at: 0,
        leverage: 1,
      }) as EventDraft,
      0,
    );
  const tick = (price: number, at: number, extremes: { low?: number; high?: number } = {}): EventInput[] =>
    send(MarketTickPrice.create({ symbol: 'XYZ', price, ...extremes }) as EventDraft, at);
  const candle = (open: number, high: number, low: number, close: number, at: number, openTime: number): EventInput[] =>
    send(
      MarketCandleNew.create({ symbol: 'XYZ', timeframe: '1m', open, high, low, close, volume: 1, open_time: openTime }) as EventDraft,
      at,
    );
  const moveStop = (positionId: string, from: number, to: number, at = 0): EventInput[] =>
    send(
      ExitStopUpdated.create({ position_id: positionId, symbol: 'XYZ', old_stop: from, new_stop: to, cause: 'TRAILING' }) as EventDraft,
      at,
    );
  const decideExit = (positionId: string, reason: 'take_profit' | 'kill_switch'): EventInput[] =>
    send(
      ExitDecisionMade.create({
        position_id: positionId,
        symbol: 'XYZ',
        decision: 'EXIT_FULL',
        reason,
        priority: 'HIGH',
        decision_id: 'd',
        rule: 'R',
      }) as EventDraft,
      0,
    );
  return { candle, decideExit, fill, moveStop, redeliver, request, send, state, tick };
}

interface FillOptions {
  readonly at?: number;
  readonly fees?: number;
  readonly id?: string;
  readonly intent?: OrderIntent;
  readonly request?: string;
  readonly symbol?: string;
}

export function typesOf(events: readonly EventInput[]): string[] {
  return events.map(({ type }) => type);
}

export function payloadOf(events: readonly EventInput[], type: string): Record<string, unknown> {
  const found = events.find((event) => event.type === type);
  if (found === undefined) throw new Error(`no ${type} among ${typesOf(events).join(', ') || 'nothing'}`);
  return found.payload as Record<string, unknown>;
}
